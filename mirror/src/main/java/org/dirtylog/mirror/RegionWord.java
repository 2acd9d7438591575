// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * What the mirror knows about one region, in one {@code long}, so that state, count and doubt change together (P1).
 *
 * <pre>
 *   bits  0–19  writes inside
 *   bit  20     copy wanted: nobody newly enters (P2)
 *   bit  21     touched since the cleaner last looked
 *   bit  22     in doubt: current legs may differ
 *   bits 24–33  lacks: leg i, attached and stale, does not hold the region
 *   bits 40–42  state
 *
 *            mark is durable                 leg fails, doubt
 *   CLEAN ─────────────────────▶ DIRTY ─────────────────────────▶ OUT_OF_SYNC
 *     ▲                          │ ▲ ▲                            │      ▲
 *     │ cleaning is written      │ │ └──────────┐ copied          │      │ copy failed
 *     └─────────── CLEANING ◀────┘ │            └─── RECOVERING ◀─┘──────┘
 *                     └────────────┘ cleaning was dropped
 * </pre>
 * A word of 0 is CLEAN and says nothing else. OUT_OF_SYNC implies that the bit in the log is durably dirty, and so do DIRTY
 * and RECOVERING.
 */
final class RegionWord {
    static final long CLEAN = 0;
    static final long DIRTY = 1L << 40;
    static final long CLEANING = 2L << 40;
    static final long OUT_OF_SYNC = 3L << 40;
    static final long RECOVERING = 4L << 40;
    /** The leaf of this word is being taken out of the table; look it up again. */
    static final long MOVED = 7L << 40;

    private static final long STATE = 7L << 40;
    private static final long COUNT = (1L << 20) - 1;
    static final long COPY_WANTED = 1L << 20;
    static final long TOUCHED = 1L << 21;
    static final long IN_DOUBT = 1L << 22;
    /** A table has nine legs at most, and one more may be about to replace one of them. */
    static final int MAX_LEGS = 10;

    private static final int LACKS_SHIFT = 24;
    private static final long LACKS = (1L << MAX_LEGS) - 1 << LACKS_SHIFT;

    private RegionWord() {}

    static long state(long word) {
        return word & STATE;
    }

    static int count(long word) {
        return (int) (word & COUNT);
    }

    static boolean has(long word, long flag) {
        return (word & flag) != 0;
    }

    static int lacks(long word) {
        return (int) ((word & LACKS) >>> LACKS_SHIFT);
    }

    /** The flag that says which legs lack the region. */
    static long lacking(int legMask) {
        return (long) legMask << LACKS_SHIFT;
    }

    /** The same word with other legs lacking the region. */
    static long lacking(long word, int legMask) {
        return word & ~LACKS | lacking(legMask);
    }

    /** Whether a writer may enter: one that finds another state waits outside. */
    static boolean admits(long word) {
        long state = state(word);
        return (state == DIRTY || state == OUT_OF_SYNC) && !has(word, COPY_WANTED);
    }

    /** Whether the copier has something to do here (P6). */
    static boolean needsCopy(long word, int attachedMask) {
        return has(word, IN_DOUBT) || (lacks(word) & attachedMask) != 0;
    }

    /** The same word in another state. */
    static long in(long word, long state) {
        return word & ~STATE | state;
    }

    static RegionCondition condition(long word) {
        long state = state(word);
        if (state == DIRTY || state == CLEANING) {
            return RegionCondition.DIRTY;
        }
        if (state == OUT_OF_SYNC) {
            return RegionCondition.OUT_OF_SYNC;
        }
        return state == RECOVERING ? RegionCondition.RECOVERING : RegionCondition.CLEAN;
    }

    static String text(long word) {
        return condition(word) + " count " + count(word) + (has(word, IN_DOUBT) ? " in doubt" : "")
                + (has(word, COPY_WANTED) ? " copy wanted" : "") + (lacks(word) == 0 ? "" : " lacks " + lacks(word));
    }
}
