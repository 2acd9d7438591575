// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/**
 * Memory of the server, in direct buffers of one size that are made once and used again and again: a buffer for each payload
 * would be garbage that only a collection gives back. Nobody waits here: who gets nothing does without. Safe for use by many
 * threads.
 */
final class Slabs {
    /** How much payload one holds; before it there is room for the head of a reply. */
    static final int PAYLOAD_BYTES = 1 << 20;

    static final int BYTES = PAYLOAD_BYTES + 64;
    private static final ByteBuffer[] NONE = {};

    // Guarded by this. The last one given back is the next one taken: it is in the processor's cache.
    private final Deque<ByteBuffer> free = new ArrayDeque<>();
    private int notMade;

    private final Supplier<ByteBuffer> memory;

    /**
     * Has none in the beginning.
     *
     * @param most   how many it makes
     * @param memory makes one, of {@link #BYTES}
     */
    Slabs(int most, Supplier<ByteBuffer> memory) {
        notMade = most;
        this.memory = memory;
    }

    /** How many hold so many bytes of payload. */
    static int slabsFor(long bytes) {
        return (int) ((bytes + PAYLOAD_BYTES - 1) / PAYLOAD_BYTES);
    }

    /** Takes so many, 1 or more, or none at all. */
    synchronized ByteBuffer[] tryTake(int count) {
        if (count > free.size() + notMade) {
            return NONE;
        }
        try {
            ByteBuffer[] taken = new ByteBuffer[count];
            while (free.size() < count) {
                free.push(memory.get());
                notMade--;
            }
            for (int i = 0; i < count; i++) {
                taken[i] = free.pop().clear();
            }
            return taken;
        } catch (OutOfMemoryError e) {
            // What was made meanwhile stays free.
            return NONE;
        }
    }

    synchronized void giveBack(ByteBuffer[] taken) {
        for (ByteBuffer slab : taken) {
            free.push(slab);
        }
    }
}
