// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a new epoch onto the legs: the record has announced it, the labels follow, and then the record forgets what they can
 * no longer say (P22). Leg set and epoch do not change meanwhile.
 */
final class Labels {
    private static final Logger LOG = LoggerFactory.getLogger(Labels.class);

    private final RecordKeeper keeper;
    private final LegForces forces;

    Labels(MirrorState mirror, RecordKeeper keeper) {
        this.keeper = keeper;
        this.forces = new LegForces(mirror);
    }

    /**
     * Writes and forces the labels of the attached legs that can be forced. One that cannot take its label is latched as failing.
     * If we crash in the middle, some legs have the new epoch and some one of those before, and the record names them all.
     *
     * @return mask of the legs that have it
     */
    int write(LegSet legs, MirrorRecord record) {
        int wanted = 0;
        int hanging = 0;
        for (int i = 0; i < legs.size(); i++) {
            boolean canTake = legs.isAttached(i)
                    && record.legs().get(i).label() != LabelPlace.NONE
                    && !legs.leg(i).isFailing()
                    && legs.leg(i).forceFailure() == null;
            if (canTake && legs.leg(i).isHanging()) {
                // What it was given before may still come, over what it would be given now.
                hanging |= 1 << i;
            } else if (canTake) {
                wanted |= 1 << i;
            }
        }
        LegForces.Outcome outcome = forces.each(legs.legs(), wanted, leg -> {
            LegRecord labelled = record.legs().get(leg.index());
            new LabelStore(leg)
                    .write(
                            labelled.label(),
                            new LegLabel(record.mirrorId(), labelled.id(), record.epoch(), record.targetSectors()));
        });
        legs.latchFailing(outcome.failed() | hanging);
        return wanted & ~outcome.failed();
    }

    /** The second change, where it can wait: else the record names more epochs than need be, until the next opening. */
    void settleIfPossible(int written) {
        try {
            settle(written);
        } catch (IOException e) {
            LOG.debug("the epochs of the labels stay in the record: {}", e.getMessage());
        }
    }

    /** The second change: from here on an older label is that of an older copy. */
    void settle(int written) throws IOException {
        if (written != 0) {
            keeper.change(before -> before.labelled(written));
        }
    }
}
