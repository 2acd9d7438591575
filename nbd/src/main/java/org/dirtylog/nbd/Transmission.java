// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import org.dirtylog.seams.Tasks;

/**
 * The requests of one connection. One receive brings in all that are queued; what is quick is done on this thread, with the
 * payload where it lies; what would wait is handed over, if others wait behind it; replies leave together once no complete
 * request is left in the buffer.
 */
final class Transmission {
    private static final int IN_BYTES = 256 * 1024;
    /** From here on others write while the next request comes in, if the device says that it takes its time. */
    private static final int LARGE_BYTES = 128 * 1024;
    /** Larger payloads are read into a buffer of their own. */
    private static final int KEPT_BYTES = 4 << 20;

    private final NbdStream stream;
    private final Tasks tasks;
    private final NbdLimits limits;
    private final Replies replies;
    private final Commands commands;
    private final Semaphore room;
    private final Budget budget;
    private final Payloads payloads = new Payloads();
    private final Request request = new Request();
    private final ByteBuffer in = ByteBuffer.allocateDirect(IN_BYTES);
    private ByteBuffer large = ByteBuffer.allocateDirect(0);
    /** Whether the client was seen to send requests before earlier ones were answered. */
    private boolean pipelined;

    /** Bytes of payload that are in flight outside of the connections' own buffers, on the whole server. */
    static final class Budget {
        private final Semaphore kilobytes;

        Budget(long bytes) {
            kilobytes = new Semaphore((int) Math.min(Integer.MAX_VALUE, bytes >> 10));
        }

        static int kilobytes(long bytes) {
            return (int) ((bytes + 1023) >> 10);
        }
    }

    Transmission(NbdStream stream, Handshake.Agreed agreed, Tasks tasks, NbdLimits limits, Budget budget) {
        this.stream = stream;
        this.tasks = tasks;
        this.limits = limits;
        this.budget = budget;
        this.replies = new Replies(stream, agreed.structured());
        this.commands = new Commands(agreed.export(), agreed.contexts(), replies);
        this.room = new Semaphore(limits.requestsInFlight());
        in.limit(0);
    }

    /** Serves until the client leaves; all replies are out when it returns. */
    void run() throws IOException {
        try {
            while (next()) {
                if (!commandsGoOn()) {
                    break;
                }
            }
        } finally {
            room.acquireUninterruptibly(limits.requestsInFlight());
        }
        replies.flush();
    }

    /** Brings a header into the buffer; answers {@code false} at the end. */
    private boolean next() throws IOException {
        while (in.remaining() < Wire.REQUEST_BYTES) {
            replies.flush();
            in.compact();
            int before = in.position();
            int count = stream.read(in);
            in.flip();
            if (count < 0) {
                if (before > 0) {
                    throw new EOFException("the client left in the middle of a request");
                }
                return false;
            }
        }
        if (!request.take(in)) {
            throw new IOException("a request does not begin with the magic");
        }
        return true;
    }

    private boolean commandsGoOn() throws IOException {
        if (request.type == Wire.CMD_DISC) {
            return false;
        }
        pipelined |= in.remaining() > (request.type == Wire.CMD_WRITE ? request.length : 0);
        int refusal = commands.refusal(request);
        if (request.type == Wire.CMD_WRITE) {
            write(refusal);
        } else if (refusal != 0) {
            done(refusal);
        } else if (request.type == Wire.CMD_BLOCK_STATUS) {
            replies.flush();
            replies.send(commands.blockStatus(request));
        } else if (pipelined && !commands.isQuick(request)) {
            handOver(null);
        } else if (request.type == Wire.CMD_READ) {
            read();
        } else {
            done(commands.change(request, null));
        }
        return true;
    }

    private void done(int error) throws IOException {
        replies.putDone(replies.gather(Replies.headBytes()), request.cookie, error);
    }

    // ---- writes -----------------------------------------------------------------------------------------------------

