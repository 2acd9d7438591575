// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes of one request, outside of the buffers of its connection. Each part but the last holds a mebibyte. Held by the reply to
 * the request, and by threads that a device may hold up for longer than that.
 */
final class Payload {
    /** Of a request that brings no bytes and asks for none. */
    static final Payload NONE = new Payload(new ByteBuffer[0], 0, true);

    private final ByteBuffer[] slabs;
    private final int bytes;
    private final boolean pooled;
    private final AtomicInteger holders = new AtomicInteger(1);

    private Payload(ByteBuffer[] slabs, int bytes, boolean pooled) {
        this.slabs = slabs;
        this.bytes = bytes;
        this.pooled = pooled;
    }

    /** In memory of the server's. */
    static Payload of(ByteBuffer[] slabs, int bytes) {
        return new Payload(slabs, bytes, true);
    }

    /** In memory of its own. */
    static Payload unpooled(int bytes) {
        ByteBuffer[] parts = new ByteBuffer[Slabs.slabsFor(bytes)];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = ByteBuffer.allocateDirect(Slabs.BYTES);
        }
        return new Payload(parts, bytes, false);
    }

    ByteBuffer[] slabs() {
        return slabs;
    }

    boolean isPooled() {
        return pooled;
    }

    int parts() {
        return slabs.length;
    }

    ByteBuffer part(int index) {
        return slabs[index];
    }

    int bytes() {
        return bytes;
    }

    /** How many bytes of the payload a part holds. */
    int bytesOf(int index) {
        return Math.min(Slabs.PAYLOAD_BYTES, bytes - index * Slabs.PAYLOAD_BYTES);
    }

    void hold() {
        holders.incrementAndGet();
    }

    /** Answers whether nobody holds it any more. */
    boolean letGo() {
        return parts() > 0 && holders.decrementAndGet() == 0;
    }
}
