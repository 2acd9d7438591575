// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;

/** The bytes of one request, outside of the buffers of its connection. Each part but the last holds a mebibyte. */
final class Payload {
    /** Of a request that brings no bytes and asks for none. */
    static final Payload NONE = new Payload(new ByteBuffer[0], 0);

    private final ByteBuffer[] slabs;
    private final int bytes;

    Payload(ByteBuffer[] slabs, int bytes) {
        this.slabs = slabs;
        this.bytes = bytes;
    }

    ByteBuffer[] slabs() {
        return slabs;
    }

    int parts() {
        return slabs.length;
    }

    ByteBuffer part(int index) {
        return slabs[index];
    }

    /** How many bytes of the payload a part holds. */
    int bytesOf(int index) {
        return Math.min(Slabs.PAYLOAD_BYTES, bytes - index * Slabs.PAYLOAD_BYTES);
    }
}
