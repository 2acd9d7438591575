// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.dirtylog.nbd.NbdExport;
import org.dirtylog.nbd.NbdLimits;
import org.dirtylog.nbd.NbdStream;
import org.dirtylog.nbd.ServedConnection;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Signal;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Pipe;
import org.dirtylog.sim.world.Scheduler;

/**
 * One NBD connection that all clients of a life share, each with requests of its own under way. It speaks the protocol by itself,
 * by the numbers of {@code doc/proto.md}: what a server says that it should not is a failure.
 */
final class NbdDoor implements Door {
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int LEAVE = 2;
    private static final int FLUSH = 3;
    private static final int TRIM = 4;
    private static final int WRITE_ZEROES = 6;
    private static final int FUA = 1;
    private static final int NO_HOLE = 2;
    private static final int PAYLOAD_LENGTH = 32;
    private static final int CHUNK_DONE = 1;
    private static final int CHUNK_DATA = 1;
    private static final int CHUNK_ERROR = 1 << 15 | 1;
    private static final int OPTION_GO = 7;
    private static final int ACK = 1;

    /** What the client asks the server to talk like; the ordinal is the number of things it has to ask for. */
    private enum Headers {
        SIMPLE(28, 0x25609513, 0x67446698),
        STRUCTURED(28, 0x25609513, 0x668e33ef),
        EXTENDED(32, 0x21e41c71, 0x6e8a278c);

        final int requestBytes;
        final int request;
        final int reply;

        Headers(int requestBytes, int request, int reply) {
            this.requestBytes = requestBytes;
            this.request = request;
            this.reply = reply;
        }
    }

    /** A request that is not answered. */
    private static final class Asked {
        final long position;
        final ByteBuffer into;
        int error;
        boolean answered;

        Asked(long position, ByteBuffer into) {
            this.position = position;
            this.into = into;
        }
    }

    private final Scheduler scheduler;
    private final Dice dice;
    private final Headers headers;
    private final Pipe toServer;
    private final Pipe toClient;
    private final ServedConnection served;
    private final Signal answers;
    private final Map<Long, Asked> pending = new HashMap<>();
    private long cookies;
    private boolean over;

    NbdDoor(World world, Scheduler scheduler, BlockDevice device) {
        this.scheduler = scheduler;
        this.dice = world.dice;
        this.headers = Headers.values()[dice.below(3)];
        this.toServer = new Pipe(scheduler, "requests");
        this.toClient = new Pipe(scheduler, "replies");
        this.answers = scheduler.signal("answers");
        this.served = new ServedConnection(
                new ServerSide(),
                NbdExport.of("m", device),
                scheduler,
                NbdLimits.STANDARD.withRequests(dice.pick(1, 2, 16), dice.pick(1, 3, 16)),
                scheduler::start,
                world::buffer);
    }

    /** The end of the stream that the server has. */
    private final class ServerSide implements NbdStream {
        @Override
        public int read(ByteBuffer into) {
            return toServer.take(into);
        }

        @Override
        public void write(ByteBuffer[] from, int count) {
            for (int i = 0; i < count; i++) {
                toClient.put(from[i]);
            }
        }

        @Override
        public void endInput() {
            toServer.close();
        }

        @Override
        public void close() {
            toServer.close();
            toClient.close();
        }
    }

    // ---- the beginning and the end ----------------------------------------------------------------------------------

    void open() {
        scheduler.start("nbd-connection", served::run);
        ByteBuffer said = ByteBuffer.allocate(64).putInt(3);
        if (headers != Headers.SIMPLE) {
            option(said, headers == Headers.STRUCTURED ? 8 : 11).putInt(0);
        }
        option(said, OPTION_GO).putInt(7).putInt(1).put((byte) 'm').putShort((short) 0);
        toServer.put(said.flip());
        scheduler.start("nbd client", this::receive);
    }

    private static ByteBuffer option(ByteBuffer into, int number) {
        return into.putLong(0x49484156454F5054L).putInt(number);
    }

    /** No more requests come. */
    void leave() {
        ask(LEAVE, 0, 0, 0, new Asked(0, null), null);
    }

    /** The server is to be stopped: it refuses what comes from now on. */
    void refuse() {
        served.refuse();
    }

    /** Whether the server has no part in it any more. */
    boolean isOver() {
        return served.isEnded() && over;
    }

    // ---- requests ---------------------------------------------------------------------------------------------------

    @Override
    public void read(long position, ByteBuffer into, BlockDevice.Successor successor) throws IOException {
        call(READ, 0, position, into.remaining(), into, null);
    }

    @Override
    public void write(long position, ByteBuffer from, boolean durable, BlockDevice.Successor successor)
            throws IOException {
        call(WRITE, durable ? FUA : 0, position, from.remaining(), null, from);
    }

    @Override
    public void zero(
            long position, long bytes, BlockDevice.Zeroing way, boolean durable, BlockDevice.Successor successor)
            throws IOException {
        int flags = durable ? FUA : 0;
        if (way == BlockDevice.Zeroing.KEEP_ALLOCATED) {
            call(WRITE_ZEROES, flags | NO_HOLE, position, bytes, null, null);
        } else {
            // A trim has an effect where the device punches holes, which ours says it does.
            call(dice.oneIn(2) ? TRIM : WRITE_ZEROES, flags, position, bytes, null, null);
        }
    }

