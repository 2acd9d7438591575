// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What goes back on one connection. The connection's thread gathers replies in one buffer and sends them together; those of
 * requests that were handed over come from other threads, one at a time.
 */
final class Replies {
    private final NbdStream stream;
    private final boolean structured;
    private final Object writing = new Object();
    /** Replies of the connection's own thread that are not sent yet. */
    private final ByteBuffer gathered = ByteBuffer.allocateDirect(512 * 1024);

    private final ByteBuffer[] one = new ByteBuffer[1];

    Replies(NbdStream stream, boolean structured) {
        this.stream = stream;
        this.structured = structured;
    }

    boolean structured() {
        return structured;
    }

    /** How long a reply without data is at most. */
    static int headBytes() {
        return Wire.CHUNK_BYTES + 8;
    }

    /** A place for a reply of so many bytes, by the connection's thread; it is sent by {@link #flush()} at the latest. */
    ByteBuffer gather(int bytes) throws IOException {
        if (gathered.remaining() < bytes) {
            flush();
        }
        return gathered;
    }

    int gatheredCapacity() {
        return gathered.capacity();
    }

    void flush() throws IOException {
        if (gathered.position() > 0) {
            gathered.flip();
            send(gathered);
            gathered.clear();
        }
    }

    /** Sends a reply of a thread of its own. */
    void send(ByteBuffer reply) throws IOException {
        synchronized (writing) {
            one[0] = reply;
            while (reply.hasRemaining()) {
                stream.write(one, 1);
            }
        }
    }

    /** The reply to a request that returns no data. */
    void putDone(ByteBuffer out, long cookie, int error) {
        if (!structured) {
            putSimple(out, cookie, error);
        } else if (error == 0) {
            putChunk(out, Wire.CHUNK_DONE, 0, cookie, 0);
        } else {
            putChunk(out, Wire.CHUNK_DONE, Wire.CHUNK_ERROR, cookie, 6);
            out.putInt(error).putShort((short) 0);
        }
    }

    void putSimple(ByteBuffer out, long cookie, int error) {
        out.putInt(Wire.SIMPLE_REPLY_MAGIC).putInt(error).putLong(cookie);
    }

    void putChunk(ByteBuffer out, int flags, int type, long cookie, int length) {
        out.putInt(Wire.STRUCTURED_REPLY_MAGIC).putShort((short) flags).putShort((short) type);
        out.putLong(cookie).putInt(length);
    }

    /** What stands before the data of a read. */
    void putReadHead(ByteBuffer out, long cookie, long position, int length) {
        if (structured) {
            putChunk(out, Wire.CHUNK_DONE, Wire.CHUNK_OFFSET_DATA, cookie, 8 + length);
            out.putLong(position);
        } else {
            putSimple(out, cookie, 0);
        }
    }
}
