// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import java.util.concurrent.atomic.AtomicLongArray;

/** A set of the nodes of a bitmap. Written by one thread with release, read by any with acquire. */
final class NodeSet {
    private final int size;
    private final AtomicLongArray words;

    NodeSet(int size, boolean full) {
        this.size = size;
        this.words = new AtomicLongArray((size + Long.SIZE - 1) / Long.SIZE);
        for (int n = 0; full && n < size; n++) {
            put(n, true);
        }
    }

    private NodeSet(NodeSet other) {
        this.size = other.size;
        this.words = new AtomicLongArray(other.words.length());
        for (int i = 0; i < words.length(); i++) {
            words.setRelease(i, other.words.getPlain(i));
        }
    }

    NodeSet copy() {
        return new NodeSet(this);
    }

    void put(int node, boolean in) {
        long before = words.getPlain(node / Long.SIZE);
        long bit = 1L << node;
        long after = in ? before | bit : before & ~bit;
        if (after != before) {
            words.setRelease(node / Long.SIZE, after);
        }
    }

    /** The first node of the set that is not before another, or the number of nodes if there is none. */
    int next(int from) {
        for (int i = from / Long.SIZE; i < words.length(); i++) {
            long word = words.getAcquire(i) & (i == from / Long.SIZE ? -1L << from : -1L);
            if (word != 0) {
                return i * Long.SIZE + Long.numberOfTrailingZeros(word);
            }
        }
        return size;
    }
}
