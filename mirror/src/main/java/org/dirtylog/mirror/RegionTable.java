// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongUnaryOperator;

/**
 * One word a region ({@link RegionWord}), for up to 2^40 regions. Three levels of 2^20, 2^10 and 2^10; where all words below a
 * place are equal, the place holds that word (or nothing, for CLEAN), so memory goes with what is not uniform. Lock-free.
 */
final class RegionTable {
    private static final int LEAF_BITS = 10;
    private static final int LEAF = 1 << LEAF_BITS;
    private static final int MID_BITS = LEAF_BITS + 10;

    /** Receives words. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Receives a run of regions with equal words.
         *
         * @param first the first region
         * @param end   the region after the last
         * @param word  their word, not 0
         * @return whether to go on
         */
        boolean run(long first, long end, long word);
    }

    private final long regionCount;
    /** Entries: {@code null} for CLEAN, a {@code Long} for that word everywhere, or an {@code AtomicReferenceArray}. */
    private final AtomicReferenceArray<Object> root;

    RegionTable(long regionCount) {
        this.regionCount = regionCount;
        this.root = new AtomicReferenceArray<>(Math.toIntExact((regionCount - 1 >>> MID_BITS) + 1));
    }

    long regionCount() {
        return regionCount;
    }

    long get(long region) {
        Object mid = root.get((int) (region >>> MID_BITS));
        if (!(mid instanceof AtomicReferenceArray<?> leaves)) {
            return mid == null ? 0 : (Long) mid;
        }
        Object leaf = leaves.get((int) (region >>> LEAF_BITS) & LEAF - 1);
        if (!(leaf instanceof AtomicLongArray words)) {
            return leaf == null ? 0 : (Long) leaf;
        }
        long word = words.get((int) region & LEAF - 1);
        return word == RegionWord.MOVED ? 0 : word;
    }

    /** Changes a word if it is still what the caller saw. */
    boolean compareAndSet(long region, long seen, long next) {
        while (true) {
            AtomicLongArray words = leafOf(region);
            int at = (int) region & LEAF - 1;
            if (words.compareAndSet(at, seen, next)) {
                return true;
            }
            if (words.get(at) != RegionWord.MOVED) {
                return false;
            }
        }
    }

    /** Changes a word; the function may be called more than once. Answers the word before. */
    long getAndUpdate(long region, LongUnaryOperator change) {
        while (true) {
            long seen = get(region);
            if (compareAndSet(region, seen, change.applyAsLong(seen))) {
                return seen;
            }
        }
    }

    /** A writer enters: counts itself in a word that admits it. Answers the word before; nothing changed if it does not. */
    long tryEnter(long region) {
        while (true) {
            long seen = get(region);
            if (!RegionWord.admits(seen) || compareAndSet(region, seen, seen + 1 | RegionWord.TOUCHED)) {
                return seen;
            }
        }
    }

    /** A writer leaves. Answers the word after. */
    long leave(long region) {
        while (true) {
            long seen = get(region);
            if (RegionWord.count(seen) == 0) {
                throw new IllegalStateException("region " + region + " is left by nobody: " + RegionWord.text(seen));
            }
            if (compareAndSet(region, seen, seen - 1)) {
                return seen - 1;
            }
        }
    }

    private AtomicLongArray leafOf(long region) {
        AtomicReferenceArray<Object> leaves = midOf((int) (region >>> MID_BITS));
        int at = (int) (region >>> LEAF_BITS) & LEAF - 1;
        while (true) {
            Object leaf = leaves.get(at);
            if (leaf instanceof AtomicLongArray words) {
                return words;
            }
            AtomicLongArray words = new AtomicLongArray(LEAF);
            if (leaf != null) {
                for (int i = 0; i < LEAF; i++) {
                    words.setPlain(i, (Long) leaf);
                }
            }
            leaves.compareAndSet(at, leaf, words);
        }
    }

    @SuppressWarnings("unchecked") // the root holds no other arrays
    private AtomicReferenceArray<Object> midOf(int at) {
        while (true) {
            Object mid = root.get(at);
            if (mid instanceof AtomicReferenceArray<?> leaves) {
                return (AtomicReferenceArray<Object>) leaves;
            }
            AtomicReferenceArray<Object> leaves = new AtomicReferenceArray<>(LEAF);
            if (mid != null) {
                for (int i = 0; i < LEAF; i++) {
                    leaves.setPlain(i, mid);
                }
            }
            root.compareAndSet(at, mid, leaves);
        }
    }

    /** Sets all words of a run, while nobody else uses the table. */
    void fill(long first, long end, long word) {
        Long uniform = word == 0 ? null : (Long) word;
        long region = first;
        while (region < end) {
            long midEnd = Math.min((region >>> MID_BITS) + 1 << MID_BITS, regionCount);
            long leafEnd = Math.min((region >>> LEAF_BITS) + 1 << LEAF_BITS, regionCount);
            if ((region & (1L << MID_BITS) - 1) == 0 && end >= midEnd) {
                root.set((int) (region >>> MID_BITS), uniform);
                region = midEnd;
            } else if ((region & LEAF - 1) == 0 && end >= leafEnd) {
                midOf((int) (region >>> MID_BITS)).set((int) (region >>> LEAF_BITS) & LEAF - 1, uniform);
                region = leafEnd;
            } else {
                leafOf(region).set((int) region & LEAF - 1, word);
                region++;
            }
        }
    }

    /** Changes all words, also those that are 0; the function may be called more than once for a word. */
    void updateAll(LongUnaryOperator change) {
        for (int m = 0; m < root.length(); m++) {
            while (!updateMid(m, change)) {
                // Somebody else has split it meanwhile.
            }
        }
    }

    private boolean updateMid(int m, LongUnaryOperator change) {
        Object mid = root.get(m);
        if (mid instanceof AtomicReferenceArray<?>) {
            AtomicReferenceArray<Object> leaves = midOf(m);
            for (int l = 0; l < LEAF; l++) {
                while (!updateLeaf(leaves, (long) m << MID_BITS | (long) l << LEAF_BITS, change)) {
                    // As above.
                }
            }
            return true;
        }
        return root.compareAndSet(m, mid, changed(mid, change));
    }

    private boolean updateLeaf(AtomicReferenceArray<Object> leaves, long first, LongUnaryOperator change) {
        int l = (int) (first >>> LEAF_BITS) & LEAF - 1;
        Object leaf = leaves.get(l);
        if (leaf instanceof AtomicLongArray) {
            for (long region = first; region < Math.min(first + LEAF, regionCount); region++) {
                long seen = get(region);
                if (change.applyAsLong(seen) != seen) {
                    getAndUpdate(region, change);
                }
            }
            return true;
        }
        return leaves.compareAndSet(l, leaf, changed(leaf, change));
    }

    private static Object changed(Object uniform, LongUnaryOperator change) {
        long before = uniform == null ? 0 : (Long) uniform;
        long after = change.applyAsLong(before);
        // The same object where nothing changes: it is what the caller compares with.
        return after == before ? uniform : after == 0 ? null : (Long) after;
    }

    /** Visits the words that are not 0, in ascending order. Words that change meanwhile may be seen before or after. */
    void forEach(Visitor visitor) {
        for (int m = 0; m < root.length(); m++) {
            long first = (long) m << MID_BITS;
            Object mid = root.get(m);
            if (mid instanceof AtomicReferenceArray<?> leaves) {
                if (!forEachLeaf(first, leaves, visitor)) {
                    return;
                }
            } else if (mid != null && !visit(first, first + (1L << MID_BITS), (Long) mid, visitor)) {
                return;
            }
        }
    }

    private boolean forEachLeaf(long midFirst, AtomicReferenceArray<?> leaves, Visitor visitor) {
        for (int l = 0; l < LEAF; l++) {
            long first = midFirst + ((long) l << LEAF_BITS);
            Object leaf = leaves.get(l);
            if (leaf instanceof AtomicLongArray words) {
                for (int i = 0; i < LEAF; i++) {
                    long word = words.get(i);
                    if (word != 0 && word != RegionWord.MOVED && !visit(first + i, first + i + 1, word, visitor)) {
                        return false;
                    }
                }
            } else if (leaf != null && !visit(first, first + LEAF, (Long) leaf, visitor)) {
                return false;
            }
        }
        return true;
    }

    private boolean visit(long first, long end, long word, Visitor visitor) {
        return first >= regionCount || visitor.run(first, Math.min(end, regionCount), word);
    }

    /**
     * Gives the memory of a leaf back, if all its words are 0. For one caller at a time. Each word is first moved to a value
     * that makes others look it up again, so none of them changes a word that is no longer in the table.
     */
    void trim(long region) {
        if (!(root.get((int) (region >>> MID_BITS)) instanceof AtomicReferenceArray<?>)) {
            return;
        }
        AtomicReferenceArray<Object> leaves = midOf((int) (region >>> MID_BITS));
        int at = (int) (region >>> LEAF_BITS) & LEAF - 1;
        if (!(leaves.get(at) instanceof AtomicLongArray words)) {
            return;
        }
        int moved = 0;
        while (moved < LEAF && words.compareAndSet(moved, 0, RegionWord.MOVED)) {
            moved++;
        }
        if (moved == LEAF) {
            leaves.set(at, null);
            return;
        }
        while (moved > 0) {
            words.set(--moved, 0);
        }
    }
}
