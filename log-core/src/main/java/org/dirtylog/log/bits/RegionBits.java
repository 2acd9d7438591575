// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.dirtylog.log.RegionSet;

/**
 * One bit a region. Where all bits of a stretch are equal it costs next to nothing, elsewhere little more than a bit a
 * region; searches skip such stretches. For threads see the package.
 */
public final class RegionBits {

    /** The largest bitmap, in regions. */
    public static final long MAX_SIZE = 1L << 40;

    private final long size;

    /** Written by one thread with release, read by any with acquire. */
    private final AtomicReferenceArray<BitNode> nodes;

    /** Which nodes have a 1, and which have a 0, so that a search does not look at each of thousands. Written like the nodes. */
    private final NodeSet withOnes;

    private final NodeSet withZeros;

    private volatile long ones;

    private RegionBits(long size, boolean one) {
        if (size < 0 || size > MAX_SIZE) {
            throw new IllegalArgumentException("a bitmap of " + size + " regions, can have 0 to " + MAX_SIZE);
        }
        this.size = size;
        this.ones = one ? size : 0;
        this.nodes = new AtomicReferenceArray<>(nodesOf(size));
        for (int n = 0; n < nodes.length(); n++) {
            nodes.setRelease(n, BitNode.uniform(one));
        }
        this.withOnes = new NodeSet(nodes.length(), one);
        this.withZeros = new NodeSet(nodes.length(), !one);
    }

    private RegionBits(RegionBits other) {
        this.size = other.size;
        this.ones = other.ones;
        this.nodes = new AtomicReferenceArray<>(nodesOf(size));
        for (int n = 0; n < nodes.length(); n++) {
            nodes.setRelease(n, other.nodes.getPlain(n).copy());
        }
        this.withOnes = other.withOnes.copy();
        this.withZeros = other.withZeros.copy();
    }

    private static int nodesOf(long size) {
        return (int) ((size + BitNode.BITS - 1) >>> BitNode.SHIFT);
    }

    /**
     * Makes a bitmap with all bits 0.
     *
     * @param size how many regions, 0 to {@link #MAX_SIZE}
     * @return the bitmap
     * @throws IllegalArgumentException if that is too many
     */
    public static RegionBits zeros(long size) {
        return new RegionBits(size, false);
    }

    /**
     * Makes a bitmap with all bits 1.
     *
     * @param size how many regions, 0 to {@link #MAX_SIZE}
     * @return the bitmap
     * @throws IllegalArgumentException if that is too many
     */
    public static RegionBits ones(long size) {
        return new RegionBits(size, true);
    }

    /**
     * Copies the bitmap, by whole pieces and not by runs, of which there can be as many as bits. For the one who changes it.
     *
     * @return another one with the same bits
     */
    public RegionBits copy() {
        return new RegionBits(this);
    }

    /**
     * Measures the bitmap.
     *
     * @return how many regions it speaks of
     */
    public long size() {
        return size;
    }

    /**
     * Counts. Never out of step with what was done: setting a bit twice counts once (R8).
     *
     * @return how many bits are 1
     */
    public long countOnes() {
        return ones;
    }

    /**
     * Reads a bit.
     *
     * @param region from 0 to before {@link #size()}
     * @return whether it is 1
     * @throws IndexOutOfBoundsException if there is no such region
     */
    public boolean get(long region) {
        if (region < 0 || region >= size) {
            throw new IndexOutOfBoundsException("region " + region + " of " + size);
        }
        return (word(region / Long.SIZE) >>> region % Long.SIZE & 1) == 1;
    }

    /**
     * Makes a run of bits 1.
     *
     * @param first the first region
     * @param end   the region after the last
     * @return how many of them were 0
     * @throws IndexOutOfBoundsException if the run is none, or not within the bitmap
     */
    public long set(long first, long end) {
        return apply(first, end, BitChange.SET);
    }

    /**
     * Makes a run of bits 0.
     *
     * @param first the first region
     * @param end   the region after the last
     * @return how many of them were 1
     * @throws IndexOutOfBoundsException if the run is none, or not within the bitmap
     */
    public long clear(long first, long end) {
        return -apply(first, end, BitChange.CLEAR);
    }

    /**
     * Inverts a run of bits.
     *
     * @param first the first region
     * @param end   the region after the last
     * @throws IndexOutOfBoundsException if the run is none, or not within the bitmap
     */
    public void flip(long first, long end) {
        apply(first, end, BitChange.FLIP);
    }

    /**
     * Makes bits 1.
     *
     * @param regions which; within the bitmap
     */
    public void set(RegionSet regions) {
        regions.forEachRun(this::set);
    }

    /**
     * Makes bits 0.
     *
     * @param regions which; within the bitmap
     */
    public void clear(RegionSet regions) {
        regions.forEachRun(this::clear);
    }

    /**
     * Inverts bits.
     *
     * @param regions which; within the bitmap
     */
    public void flip(RegionSet regions) {
        regions.forEachRun(this::flip);
    }

