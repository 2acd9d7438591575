// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What goes back on one connection. The connection's thread gathers replies in one buffer and sends them together; those of
 * requests that were handed over come from one other thread.
 */
final class Replies {
    private final NbdStream stream;
    private final boolean structured;
    private final Patience patience;
    private final Object writing = new Object();
    /** Replies of the connection's own thread that are not sent yet. */
    private final ByteBuffer gathered;

    private final ByteBuffer[] one = new ByteBuffer[1];

    /** Something sent in several pieces. */
    @FunctionalInterface
    interface Sending {
        void run() throws IOException;
    }

    Replies(NbdStream stream, boolean structured, Patience patience, ByteBuffer gathered) {
        this.stream = stream;
        this.structured = structured;
        this.patience = patience;
        this.gathered = gathered;
    }

    boolean structured() {
        return structured;
    }

    /** How long a reply without data is at most, and the head of one with data. */
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
            try {
                send(gathered);
            } finally {
                gathered.clear();
            }
        }
    }

    /** Sends pieces that nothing may come between. */
    void alone(Sending sending) throws IOException {
        synchronized (writing) {
            sending.run();
        }
    }

    /** Sends one piece. */
    void send(ByteBuffer reply) throws IOException {
        synchronized (writing) {
            one[0] = reply;
            int end = reply.limit();
            while (reply.position() < end) {
                int before = reply.position();
                reply.limit(Math.min(end, before + Patience.STEP_BYTES));
                patience.begin();
                try {
                    stream.write(one, 1);
                } finally {
                    patience.end(reply.position() - before);
                    reply.limit(end);
                }
            }
            patience.next();
        }
    }

    /** Sends a reply that lies in several parts. */
    void send(Payload reply) throws IOException {
        synchronized (writing) {
            for (int i = 0; i < reply.parts(); i++) {
                send(reply.part(i));
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
