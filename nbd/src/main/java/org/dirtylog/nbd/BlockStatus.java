// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What one context tells in a reply: runs, joined where their flags are equal, up to a number of them. */
final class BlockStatus {
    private final ByteBuffer out;
    private final Headers headers;
    private final int start;
    private final int most;
    private int told;
    private long length;
    private int flags;

    /** Begins the payload of a chunk, behind the place of its header. */
    BlockStatus(ByteBuffer out, Headers headers, int context, int most) {
        this.out = out;
        this.headers = headers;
        this.most = most;
        start = out.position();
        out.putInt(context);
        if (headers == Headers.EXTENDED) {
            // How many follow, as soon as that is known.
            out.putInt(0);
        }
    }

    /** How long a chunk with so many runs is, its header included. */
    static int chunkBytes(Headers headers, int runs) {
        return headers.replyBytes + (headers == Headers.EXTENDED ? 8 + 16 * runs : 4 + 8 * runs);
    }

    static int type(Headers headers) {
        return headers == Headers.EXTENDED ? Wire.CHUNK_BLOCK_STATUS_EXT : Wire.CHUNK_BLOCK_STATUS;
    }

    /** Answers whether there is room for what follows. */
    boolean add(long bytes, int newFlags) {
        if (length > 0 && newFlags != flags) {
            put();
        }
        flags = newFlags;
        length += bytes;
        return told < most;
    }

    private void put() {
        if (told < most) {
            if (headers == Headers.EXTENDED) {
                out.putLong(length).putLong(Integer.toUnsignedLong(flags));
            } else {
                out.putInt((int) length).putInt(flags);
            }
            told++;
        }
        length = 0;
    }

    /**
     * No more comes.
     *
     * @return bytes of the payload
     * @throws IOException if nothing was told: a chunk has one run or more
     */
    int end() throws IOException {
        if (length > 0) {
            put();
        }
        if (told == 0) {
            throw new IOException("nothing is known about bytes that are there");
        }
        if (headers == Headers.EXTENDED) {
            out.putInt(start + 4, told);
        }
        return out.position() - start;
    }
}
