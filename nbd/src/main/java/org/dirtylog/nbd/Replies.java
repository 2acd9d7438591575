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
    private final Headers headers;
    private final Patience patience;
    private final Object writing = new Object();
    /** Replies of the connection's own thread that are not sent yet. */
    private ByteBuffer gathered;

    private final ByteBuffer[] one = new ByteBuffer[1];

    /** Something sent in several pieces. */
    @FunctionalInterface
    interface Sending {
        void run() throws IOException;
    }

    Replies(NbdStream stream, Headers headers, Patience patience, ByteBuffer gathered) {
        this.stream = stream;
        this.headers = headers;
        this.patience = patience;
        this.gathered = gathered;
    }

    Headers headers() {
        return headers;
    }

    /** How long a reply without data is at most, and the head of one with data. */
    static int headBytes() {
        return Headers.EXTENDED.replyBytes + 8;
    }

    /** A place for a reply of so many bytes, by the connection's thread; it is sent by {@link #flush()} at the latest. */
    ByteBuffer gather(int bytes) throws IOException {
        if (gathered.remaining() < bytes) {
            flush();
        }
        return gathered;
    }

    /** Where the next reply will begin. */
    int gatheredBytes() {
        return gathered.position();
    }

    /** Another thread of the connection goes on: with the replies so far, and in memory of its own. */
    void moveTo(ByteBuffer fresh, int bytes) {
        fresh.put(gathered.duplicate().limit(bytes).position(0));
        gathered = fresh;
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
    void putDone(ByteBuffer out, Request request, int error) {
        if (!headers.chunked()) {
            putSimple(out, request, error);
        } else if (error == 0) {
            putChunk(out, Wire.CHUNK_DONE, 0, request, 0);
        } else {
            putChunk(out, Wire.CHUNK_DONE, Wire.CHUNK_ERROR, request, 6);
            out.putInt(error).putShort((short) 0);
        }
    }

    private static void putSimple(ByteBuffer out, Request request, int error) {
        out.putInt(Wire.SIMPLE_REPLY_MAGIC).putInt(error).putLong(request.cookie);
    }

    void putChunk(ByteBuffer out, int flags, int type, Request request, int length) {
        boolean extended = headers == Headers.EXTENDED;
        out.putInt(extended ? Wire.EXTENDED_REPLY_MAGIC : Wire.STRUCTURED_REPLY_MAGIC);
        out.putShort((short) flags).putShort((short) type).putLong(request.cookie);
        if (extended) {
            out.putLong(request.position).putLong(length);
        } else {
            out.putInt(length);
        }
    }

    /** What stands before the data of a read; {@code whole} if nothing can go wrong any more, so that no other chunk comes. */
    void putReadHead(ByteBuffer out, Request request, boolean whole) {
        if (headers.chunked()) {
            putChunk(out, whole ? Wire.CHUNK_DONE : 0, Wire.CHUNK_OFFSET_DATA, request, 8 + (int) request.length);
            out.putLong(request.position);
        } else {
            putSimple(out, request, 0);
        }
    }
}
