// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A piece of a bitmap in which not all bits are equal, and how many are set. Bits beyond the end of the bitmap are 0. The two
 * constants stand for pieces in which all bits are equal; they hold no bits.
 */
final class BitChunk {
    static final int SHIFT = 15;
    static final int BITS = 1 << SHIFT;
    static final int WORDS = BITS / Long.SIZE;

    static final BitChunk ZEROS = new BitChunk(null);
    static final BitChunk ONES = new BitChunk(null);

    /** Written by one thread with release, read by any with acquire. */
    private final AtomicLongArray words;

    private int ones;

    private BitChunk(AtomicLongArray words) {
        this.words = words;
    }

    /** Makes a piece with room for bits out of one of the constants. */
    static BitChunk mixed(BitChunk uniform, int capacity) {
        BitChunk chunk = new BitChunk(new AtomicLongArray(WORDS));
        if (uniform == ONES) {
            chunk.apply(0, capacity, BitChange.SET);
        }
        return chunk;
    }

    /** The same bits once more. For the one who changes them. */
    BitChunk copy() {
        if (isUniform()) {
            return this;
        }
        BitChunk copy = new BitChunk(new AtomicLongArray(WORDS));
        for (int i = 0; i < WORDS; i++) {
            copy.words.setPlain(i, words.getPlain(i));
        }
        copy.ones = ones;
        return copy;
    }

    boolean isUniform() {
        return words == null;
    }

    int ones(int capacity) {
        return isUniform() ? this == ONES ? capacity : 0 : ones;
    }

    /** The constant that stands for this piece, or the piece itself. */
    BitChunk collapsed(int capacity) {
        return isUniform() || ones > 0 && ones < capacity ? this : ones == 0 ? ZEROS : ONES;
    }

    long word(int index) {
        return isUniform() ? this == ONES ? -1L : 0L : words.getAcquire(index);
    }

    void setWord(int index, long bits) {
        ones += Long.bitCount(bits) - Long.bitCount(words.getPlain(index));
        words.setRelease(index, bits);
    }

    /** Changes the bits from one to before another. */
    void apply(int first, int end, BitChange change) {
        for (int at = first; at < end; ) {
            int index = at / Long.SIZE;
            int stop = Math.min(end, (index + 1) * Long.SIZE);
            long mask = -1L >>> (Long.SIZE - (stop - at)) << at % Long.SIZE;
            setWord(index, change.of(words.getPlain(index), mask));
            at = stop;
        }
    }

    /** Finds the first bit of a value, from a position on; -1 if there is none. */
    int next(int from, boolean one) {
        long invert = one ? 0 : -1;
        int index = from / Long.SIZE;
        long word = (words.getAcquire(index) ^ invert) & -1L << from % Long.SIZE;
        while (word == 0) {
            if (++index == WORDS) {
                return -1;
            }
            word = words.getAcquire(index) ^ invert;
        }
        return index * Long.SIZE + Long.numberOfTrailingZeros(word);
    }
}