    private void write(int refusal) throws IOException {
        if (request.length > Wire.MAX_PAYLOAD_BYTES) {
            // What follows cannot be told from requests without reading all of it.
            throw new IOException("a payload of " + request.length + " bytes, at most " + Wire.MAX_PAYLOAD_BYTES);
        }
        int length = (int) request.length;
        boolean fits = length <= in.capacity() - Wire.REQUEST_BYTES;
        boolean handedOver = refusal == 0 && (pipelined || length >= LARGE_BYTES) && !commands.isQuick(request);
        boolean inPlace = fits && !handedOver;
        if (inPlace) {
            bringIn(length);
        }
        if (handedOver) {
            ByteBuffer copy = payloads.take(length);
            take(copy, inPlace);
            handOver(copy.flip());
            return;
        }
        if (inPlace) {
            int limit = in.limit();
            int end = in.position() + length;
            in.limit(end);
            int error = refusal == 0 ? commands.change(request, in) : refusal;
            in.limit(limit).position(end);
            done(error);
            return;
        }
        if (large.capacity() < length) {
            large = ByteBuffer.allocateDirect(length);
        }
        large.clear().limit(length);
        take(large, false);
        done(refusal == 0 ? commands.change(request, large.flip()) : refusal);
        if (large.capacity() > KEPT_BYTES) {
            large = ByteBuffer.allocateDirect(0);
        }
    }

    private void bringIn(int length) throws IOException {
        if (in.remaining() < length) {
            replies.flush();
        }
        while (in.remaining() < length) {
            in.compact();
            int count = stream.read(in);
            in.flip();
            if (count < 0) {
                throw new EOFException("the client left in the middle of a payload");
            }
        }
    }

    /** Fills a buffer with what is in the receive buffer, and with what comes after it. */
    private void take(ByteBuffer into, boolean allThere) throws IOException {
        int limit = in.limit();
        in.limit(in.position() + Math.min(in.remaining(), into.remaining()));
        into.put(in);
        in.limit(limit);
        if (!allThere) {
            replies.flush();
        }
        while (into.hasRemaining()) {
            if (stream.read(into) < 0) {
                throw new EOFException("the client left in the middle of a payload");
            }
        }
    }

    // ---- reads ------------------------------------------------------------------------------------------------------

    private void read() throws IOException {
        int length = (int) request.length;
        int whole = Replies.headBytes() + length;
        ByteBuffer out;
        boolean small = whole <= replies.gatheredCapacity();
        if (small) {
            out = replies.gather(whole);
        } else {
            replies.flush();
            if (large.capacity() < whole) {
                large = ByteBuffer.allocateDirect(whole);
            }
            out = large.clear();
        }
        answerRead(request, out, length);
        if (!small) {
            replies.send(out.flip());
            if (large.capacity() > KEPT_BYTES) {
                large = ByteBuffer.allocateDirect(0);
            }
        }
    }

    private void answerRead(Request asked, ByteBuffer out, int length) {
        int start = out.position();
        int limit = out.limit();
        replies.putReadHead(out, asked.cookie, asked.position, length);
        out.limit(out.position() + length);
        int error = commands.read(asked, out);
        out.limit(limit);
        if (error != 0) {
            out.position(start);
            replies.putDone(out, asked.cookie, error);
        }
    }

    // ---- handing over -----------------------------------------------------------------------------------------------

    /** Lets requests behind this one overtake it; with as many under way as the limits allow, it is waited for one. */
    private void handOver(ByteBuffer payload) throws IOException {
        Request asked = request.copy();
        long bytes = asked.type == Wire.CMD_READ || asked.type == Wire.CMD_WRITE ? asked.length : 0;
        if (!room.tryAcquire()) {
            replies.flush();
            room.acquireUninterruptibly();
        }
        int kilobytes = Budget.kilobytes(bytes);
        budget.kilobytes.acquireUninterruptibly(kilobytes);
        tasks.start("nbd", () -> {
            try {
                answer(asked, payload);
            } finally {
                if (payload != null) {
                    payloads.giveBack(payload);
                }
                budget.kilobytes.release(kilobytes);
                room.release();
            }
        });
    }

    private void answer(Request asked, ByteBuffer payload) {
        ByteBuffer out;
        if (asked.type == Wire.CMD_READ) {
            out = ByteBuffer.allocate(Replies.headBytes() + 8 + (int) asked.length);
            answerRead(asked, out, (int) asked.length);
        } else {
            out = ByteBuffer.allocate(Replies.headBytes() + 8);
            replies.putDone(out, asked.cookie, commands.change(asked, payload));
        }
        try {
            replies.send(out.flip());
        } catch (IOException gone) {
            stream.close();
        }
    }
}