    /** Returns by how much the count of ones grew. */
    private long apply(long first, long end, BitChange change) {
        if (first < 0 || end < first || end > size) {
            throw new IndexOutOfBoundsException("regions from " + first + " to before " + end + " of " + size);
        }
        long before = ones;
        for (long at = first; at < end; ) {
            int n = (int) (at >>> BitNode.SHIFT);
            int toChange = change == BitChange.FLIP ? n : (change == BitChange.CLEAR ? withOnes : withZeros).next(n);
            if (toChange > n) {
                // Those in between are so already.
                at = (long) toChange << BitNode.SHIFT;
                continue;
            }
            long start = (long) n << BitNode.SHIFT;
            long stop = Math.min(end, start + BitNode.BITS);
            BitNode node = nodes.getPlain(n);
            boolean whole = stop - at == capacity(n);
            if (whole && (node.isUniform() || change != BitChange.FLIP)) {
                replace(n, BitNode.uniform(change.of(node == BitNode.ONES)), node.ones(capacity(n)));
            } else if (!node.isUniform() || change.of(node == BitNode.ONES) != (node == BitNode.ONES)) {
                long onesBefore = node.ones(capacity(n));
                BitNode open = opened(n);
                open.apply(at - start, stop - start, change);
                replace(n, open, onesBefore);
            }
            at = stop;
        }
        return ones - before;
    }

    private BitNode opened(int n) {
        BitNode node = nodes.getPlain(n);
        return node.isUniform() ? BitNode.mixed(node, capacity(n)) : node;
    }

    /** The one writer of {@link #ones}, so that reading and writing it need not be one step. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField")
    private void replace(int n, BitNode node, long onesBefore) {
        long capacity = capacity(n);
        long onesNow = node.ones(capacity);
        ones += onesNow - onesBefore;
        nodes.setRelease(n, node.collapsed());
        withOnes.put(n, onesNow > 0);
        withZeros.put(n, onesNow < capacity);
    }

    private long capacity(int n) {
        return Math.min(BitNode.BITS, size - ((long) n << BitNode.SHIFT));
    }

    /**
     * Finds the next 1.
     *
     * @param from where to begin, 0 or more
     * @return the first region not before {@code from} whose bit is 1, or {@link #size()}
     */
    public long nextOne(long from) {
        return next(from, true);
    }

    /**
     * Finds the next 0.
     *
     * @param from where to begin, 0 or more
     * @return the first region not before {@code from} whose bit is 0, or {@link #size()}
     */
    public long nextZero(long from) {
        return next(from, false);
    }

    private long next(long from, boolean one) {
        NodeSet candidates = one ? withOnes : withZeros;
        long offset = from & BitNode.BITS - 1;
        int first = (int) Math.min(from >>> BitNode.SHIFT, nodes.length());
        for (int n = candidates.next(first); n < nodes.length(); n = candidates.next(n + 1)) {
            long found = nodes.getAcquire(n).next(n == first ? offset : 0, one);
            if (found >= 0) {
                return Math.min(size, ((long) n << BitNode.SHIFT) + found);
            }
        }
        return size;
    }

    /**
     * Lists the ones of a range.
     *
     * @param first the first region
     * @param end   the region after the last, at most {@link #size()}
     * @return the regions whose bit is 1
     */
    public RegionSet onesIn(long first, long end) {
        return runs(first, end, true);
    }

    /**
     * Lists the zeros of a range.
     *
     * @param first the first region
     * @param end   the region after the last, at most {@link #size()}
     * @return the regions whose bit is 0
     */
    public RegionSet zerosIn(long first, long end) {
        return runs(first, end, false);
    }

    private RegionSet runs(long first, long end, boolean one) {
        RegionSet.Builder found = new RegionSet.Builder();
        for (long at = next(first, one); at < end; at = next(at, one)) {
            long stop = Math.min(end, next(at, !one));
            found.addRun(at, stop);
            at = stop;
        }
        return found.build();
    }

    /**
     * Lists the ones among some regions.
     *
     * @param regions within the bitmap
     * @return those whose bit is 1
     */
    public RegionSet onesAmong(RegionSet regions) {
        return among(regions, true);
    }

    /**
     * Lists the zeros among some regions.
     *
     * @param regions within the bitmap
     * @return those whose bit is 0
     */
    public RegionSet zerosAmong(RegionSet regions) {
        return among(regions, false);
    }

    private RegionSet among(RegionSet regions, boolean one) {
        RegionSet.Builder found = new RegionSet.Builder();
        regions.forEachRun((first, end) -> runs(first, end, one).forEachRun(found::addRun));
        return found.build();
    }

    /**
     * Reads 64 bits at once, for storing them.
     *
     * @param index of the word: it holds the regions from {@code 64 * index} on, the first in its lowest bit
     * @return the bits; those beyond {@link #size()} are 0
     */
    public long word(long index) {
        long first = index * Long.SIZE;
        int within = (int) (index & BitNode.BITS / Long.SIZE - 1);
        long bits = nodes.getAcquire((int) (first >>> BitNode.SHIFT)).word(within);
        return first + Long.SIZE <= size ? bits : bits & -1L >>> (Long.SIZE - (size - first));
    }

    /**
     * Replaces 64 bits at once, for loading them.
     *
     * @param index of the word, as for {@link #word}
     * @param bits  the bits; those beyond {@link #size()} are ignored
     */
    public void setWord(long index, long bits) {
        long first = index * Long.SIZE;
        long valid = first + Long.SIZE <= size ? bits : bits & -1L >>> (Long.SIZE - (size - first));
        if (valid == word(index)) {
            return;
        }
        int n = (int) (first >>> BitNode.SHIFT);
        long onesBefore = nodes.getPlain(n).ones(capacity(n));
        BitNode node = opened(n);
        node.setWord((int) (index & BitNode.BITS / Long.SIZE - 1), valid);
        replace(n, node, onesBefore);
    }
}
