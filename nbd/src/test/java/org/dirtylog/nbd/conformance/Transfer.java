// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The transmission, from the client's side: {@code doc/proto.md}, "Transmission" and "Transmission phase". */
final class Transfer implements AutoCloseable {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int DISC = 2;
    static final int FLUSH = 3;
    static final int TRIM = 4;
    static final int CACHE = 5;
    static final int WRITE_ZEROES = 6;
    static final int BLOCK_STATUS = 7;

    static final int FUA = 1;
    static final int NO_HOLE = 2;
    static final int DF = 4;
    static final int REQ_ONE = 8;
    static final int FAST_ZERO = 16;
    static final int PAYLOAD = 32;

    static final int HAS_FLAGS = 1;
    static final int READ_ONLY = 1 << 1;
    static final int SEND_FLUSH = 1 << 2;
    static final int SEND_FUA = 1 << 3;
    static final int SEND_TRIM = 1 << 5;
    static final int SEND_WRITE_ZEROES = 1 << 6;
    static final int SEND_DF = 1 << 7;
    static final int CAN_MULTI_CONN = 1 << 8;
    static final int SEND_CACHE = 1 << 10;
    static final int SEND_FAST_ZERO = 1 << 11;
    static final int BLOCK_STAT_PAYLOAD = 1 << 12;

    static final int DONE = 1;
    static final int NONE = 0;
    static final int DATA = 1;
    static final int HOLE = 2;
    static final int STATUS = 5;
    static final int STATUS_EXT = 6;
    static final int ERROR = (1 << 15) + 1;
    static final int ERROR_OFFSET = (1 << 15) + 2;

    static final int EPERM = 1;
    static final int EIO = 5;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int ENOTSUP = 95;
    static final int ESHUTDOWN = 108;

    private static final int REQUEST = 0x25609513;
    private static final int EXTENDED_REQUEST = 0x21e41c71;
    private static final int SIMPLE_REPLY = 0x67446698;
    private static final int STRUCTURED_REPLY = 0x668e33ef;
    private static final int EXTENDED_REPLY = 0x6e8a278c;

    /** How messages begin. */
    enum Mode {
        SIMPLE,
        STRUCTURED,
        EXTENDED
    }

    final Client client;
    final Mode mode;
    final long size;
    final int flags;
    /** The ids of the contexts chosen, by name. */
    final Map<String, Integer> contexts;

    /** One message from the server; a simple reply has type -1 and no payload yet. */
    record Chunk(Mode mode, int flags, int type, long cookie, long offset, int error, byte[] payload) {
        boolean isLast() {
            return (flags & DONE) != 0;
        }

        ByteBuffer bytes() {
            return ByteBuffer.wrap(payload);
        }
    }

    private Transfer(Client client, Mode mode, long size, int flags, Map<String, Integer> contexts) {
        this.client = client;
        this.mode = mode;
        this.size = size;
        this.flags = flags;
        this.contexts = contexts;
    }

    /** Connects by GO. Throws {@link NotOffered} if the server does not speak so. */
    static Transfer begun(Path socket, String name, Mode mode, String... contexts) throws IOException {
        Negotiation negotiation = Negotiation.begun(socket);
        int option = mode == Mode.EXTENDED ? Negotiation.EXTENDED_HEADERS : Negotiation.STRUCTURED_REPLY;
        if (mode != Mode.SIMPLE && negotiation.result(option, new byte[0]) != Negotiation.ACK) {
            negotiation.close();
            throw new NotOffered(mode == Mode.EXTENDED ? "extended headers" : "structured replies");
        }
        return begun(negotiation, name, mode, contexts);
    }

    /** Chooses contexts, and goes on to the transmission. */
    static Transfer begun(Negotiation negotiation, String name, Mode mode, String... contexts) throws IOException {
        Map<String, Integer> chosen = new LinkedHashMap<>();
        if (contexts.length > 0) {
            for (Negotiation.Answer answer :
                    negotiation.ask(Negotiation.SET_META_CONTEXT, Negotiation.queries(name, contexts))) {
                if (answer.type() == Negotiation.CONTEXT) {
                    chosen.put(answer.text(4), answer.number(0));
                }
            }
        }
        ByteBuffer export = null;
        List<Negotiation.Answer> answers = negotiation.ask(Negotiation.GO, Negotiation.info(name));
        for (Negotiation.Answer answer : answers) {
            if (answer.type() == Negotiation.DETAIL && answer.info() == Negotiation.OF_EXPORT) {
                export = ByteBuffer.wrap(answer.data());
            }
        }
        if (export == null || answers.get(answers.size() - 1).type() != Negotiation.ACK) {
            throw new IOException("GO was refused");
        }
        return new Transfer(
                negotiation.client, mode, export.getLong(2), Short.toUnsignedInt(export.getShort(10)), chosen);
    }

