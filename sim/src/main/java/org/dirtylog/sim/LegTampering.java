// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.List;
import org.dirtylog.sim.world.Disk;

/**
 * Puts an older copy in the place of a leg between two lives, with its label or without. It must be noticed, and the leg must be
 * neither read nor written before an operator has it copied fully (P23).
 */
final class LegTampering {
    private final World world;
    private LegImage old;
    private Disk disk;
    private int oldOpening;
    private int openings;

    LegTampering(World world) {
        this.world = world;
    }

    /** Keeps a copy of a leg now and then, unless what is cached would be missing from it. Nobody runs. */
    void remember(boolean opened, boolean settled) {
        openings += opened ? 1 : 0;
        if (!settled || !world.shape.legsReplaced || old != null || !world.dice.oneIn(3)) {
            return;
        }
        int leg = world.dice.below(world.legs().length);
        disk = world.legs()[leg];
        LegImage image = LegImage.of(disk, world.roomAt());
        old = image.epoch() == 0 || world.isReplaced(leg) ? null : image;
        oldOpening = openings;
    }

    /** Perhaps puts a copy back. */
    void maybe() {
        if (old == null || openings == oldOpening || !world.dice.oneIn(3)) {
            return;
        }
        RecordPeek record = world.record();
        int leg = List.of(world.legs()).indexOf(disk);
        // An opening since then has put its epoch on the leg, and the record knows that it is there: no other one may
        // do.
        boolean labelled = leg >= 0
                && record.isAttached(leg)
                && record.epochsOf(leg).size() == 1
                && world.devices.folder().isSettled();
        // Of the last current leg nobody has another copy.
        if (!record.isCompleted() || !labelled || !isAnotherCurrent(record, leg)) {
            return;
        }
        boolean withLabel = world.dice.oneIn(2);
        old.putBack(disk, world.roomAt(), withLabel);
        old = null;
        world.replaced.add(disk.name());
        world.trace.note("an older copy of leg " + leg + " was put back" + (withLabel ? "" : ", without its label"));
    }

    private boolean isAnotherCurrent(RecordPeek record, int leg) {
        for (int i = 0; i < world.legs().length; i++) {
            if (i != leg && record.isCurrent(i) && !world.isReplaced(i)) {
                return true;
            }
        }
        return false;
    }
}
