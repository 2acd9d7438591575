// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Disk;

/**
 * Puts an older copy in the place of a leg between two lives, with its label or without. It must be noticed, and the leg must be
 * neither read nor written before an operator has it copied fully (P23).
 */
final class LegTampering {
    private final World world;
    private LegImage old;
    private int leg;

    LegTampering(World world) {
        this.world = world;
    }

    /** Keeps a copy of a leg now and then. Nobody runs. */
    void remember() {
        if (!world.shape.legsReplaced || old != null || !world.dice.oneIn(3)) {
            return;
        }
        leg = world.dice.below(world.legs.length);
        LegImage image = LegImage.of(world.legs[leg], world.roomAt());
        old = image.epoch() == 0 || world.replaced[leg] ? null : image;
    }

    /** Perhaps puts a copy back. Answers whether it did. */
    boolean maybe() {
        if (old == null || !world.dice.oneIn(3)) {
            return false;
        }
        RecordPeek record = world.record();
        Disk disk = world.legs[leg];
        // Within one epoch it cannot be noticed; and of the last current leg nobody has another copy.
        boolean noticeable = LegImage.epochOf(disk, world.roomAt()) > old.epoch()
                && !record.epochsOf(leg).contains(String.valueOf(old.epoch()));
        if (!record.isCompleted() || !noticeable || !isAnotherCurrent(record)) {
            return false;
        }
        boolean withLabel = world.dice.oneIn(2) || record.epochsOf(leg).contains("0");
        old.putBack(disk, world.roomAt(), withLabel);
        old = null;
        world.replaced[leg] = true;
        world.trace.note(
                "an older copy of " + disk.name() + " was put back" + (withLabel ? "" : ", without its label"));
        return true;
    }

    private boolean isAnotherCurrent(RecordPeek record) {
        for (int i = 0; i < world.legs.length; i++) {
            if (i != leg && record.isCurrent(i) && !world.replaced[i]) {
                return true;
            }
        }
        return false;
    }
}
