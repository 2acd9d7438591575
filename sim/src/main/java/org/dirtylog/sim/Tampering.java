// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.HashSet;
import java.util.Set;
import org.dirtylog.sim.world.Disk;

/**
 * Changes the log between two lives, as somebody does who puts an old copy back, loses it, or lets another system write it. All
 * of it must be noticed, and everything is dirty then (R7).
 */
final class Tampering {
    private final World world;
    /** An earlier image, and the pairs by which it was known then. */
    private byte[] old;

    private final Set<String> oldPairs = new HashSet<>();
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
        Disk log = world.log();
        if (!settled || log == null || !world.shape.tampering || old != null || foreign || !world.dice.oneIn(3)) {
            return;
        }
        RecordPeek record = world.record();
        if (record.isCompleted()) {
            old = log.medium().clone();
            oldPairs.add(record.confirmed());
            oldPairs.add(record.announced());
            oldPairs.remove("none");
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
        } else if (old != null && !oldPairs.contains(record.confirmed()) && !oldPairs.contains(record.announced())) {
            log.load(old);
            old = null;
            oldPairs.clear();
        } else {
            return false;
        }
        world.trace.note("the log was changed behind the mirror's back");
        foreign = true;
        world.judge.logIsForeign();
        return true;
    }
}
