// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a mirror longer (P27): labels are forced at their new places, then one change of the record says the new length, and only then
 * data may cover the places where the labels were. Nobody uses the legs meanwhile, and the log is closed.
 */
final class Growth {
    private static final Logger LOG = LoggerFactory.getLogger(Growth.class);

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final OpenLegs open;
    private final LegForces forces;

    Growth(MirrorState mirror, RecordKeeper keeper, OpenLegs open) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.open = open;
        this.forces = new LegForces(mirror);
    }

    /**
     * Looks whether it can be. Nothing is written.
     *
     * @throws MirrorException if a leg is away or too short; the message tells what to type
     */
    void check(long sectors) throws MirrorException {
        List<String> troubles = new ArrayList<>();
        Leg[] legs = open.legs();
        for (int i = 0; i < legs.length; i++) {
            LegRecord leg = keeper.record().legs().get(i);
            String name = "leg " + i + " (" + leg.path() + ") ";
            if (legs[i] == null || !leg.isAttached()) {
                troubles.add(name + "is not attached; bring it back with mirror:resync " + mirror.name + " --leg " + i
                        + ", or remove it with mirror:remove-leg " + mirror.name + " " + i);
                continue;
            }
            try {
                forces.one(legs[i], one -> one.device().measure());
                long needed = (leg.offset() + sectors) * RegionGeometry.SECTOR_BYTES;
                if (legs[i].device().sizeBytes() < needed) {
                    troubles.add(name + "has " + legs[i].device().sizeBytes() + " bytes, needs " + needed
                            + "; make it longer first, e.g. truncate -s " + room(needed) + " " + leg.path()
                            + ", which leaves room for its label");
                }
            } catch (IOException e) {
                troubles.add(name + "cannot be measured: " + e.getMessage());
            }
        }
        if (!troubles.isEmpty()) {
            throw new MirrorException("mirror " + mirror.name + " cannot have " + sectors + " sectors: "
                    + String.join("; ", troubles) + ". Nothing was changed");
        }
    }

    private static long room(long needed) {
        return (needed + LabelStore.BLOCK_BYTES - 1) / LabelStore.BLOCK_BYTES * LabelStore.BLOCK_BYTES
                + LabelStore.ROOM_BYTES;
    }

    /**
     * Does it. If we crash before the record has changed, the mirror is as long as it was, and its labels are where they were.
     *
     * @throws IOException if it could not be done; the mirror is as long as its record says
     */
    void grow(long sectors, TableShape inFile) throws IOException {
        long bytes = sectors * RegionGeometry.SECTOR_BYTES;
        Leg[] before = open.legs();
        Leg[] longer = new Leg[before.length];
        LabelPlace[] places = new LabelPlace[before.length];
        int all = (1 << before.length) - 1;
        for (int i = 0; i < before.length; i++) {
            longer[i] = before[i].grown(bytes);
        }
        MirrorRecord record = keeper.record();
        LegForces.Outcome outcome =
                forces.each(longer, all, leg -> places[leg.index()] = label(record, before[leg.index()], leg, sectors));
        if (outcome.failed() != 0) {
            throw outcome.why();
        }
        List<LegRecord> legs = new ArrayList<>();
        for (int i = 0; i < longer.length; i++) {
            LegRecord leg = record.legs().get(i);
            legs.add(places[i] == leg.label() ? leg : leg.labelled(places[i], epochsAt(places[i], record)));
        }
        // If we crash after this, the next opening finds the labels at their new places, and calls new regions dirty
        // (P27).
        keeper.change(old -> old.reshaped(sectors, legs, old.source(), inFile));
        open.grow(longer);
        forces.each(longer, all, leg -> erase(before[leg.index()], leg));
        LOG.info(
                "Mirror {}: has {} sectors since epoch {}",
                mirror.name,
                sectors,
                keeper.record().epoch());
    }

    private static List<Long> epochsAt(LabelPlace place, MirrorRecord record) {
        return place == LabelPlace.NONE ? List.of() : List.of(record.epoch());
    }

    /** Answers where the label of the longer leg is. */
    private static LabelPlace label(MirrorRecord record, Leg before, Leg longer, long sectors) throws IOException {
        LegRecord leg = record.legs().get(before.index());
        if (leg.label() != LabelPlace.BEHIND) {
            return leg.label();
        }
        LegLabel label = new LegLabel(record.mirrorId(), leg.id(), record.epoch(), sectors);
        LabelStore old = new LabelStore(before);
        LabelStore next = new LabelStore(longer);
        LabelPlace place = next.choose();
        if (place == LabelPlace.BEHIND && next.overlaps(old)) {
            // Where it was it is twice now: if we crash in the middle of a write to the block that both share, the
            // other
            // one is whole.
            old.write(LabelPlace.BEHIND, label);
        }
        next.write(place, label);
        return place;
    }

    /** Clients are to find zeroes in what is new. If we crash before, they find a label, and the same one on all legs. */
    private static void erase(Leg before, Leg longer) throws IOException {
        new LabelStore(before).eraseWithin(longer.devicePosition(longer.sizeBytes()));
        longer.force();
    }
}
