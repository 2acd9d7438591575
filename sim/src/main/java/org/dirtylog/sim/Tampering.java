// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.Arrays;
import org.dirtylog.sim.world.Disk;

/**
 * Changes the log between two lives, as somebody does who puts an old copy back, loses it, or lets another system write it. All
 * of it must be noticed, and everything is dirty then (R7).
 */
final class Tampering {
    private final World world;
    /** An earlier image, and in which opening it was taken. */
    private byte[] old;

    private int oldOpening;
    private int openings;
    private boolean foreign;

    Tampering(World world) {
        this.world = world;
    }

    /** Whether the log was changed since it was last opened. */
    boolean isLogForeign() {
        return foreign;
    }

    /** Keeps copies of the log now and then. */
    void remember(boolean opened, boolean settled) {
        foreign &= !opened;
        openings += opened ? 1 : 0;
        Disk log = world.log();
        if (!settled || log == null || !world.shape.tampering || old != null || foreign || !world.dice.oneIn(3)) {
            return;
        }
        RecordPeek record = world.record();
        if (record.isCompleted()) {
            old = log.medium().clone();
            oldOpening = openings;
        }
    }

    /** Perhaps changes the log. Answers whether it did, in a way that must be noticed. */
    boolean maybe() {
        Disk log = world.log();
        if (log == null || !world.shape.tampering || !world.dice.oneIn(4)) {
            return false;
        }
        RecordPeek record = world.record();
        if (!record.isCompleted() || record.confirmed().equals("none")) {
            return false;
        }
        if (world.dice.oneIn(3)) {
            log.load(new byte[log.bytes()]);
        } else if (old != null && openings > oldOpening) {
            // Within one opening it cannot be noticed.
            log.load(old);
            old = null;
        } else if (!foreign
                && KernelLog.isClosed(log.medium())
                && record.announced().equals("none")) {
            // Once only: twice the same would be as if nothing had been.
            byte[] rewritten = log.medium().clone();
            for (int i = world.dice.from(1, 3); i > 0; i--) {
                KernelLog.flip(rewritten, i * world.dice.below(world.shape.regions) / 3);
            }
            if (Arrays.equals(rewritten, log.medium())) {
                return false;
            }
            log.load(rewritten);
        } else {
            return false;
        }
        world.trace.note("the log was changed behind the mirror's back");
        foreign = true;
        world.judge.logIsForeign();
        return true;
    }
}
