// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * Whether a device is the leg that the record speaks of (P23).
 *
 * @param accepted whether it may be used without a full copy
 * @param why      it is not accepted; empty if it is
 */
record LegIdentity(boolean accepted, String why) {

    /**
     * Judges a label.
     *
     * @param index of the leg in the table line
     * @param found the label of the device in its place
     * @throws MirrorException if the label belongs to another mirror, or is newer than the record: then the record may be the one
     *                         that is wrong, and nothing at all must be written
     */
    static LegIdentity judge(String mirror, MirrorRecord record, int index, Optional<LegLabel> found)
            throws MirrorException {
        LegRecord leg = record.legs().get(index);
        if (found.isEmpty()) {
            boolean plausible = leg.label() == LabelPlace.NONE
                    || leg.epochs().contains(MirrorRecord.NO_LABEL)
                    || !record.completed();
            if (!plausible) {
                return refused("it carries no label, but leg " + index
                        + " has one: another device or a copy without its label is in its place");
            }
            // P24: believed as long as it stays attached.
            return leg.isAttached()
                    ? new LegIdentity(true, "")
                    : refused("it carries no label, so nothing tells whether it is the device that was leg " + index);
        }
        LegLabel label = found.get();
        if (!label.mirrorId().equals(record.mirrorId())) {
            throw new MirrorException("leg " + index + " (" + leg.path() + ") belongs to mirror " + label.mirrorId()
                    + ", by its label of epoch " + label.epoch() + ", and not to mirror " + mirror + " ("
                    + record.mirrorId() + "). Nothing was touched. " + whatNow(mirror, record));
        }
        if (label.epoch() > record.epoch()) {
            throw new MirrorException("leg " + index + " (" + leg.path() + ") has a label of epoch " + label.epoch()
                    + ", but the record of mirror " + mirror + " ends at " + record.epoch()
                    + ": the record is older than the leg, perhaps put back from a backup. Nothing was touched. Put the newer"
                    + " record back, or have one made from the labels: mirror:rebuild " + mirror);
        }
        if (!label.legId().equals(leg.id())) {
            return refused("it is " + nameOf(record, label) + " of this mirror by its label");
        }
        return leg.epochs().contains(label.epoch())
                ? new LegIdentity(true, "")
                : refused("its label is of epoch " + label.epoch() + ", but that of the leg that left is of "
                        + text(leg.epochs()) + ": it is an older copy");
    }

    private static String whatNow(String mirror, MirrorRecord record) {
        return record.completed()
                ? "Put the right device there"
                : "If that mirror is given up: create this one with --adopt-legs, which overwrites the leg. If its record is"
                        + " lost: write etc/org.dirtylog.mirror-" + mirror
                        + ".cfg with its table line, then mirror:rebuild " + mirror;
    }

    private static LegIdentity refused(String why) {
        return new LegIdentity(false, why);
    }

    private static String nameOf(MirrorRecord record, LegLabel label) {
        for (int i = 0; i < record.legs().size(); i++) {
            if (record.legs().get(i).id().equals(label.legId())) {
                return "leg " + i + " (" + record.legs().get(i).path() + ")";
            }
        }
        return "a leg that was removed";
    }

    private static String text(List<Long> epochs) {
        return epochs.isEmpty() ? "none" : epochs.stream().map(String::valueOf).collect(Collectors.joining(" or "));
    }
}
