// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Buffers of one connection for payloads that are written by other threads while the next request comes in. Large ones are
 * kept, since to make one costs as much as to fill it.
 */
final class Payloads {
    private static final int KEPT_FROM = 64 * 1024;
    private static final int KEPT_TO = 4 << 20;
    private static final int KEPT = 8;

    private final Deque<ByteBuffer> free = new ArrayDeque<>();

    /** A buffer with room for so many bytes, and its limit there. */
    ByteBuffer take(int bytes) {
        if (bytes >= KEPT_FROM && bytes <= KEPT_TO) {
            synchronized (this) {
                for (int i = free.size(); i > 0; i--) {
                    ByteBuffer kept = free.poll();
                    if (kept.capacity() >= bytes) {
                        return kept.clear().limit(bytes);
                    }
                    free.add(kept);
                }
            }
        }
        return ByteBuffer.allocateDirect(bytes);
    }

    synchronized void giveBack(ByteBuffer buffer) {
        boolean worth = buffer.capacity() >= KEPT_FROM && buffer.capacity() <= KEPT_TO;
        if (worth && free.size() < KEPT) {
            free.add(buffer);
        }
    }
}
