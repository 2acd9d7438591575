// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;

/** What one context tells in a reply: runs, joined where their flags are equal, up to a number of them. */
final class BlockStatus {
    /** Of a chunk, before the first run. */
    static final int HEAD_BYTES = Wire.CHUNK_BYTES + 4;

    private final ByteBuffer out;
    private int left;
    private long length;
    private int flags;

    BlockStatus(ByteBuffer out, int most) {
        this.out = out;
        left = most;
    }

    /** Answers whether there is room for what follows. */
    boolean add(long bytes, int newFlags) {
        if (length > 0 && newFlags != flags) {
            end();
        }
        flags = newFlags;
        length += bytes;
        return left > 0;
    }

    /** No more of these flags comes. */
    void end() {
        if (length > 0 && left > 0) {
            out.putInt((int) length).putInt(flags);
            left--;
        }
        length = 0;
    }
}