    boolean offers(int flag) {
        return (flags & flag) != 0;
    }

    /** The header of a request. */
    ByteBuffer header(int flags, int type, long cookie, long offset, long length) {
        boolean extended = mode == Mode.EXTENDED;
        ByteBuffer header = ByteBuffer.allocate(extended ? 32 : 28);
        header.putInt(extended ? EXTENDED_REQUEST : REQUEST)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset);
        return (extended ? header.putLong(length) : header.putInt((int) length)).flip();
    }

    void ask(int flags, int type, long cookie, long offset, long length) throws IOException {
        client.send(header(flags, type, cookie, offset, length));
    }

    /** Sends a request with a payload, whose length is in its header. */
    void ask(int flags, int type, long cookie, long offset, byte[] payload) throws IOException {
        int all = mode == Mode.EXTENDED ? flags | PAYLOAD : flags;
        client.send(header(all, type, cookie, offset, payload.length));
        client.send(ByteBuffer.wrap(payload));
    }

    /** Takes one message, but not the data behind a simple reply. */
    Chunk chunk() throws IOException {
        int magic = client.receive(4).getInt();
        if (magic == SIMPLE_REPLY) {
            ByteBuffer rest = client.receive(12);
            int error = rest.getInt();
            return new Chunk(Mode.SIMPLE, DONE, -1, rest.getLong(), -1, error, new byte[0]);
        }
        if (magic != STRUCTURED_REPLY && magic != EXTENDED_REPLY) {
            throw new IOException("a reply begins with " + Integer.toHexString(magic));
        }
        boolean extended = magic == EXTENDED_REPLY;
        ByteBuffer rest = client.receive(extended ? 28 : 16);
        int chunkFlags = Short.toUnsignedInt(rest.getShort());
        int type = Short.toUnsignedInt(rest.getShort());
        long cookie = rest.getLong();
        long offset = extended ? rest.getLong() : -1;
        long length = extended ? rest.getLong() : Integer.toUnsignedLong(rest.getInt());
        if (length > 40 << 20) {
            throw new IOException("a chunk of " + length + " bytes");
        }
        byte[] payload = client.receive((int) length).array();
        int error = type >= ERROR ? ByteBuffer.wrap(payload).getInt() : 0;
        return new Chunk(extended ? Mode.EXTENDED : Mode.STRUCTURED, chunkFlags, type, cookie, offset, error, payload);
    }

    /** Takes all messages of one reply. */
    List<Chunk> reply() throws IOException {
        List<Chunk> all = new ArrayList<>();
        do {
            all.add(chunk());
        } while (!all.get(all.size() - 1).isLast());
        return all;
    }

    /** Takes a reply without data; answers its error. */
    int error() throws IOException {
        int error = 0;
        for (Chunk chunk : reply()) {
            error = chunk.error != 0 ? chunk.error : error;
        }
        return error;
    }

    /** Asks, and answers the error. */
    int result(int flags, int type, long offset, long length) throws IOException {
        ask(flags, type, 0, offset, length);
        return error();
    }

    int write(int flags, long offset, byte[] payload) throws IOException {
        ask(flags, WRITE, 0, offset, payload);
        return error();
    }

    /** Reads, and puts chunks together. */
    byte[] read(long offset, int length) throws IOException {
        ask(0, READ, 0, offset, length);
        return data(offset, length);
    }

    /** Takes the reply to a read that must succeed. */
    byte[] data(long offset, int length) throws IOException {
        ByteBuffer data = ByteBuffer.allocate(length);
        for (Chunk chunk : reply()) {
            if (chunk.error != 0) {
                throw new IOException("a read has failed: error " + chunk.error);
            }
            if (chunk.mode == Mode.SIMPLE) {
                data.put(client.receive(length));
            } else if (chunk.type == DATA) {
                ByteBuffer bytes = chunk.bytes();
                data.position((int) (bytes.getLong() - offset)).put(bytes);
            }
        }
        return data.array();
    }

    /** Whether the next request is understood as it is meant. */
    boolean isInStep() throws IOException {
        ask(0, READ, 0x57E9, 0, 512);
        long cookie = 0;
        for (Chunk chunk : reply()) {
            cookie = chunk.cookie;
            if (chunk.mode == Mode.SIMPLE && chunk.error == 0) {
                client.receive(512);
            }
        }
        return cookie == 0x57E9;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
