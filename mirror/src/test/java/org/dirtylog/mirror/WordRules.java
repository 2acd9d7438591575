// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import org.dirtylog.mirror.WordModels.Log;
import org.dirtylog.mirror.WordModels.Shared;
import org.dirtylog.mirror.steps.Explorer;

/** What must hold of a region in every state, and in the last one. */
final class WordRules {
    private static final int SECTORS_MASK = 0xFFFF;

    private WordRules() {}

    private static long word(Shared shared) {
        return Explorer.look(() -> shared.mirror.table.get(0));
    }

    private static boolean isDirty(Shared shared) {
        return (shared.log.look(0) & Log.DIRTY) != 0;
    }

    private static void require(boolean holds, String rule, Shared shared) {
        if (!holds) {
            throw new AssertionError(rule + ": " + text(shared));
        }
    }

    static String text(Shared shared) {
        long word = word(shared);
        return RegionWord.text(word) + (RegionWord.state(word) == RegionWord.CLEANING ? " CLEANING" : "") + ", log "
                + shared.log.look(0) + ", attached " + (shared.legs.look(0) & 0xFF) + ", failing " + failing(shared)
                + ", legs " + Long.toHexString(shared.disks.look(0)) + " " + Long.toHexString(shared.disks.look(1));
    }

    private static int failing(Shared shared) {
        return (int) (shared.failing.look(0) | shared.failing.look(1) << 1);
    }

    /** A byte is about to reach a leg. */
    static void checkWrite(Shared shared) {
        long word = word(shared);
        require(isDirty(shared), "R2, a leg is written and the mark is not durable", shared);
        boolean owned = RegionWord.state(word) == RegionWord.RECOVERING || RegionWord.count(word) > 0;
        require(owned, "P1, P6, a leg is written by nobody who is inside", shared);
    }

    static void check(Shared shared, int threads) {
        long word = word(shared);
        long state = RegionWord.state(word);
        boolean open = state == RegionWord.DIRTY || state == RegionWord.OUT_OF_SYNC;
        require(RegionWord.count(word) <= threads, "more are counted than there are", shared);
        require(open || RegionWord.count(word) == 0, "P1, P2, somebody is inside what admits nobody", shared);
        require(
                isDirty(shared) || state == RegionWord.CLEAN || state == RegionWord.CLEANING,
                "P1, the bit is not durably dirty",
                shared);
        require(
                isDirty(shared) || isInSync(shared),
                "R1, R3, P17, clean in the log and not the same, forced, on all legs",
                shared);
        require(
                state != RegionWord.CLEAN || word == 0 && isInSync(shared),
                "P18, a word is clean and a leg does not hold the region durably",
                shared);
        boolean watched = RegionWord.count(word) > 0
                || state == RegionWord.RECOVERING
                || RegionWord.has(word, RegionWord.IN_DOUBT);
        require(watched || holdersAgree(shared, word), "P5, P45, legs differ and nothing says so", shared);
        require(
                !RegionWord.has(word, RegionWord.IN_DOUBT)
                        || state == RegionWord.OUT_OF_SYNC
                        || state == RegionWord.RECOVERING,
                "in doubt and in sync",
                shared);
    }

    static void checkEnd(Shared shared) {
        long word = word(shared);
        require(RegionWord.count(word) == 0, "somebody is still counted", shared);
        require(!RegionWord.has(word, RegionWord.COPY_WANTED), "P2, nobody copies and nobody may enter", shared);
        require(RegionWord.state(word) != RegionWord.RECOVERING, "P6, nobody owns the region", shared);
        require(
                RegionWord.state(word) != RegionWord.CLEANING || shared.logFails,
                "P18, nobody ends the cleaning",
                shared);
        require(
                !RegionWord.has(word, RegionWord.IN_DOUBT) || (shared.log.look(0) & Log.OUT_OF_SYNC) != 0,
                "the log does not know of the doubt",
                shared);
        boolean copied = !RegionWord.has(word, RegionWord.IN_DOUBT) && RegionWord.lacks(word) == 0;
        boolean complete = (shared.legs.look(0) & 0xFF) == (1 << WordModels.LEGS) - 1;
        require(
                !complete || !copied || (shared.log.look(0) & Log.OUT_OF_SYNC) == 0,
                "R8, the log counts a region as out of sync that is not",
                shared);
        require(
                complete || RegionWord.state(word) != RegionWord.DIRTY,
                "P14, a dirty region waits for a cleaning that cannot be",
                shared);
        require(
                !complete || !copied || RegionWord.state(word) != RegionWord.OUT_OF_SYNC,
                "R12, a region is out of sync, nobody will copy it, and nobody clean it",
                shared);
    }

    private static boolean isInSync(Shared shared) {
        long first = shared.disks.look(0);
        return first == shared.disks.look(1) && (first & SECTORS_MASK) == (first >>> 16 & SECTORS_MASK);
    }

    /** Whether the attached legs that hold the region agree. */
    private static boolean holdersAgree(Shared shared, long word) {
        long holding = shared.legs.look(0) & 0xFF & ~RegionWord.lacks(word) & ~failing(shared);
        return holding != 3 || (shared.disks.look(0) & SECTORS_MASK) == (shared.disks.look(1) & SECTORS_MASK);
    }
}
