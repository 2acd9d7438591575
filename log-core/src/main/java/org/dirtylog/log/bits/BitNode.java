// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import java.util.concurrent.atomic.AtomicReferenceArray;

/** A piece of a bitmap made of {@link BitChunk}s; the two constants stand for pieces in which all bits are equal. */
final class BitNode {
    /** 64 chunks: a search looks at each of them, and a node that becomes mixed fills in as many. */
    static final int SHIFT = BitChunk.SHIFT + 6;

    static final long BITS = 1L << SHIFT;

    static final BitNode ZEROS = new BitNode(null, 0);
    static final BitNode ONES = new BitNode(null, 0);

    /** Written by one thread with release, read by any with acquire. */
    private final AtomicReferenceArray<BitChunk> chunks;

    private final long capacity;
    private long ones;

    private BitNode(AtomicReferenceArray<BitChunk> chunks, long capacity) {
        this.chunks = chunks;
        this.capacity = capacity;
    }

    static BitNode uniform(boolean one) {
        return one ? ONES : ZEROS;
    }

    /** Makes a piece with room for chunks out of one of the constants. */
    static BitNode mixed(BitNode uniform, long capacity) {
        int length = (int) ((capacity + BitChunk.BITS - 1) >>> BitChunk.SHIFT);
        BitNode node = new BitNode(new AtomicReferenceArray<>(length), capacity);
        BitChunk chunk = uniform == ONES ? BitChunk.ONES : BitChunk.ZEROS;
        for (int i = 0; i < length; i++) {
            node.chunks.setPlain(i, chunk);
        }
        node.ones = uniform == ONES ? capacity : 0;
        return node;
    }

    /** The same bits once more. For the one who changes them. */
    BitNode copy() {
        if (isUniform()) {
            return this;
        }
        BitNode copy = new BitNode(new AtomicReferenceArray<>(chunks.length()), capacity);
        for (int i = 0; i < chunks.length(); i++) {
            copy.chunks.setPlain(i, chunks.getPlain(i).copy());
        }
        copy.ones = ones;
        return copy;
    }

    boolean isUniform() {
        return chunks == null;
    }

    long ones(long ofCapacity) {
        return isUniform() ? this == ONES ? ofCapacity : 0 : ones;
    }

    BitNode collapsed() {
        return isUniform() || ones > 0 && ones < capacity ? this : ones == 0 ? ZEROS : ONES;
    }

    long word(int index) {
        if (isUniform()) {
            return this == ONES ? -1L : 0L;
        }
        return chunks.getAcquire(index / BitChunk.WORDS).word(index % BitChunk.WORDS);
    }

    void setWord(int index, long bits) {
        int i = index / BitChunk.WORDS;
        BitChunk chunk = opened(i);
        int before = chunk.ones(capacity(i));
        chunk.setWord(index % BitChunk.WORDS, bits);
        close(i, chunk, before);
    }

    /** Changes the bits from one to before another. */
    void apply(long first, long end, BitChange change) {
        for (long at = first; at < end; ) {
            int i = (int) (at >>> BitChunk.SHIFT);
            long start = (long) i << BitChunk.SHIFT;
            long stop = Math.min(end, start + BitChunk.BITS);
            BitChunk chunk = chunks.getPlain(i);
            int before = chunk.ones(capacity(i));
            if (chunk.isUniform() && stop - at == capacity(i) || change != BitChange.FLIP && stop - at == capacity(i)) {
                chunk = change.of(chunk == BitChunk.ONES) ? BitChunk.ONES : BitChunk.ZEROS;
            } else if (!chunk.isUniform() || change.of(chunk == BitChunk.ONES) != (chunk == BitChunk.ONES)) {
                chunk = opened(i);
                chunk.apply((int) (at - start), (int) (stop - start), change);
            }
            close(i, chunk, before);
            at = stop;
        }
    }

    private BitChunk opened(int i) {
        BitChunk chunk = chunks.getPlain(i);
        return chunk.isUniform() ? BitChunk.mixed(chunk, capacity(i)) : chunk;
    }

    private void close(int i, BitChunk chunk, int onesBefore) {
        ones += chunk.ones(capacity(i)) - onesBefore;
        chunks.setRelease(i, chunk.collapsed(capacity(i)));
    }

    private int capacity(int i) {
        return (int) Math.min(BitChunk.BITS, capacity - ((long) i << BitChunk.SHIFT));
    }

    /** Finds the first bit of a value, from a position on; -1 if there is none. */
    long next(long from, boolean one) {
        if (isUniform()) {
            return (this == ONES) == one ? from : -1;
        }
        int offset = (int) from & BitChunk.BITS - 1;
        for (int i = (int) (from >>> BitChunk.SHIFT); i < chunks.length(); i++, offset = 0) {
            BitChunk chunk = chunks.getAcquire(i);
            int found = !chunk.isUniform() ? chunk.next(offset, one) : (chunk == BitChunk.ONES) == one ? offset : -1;
            if (found >= 0) {
                return ((long) i << BitChunk.SHIFT) + found;
            }
        }
        return -1;
    }
}
