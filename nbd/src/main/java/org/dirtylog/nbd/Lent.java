// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory that a thread of a connection works in. Two hold it: the connection until its end, and the thread, which a device
 * may hold up for longer.
 */
final class Lent {
    private static final int IN_BYTES = 256 * 1024;
    private static final int GATHERED_BYTES = 512 * 1024;

    /** What comes in. */
    final ByteBuffer in;
    /** Replies that leave together. */
    final ByteBuffer gathered;
    /** Replies to requests that were handed over. */
    final ByteBuffer handedOver;

    private final Slabs slabs;
    private final ByteBuffer[] memory;
    private final AtomicInteger holders = new AtomicInteger(2);

    private Lent(Slabs slabs, ByteBuffer[] memory, ByteBuffer whole) {
        this.slabs = slabs;
        this.memory = memory;
        in = whole.slice(0, IN_BYTES).limit(0);
        gathered = whole.slice(IN_BYTES, GATHERED_BYTES);
        int rest = IN_BYTES + GATHERED_BYTES;
        handedOver = whole.slice(rest, whole.capacity() - rest);
    }

    /** For a client that comes. */
    static Lent take(Slabs slabs) throws IOException {
        ByteBuffer[] memory = slabs.tryTake(1);
        if (memory.length == 0) {
            throw new IOException("there is no memory for another client");
        }
        return new Lent(slabs, memory, memory[0]);
    }

    /** For a thread that goes on in place of another, which has its memory still. */
    static Lent takeAnother(Slabs slabs) {
        ByteBuffer[] memory = slabs.tryTake(1);
        return memory.length == 0
                ? new Lent(slabs, memory, ByteBuffer.allocateDirect(IN_BYTES + GATHERED_BYTES))
                : new Lent(slabs, memory, memory[0]);
    }

    /** One of the two needs it no longer. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            slabs.giveBack(memory);
        }
    }
}