    @Override
    public void flush() throws IOException {
        call(FLUSH, 0, 0, 0, null, null);
    }

    @Override
    public boolean isFuaThere() {
        return true;
    }

    private void call(int command, int flags, long position, long length, ByteBuffer into, ByteBuffer payload)
            throws IOException {
        Asked asked = new Asked(position, into);
        ask(command, flags, position, length, asked, payload);
        answers.await(() -> asked.answered || over);
        if (!asked.answered) {
            throw new IOException("the connection has ended: " + served.failure());
        }
        if (asked.error != 0) {
            throw new IOException("NBD error " + asked.error);
        }
    }

    private void ask(int command, int flags, long position, long length, Asked asked, ByteBuffer payload) {
        long cookie = ++cookies;
        if (command != LEAVE) {
            pending.put(cookie, asked);
        }
        int bytes = payload == null ? 0 : payload.remaining();
        ByteBuffer request = ByteBuffer.allocate(headers.requestBytes + bytes).putInt(headers.request);
        int length64 = headers == Headers.EXTENDED && payload != null ? PAYLOAD_LENGTH : 0;
        request.putShort((short) (flags | length64)).putShort((short) command);
        request.putLong(cookie).putLong(position);
        if (headers == Headers.EXTENDED) {
            request.putLong(length);
        } else {
            request.putInt((int) length);
        }
        if (payload != null) {
            request.put(payload);
        }
        toServer.put(request.flip());
    }

    // ---- replies ----------------------------------------------------------------------------------------------------

    private void receive() {
        if (agree()) {
            boolean more = true;
            while (more) {
                more = headers == Headers.SIMPLE ? simple() : chunk();
            }
        }
        over = true;
        answers.raise();
    }

    private boolean agree() {
        ByteBuffer hello = need(18);
        int acknowledged = 0;
        while (hello != null && acknowledged < (headers == Headers.SIMPLE ? 1 : 2)) {
            ByteBuffer reply = need(20);
            if (reply == null) {
                return false;
            }
            int type = reply.getInt(12);
            if (type < 0) {
                scheduler.fail("NBD: option " + reply.getInt(8) + " is answered with " + Integer.toHexString(type));
            }
            acknowledged += type == ACK ? 1 : 0;
            need(reply.getInt(16));
        }
        return hello != null;
    }

    private boolean simple() {
        ByteBuffer reply = need(16);
        if (reply == null) {
            return false;
        }
        expect(reply.getInt(0) == headers.reply, "a reply begins with " + Integer.toHexString(reply.getInt(0)));
        Asked asked = pending.remove(reply.getLong(8));
        expect(asked != null, "an answer to a request that was answered before, or never asked");
        asked.error = reply.getInt(4);
        return (asked.error != 0 || asked.into == null || data(asked, asked.position, asked.into.remaining()))
                && answered(asked);
    }

    private boolean chunk() {
        ByteBuffer reply = need(headers == Headers.EXTENDED ? 32 : 20);
        if (reply == null) {
            return false;
        }
        expect(reply.getInt(0) == headers.reply, "a chunk begins with " + Integer.toHexString(reply.getInt(0)));
        int type = Short.toUnsignedInt(reply.getShort(6));
        long cookie = reply.getLong(8);
        int length = headers == Headers.EXTENDED ? (int) reply.getLong(24) : reply.getInt(16);
        Asked asked = pending.get(cookie);
        expect(asked != null, "an answer to a request that was answered before, or never asked");
        boolean whole = true;
        if (type == CHUNK_DATA) {
            expect(asked.into != null, "data for a request that asked for none");
            ByteBuffer at = need(8);
            whole = at != null && data(asked, at.getLong(0), length - 8);
        } else if (type == CHUNK_ERROR) {
            ByteBuffer error = need(length);
            whole = error != null;
            asked.error = whole ? error.getInt(0) : 0;
        } else {
            expect(type == 0 && length == 0, "a chunk of type " + type + " with " + length + " bytes");
        }
        if (whole && (reply.getShort(4) & CHUNK_DONE) != 0) {
            pending.remove(cookie);
            return answered(asked);
        }
        return whole;
    }

    private boolean answered(Asked asked) {
        expect(
                asked.error != 0 || asked.into == null || !asked.into.hasRemaining(),
                "a read of which not all bytes came");
        asked.answered = true;
        answers.raise();
        return true;
    }

    private boolean data(Asked asked, long position, int bytes) {
        expect(
                position == asked.position + asked.into.position() && bytes <= asked.into.remaining(),
                bytes + " bytes at " + position + " were not asked for");
        ByteBuffer came = need(bytes);
        if (came != null) {
            asked.into.put(came);
        }
        return came != null;
    }

    private void expect(boolean holds, String otherwise) {
        if (!holds) {
            scheduler.fail("NBD: " + otherwise);
        }
    }

    /** So many bytes, or {@code null} if the server has gone before. */
    private ByteBuffer need(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (toClient.take(bytes) < 0) {
                return null;
            }
        }
        return bytes.flip();
    }
}
