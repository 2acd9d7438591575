// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The handshake, from the client's side: {@code doc/proto.md}, "Fixed newstyle negotiation" and "Option types". */
final class Negotiation implements AutoCloseable {
    static final int FIXED_NEWSTYLE = 1;
    static final int NO_ZEROES = 2;

    static final int EXPORT_NAME = 1;
    static final int ABORT = 2;
    static final int LIST = 3;
    static final int STARTTLS = 5;
    static final int INFO = 6;
    static final int GO = 7;
    static final int STRUCTURED_REPLY = 8;
    static final int LIST_META_CONTEXT = 9;
    static final int SET_META_CONTEXT = 10;
    static final int EXTENDED_HEADERS = 11;

    static final int ACK = 1;
    static final int SERVER = 2;
    static final int DETAIL = 3;
    static final int CONTEXT = 4;
    static final int ERROR = 1 << 31;
    static final int UNSUP = ERROR + 1;
    static final int POLICY = ERROR + 2;
    static final int INVALID = ERROR + 3;
    static final int TLS_REQD = ERROR + 5;
    static final int UNKNOWN = ERROR + 6;
    static final int BLOCK_SIZE_REQD = ERROR + 8;
    static final int TOO_BIG = ERROR + 9;
    static final int EXT_HEADER_REQD = ERROR + 10;

    static final int OF_EXPORT = 0;
    static final int OF_NAME = 1;
    static final int OF_DESCRIPTION = 2;
    static final int OF_BLOCK_SIZE = 3;

    private static final long NBDMAGIC = 0x4e42444d41474943L;
    private static final long IHAVEOPT = 0x49484156454F5054L;
    private static final long REPLY_MAGIC = 0x3e889045565a9L;

    final Client client;
    final int serverFlags;

    /** One answer to an option. */
    record Answer(int option, int type, byte[] data) {
        boolean isLast() {
            return type == ACK || type < 0;
        }

        int number(int at) {
            return ByteBuffer.wrap(data).getInt(at);
        }

        int info() {
            return ByteBuffer.wrap(data).getShort(0);
        }

        /** The text that begins at a byte; fails if it is none. */
        String text(int at) throws CharacterCodingException {
            ByteBuffer bytes = ByteBuffer.wrap(data, at, data.length - at);
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        }
    }

    /** Connects, and takes the server's greeting. */
    Negotiation(Path socket) throws IOException {
        client = new Client(socket);
        ByteBuffer greeting = client.receive(18);
        if (greeting.getLong() != NBDMAGIC || greeting.getLong() != IHAVEOPT) {
            throw new IOException("this is no newstyle greeting");
        }
        serverFlags = greeting.getShort();
    }

    /** Connects, and answers the greeting with both flags. */
    static Negotiation begun(Path socket) throws IOException {
        Negotiation begun = new Negotiation(socket);
        begun.flags(FIXED_NEWSTYLE | NO_ZEROES);
        return begun;
    }

    void flags(int flags) throws IOException {
        client.send(ByteBuffer.allocate(4).putInt(flags).flip());
    }

    void send(int option, byte[] data) throws IOException {
        send(option, data.length, data);
    }

    /** Sends an option that may lie about its length. */
    void send(int option, int length, byte[] data) throws IOException {
        ByteBuffer sent = ByteBuffer.allocate(16 + data.length);
        client.send(
                sent.putLong(IHAVEOPT).putInt(option).putInt(length).put(data).flip());
    }

    Answer answer() throws IOException {
        ByteBuffer head = client.receive(20);
        long magic = head.getLong();
        if (magic != REPLY_MAGIC) {
            throw new IOException("an answer begins with " + Long.toHexString(magic));
        }
        int option = head.getInt();
        int type = head.getInt();
        return new Answer(option, type, client.receive(head.getInt()).array());
    }

    /** Sends an option and takes its answers up to the last, an acknowledgement or an error. */
    List<Answer> ask(int option, byte[] data) throws IOException {
        send(option, data);
        return answers();
    }

    List<Answer> answers() throws IOException {
        List<Answer> all = new ArrayList<>();
        do {
            all.add(answer());
        } while (!all.get(all.size() - 1).isLast());
        return all;
    }

    /** The type of the last answer. */
    int result(int option, byte[] data) throws IOException {
        List<Answer> all = ask(option, data);
        return all.get(all.size() - 1).type;
    }

    /** The data of INFO and GO. */
    static byte[] info(String name, int... wanted) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + bytes.length + 2 * wanted.length);
        data.putInt(bytes.length).put(bytes).putShort((short) wanted.length);
        for (int one : wanted) {
            data.putShort((short) one);
        }
        return data.array();
    }

    /** The data of the options for contexts. */
    static byte[] queries(String name, String... queries) {
        ByteBuffer data = ByteBuffer.allocate(65536);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        data.putInt(bytes.length).put(bytes).putInt(queries.length);
        for (String query : queries) {
            byte[] text = query.getBytes(StandardCharsets.UTF_8);
            data.putInt(text.length).put(text);
        }
        byte[] exact = new byte[data.position()];
        data.flip().get(exact);
        return exact;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
