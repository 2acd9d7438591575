// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongToIntFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Speaks the protocol byte by byte, so that tests can also speak it wrongly. */
final class WireClient implements AutoCloseable {
    private ByteChannel channel;

    /** An answer to an option. */
    record OptionReply(int option, int type, ByteBuffer data) {}

    /** A reply: simple ones have type -1. */
    record Reply(int flags, int type, long cookie, int error, ByteBuffer data) {}

    WireClient(Path socket) throws IOException {
        this(UnixDomainSocketAddress.of(socket));
    }

    WireClient(SocketAddress server) throws IOException {
        channel = SocketChannel.open(server);
    }

    /** Connects and takes the greeting. */
    static WireClient greeted(Path socket, int flags) throws IOException {
        return greeted(UnixDomainSocketAddress.of(socket), flags);
    }

    static WireClient greeted(SocketAddress server, int flags) throws IOException {
        WireClient client = new WireClient(server);
        ByteBuffer hello = client.receive(18);
        if (hello.getLong() != Wire.INIT_MAGIC || hello.getLong() != Wire.OPTION_MAGIC) {
            throw new IOException("no newstyle greeting");
        }
        client.send(ByteBuffer.allocate(4).putInt(flags).flip());
        return client;
    }

    /** Connects to an export by GO. */
    static WireClient connected(Path socket, String export, boolean structured) throws IOException {
        WireClient client = greeted(socket, 3);
        if (structured) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
        }
        client.go(export);
        return client;
    }

    /** Asks for TLS and begins it, over TCP; the way the JDK does it, not the server's. */
    SSLSocket startTls(SSLContext context, String... versions) throws IOException {
        option(Wire.OPT_STARTTLS, new byte[0]);
        expectAck();
        return beginTls(context, versions);
    }

    SSLSocket beginTls(SSLContext context, String... versions) throws IOException {
        Socket bare = ((SocketChannel) channel).socket();
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(bare, "localhost", bare.getPort(), true);
        if (versions.length > 0) {
            socket.setEnabledProtocols(versions);
        }
        socket.startHandshake();
        channel = new StreamChannel(socket, socket.getInputStream(), socket.getOutputStream());
        return socket;
    }

    /** A socket that is used as a channel. */
    private record StreamChannel(Socket socket, InputStream in, OutputStream out) implements ByteChannel {
        @Override
        public int read(ByteBuffer into) throws IOException {
            int count = in.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
            into.position(into.position() + Math.max(count, 0));
            return count;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            int count = from.remaining();
            out.write(from.array(), from.arrayOffset() + from.position(), count);
            from.position(from.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return !socket.isClosed();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    void go(String export) throws IOException {
        option(Wire.OPT_GO, info(export));
        OptionReply reply;
        do {
            reply = optionReply();
        } while (reply.type == Wire.REP_INFO);
        if (reply.type != Wire.REP_ACK) {
            throw new IOException("GO was answered with " + Integer.toHexString(reply.type));
        }
    }

    static byte[] info(String export, int... wanted) {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + name.length + 2 * wanted.length);
        data.putInt(name.length).put(name).putShort((short) wanted.length);
        for (int one : wanted) {
            data.putShort((short) one);
        }
        return data.array();
    }

    static byte[] queries(String export, String... queries) {
        ByteBuffer data = ByteBuffer.allocate(8192);
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        data.putInt(name.length).put(name).putInt(queries.length);
        for (String query : queries) {
            byte[] bytes = query.getBytes(StandardCharsets.UTF_8);
            data.putInt(bytes.length).put(bytes);
        }
        byte[] exact = new byte[data.position()];
        data.flip().get(exact);
        return exact;
    }

    void option(int option, byte[] data) throws IOException {
        ByteBuffer sent = ByteBuffer.allocate(16 + data.length);
        send(sent.putLong(Wire.OPTION_MAGIC)
                .putInt(option)
                .putInt(data.length)
                .put(data)
                .flip());
    }

    OptionReply optionReply() throws IOException {
        ByteBuffer head = receive(20);
        if (head.getLong() != Wire.OPTION_REPLY_MAGIC) {
            throw new IOException("no option reply");
        }
        int option = head.getInt();
        int type = head.getInt();
        return new OptionReply(option, type, receive(head.getInt()));
    }

    void expectAck() throws IOException {
        OptionReply reply = optionReply();
        if (reply.type != Wire.REP_ACK) {
            throw new IOException("answered with " + Integer.toHexString(reply.type));
        }
    }

    static ByteBuffer request(int flags, int type, long cookie, long position, long length) {
        ByteBuffer request = ByteBuffer.allocate(Headers.SIMPLE.requestBytes);
        request.putInt(Wire.REQUEST_MAGIC).putShort((short) flags).putShort((short) type);
        return request.putLong(cookie).putLong(position).putInt((int) length).flip();
    }

    void ask(int flags, int type, long cookie, long position, long length) throws IOException {
        send(request(flags, type, cookie, position, length));
    }

    void write(int flags, long cookie, long position, byte[] payload) throws IOException {
        ByteBuffer sent = ByteBuffer.allocate(Headers.SIMPLE.requestBytes + payload.length);
        send(sent.put(request(flags, Wire.CMD_WRITE, cookie, position, payload.length))
                .put(payload)
                .flip());
    }

    Reply simple(int dataBytes) throws IOException {
        return simpleOf(cookie -> dataBytes);
    }

    /** A reply to one of several requests; the cookie tells how much data belongs to it. */
    Reply simpleOf(LongToIntFunction dataBytes) throws IOException {
        ByteBuffer head = receive(Headers.SIMPLE.replyBytes);
        if (head.getInt() != Wire.SIMPLE_REPLY_MAGIC) {
            throw new IOException("no simple reply");
        }
        int error = head.getInt();
        long cookie = head.getLong();
        return new Reply(Wire.CHUNK_DONE, -1, cookie, error, receive(error == 0 ? dataBytes.applyAsInt(cookie) : 0));
    }

    Reply chunk() throws IOException {
        ByteBuffer head = receive(Headers.STRUCTURED.replyBytes);
        if (head.getInt() != Wire.STRUCTURED_REPLY_MAGIC) {
            throw new IOException("no chunk");
        }
        int flags = Short.toUnsignedInt(head.getShort());
        int type = Short.toUnsignedInt(head.getShort());
        long cookie = head.getLong();
        ByteBuffer data = receive(head.getInt());
        return new Reply(flags, type, cookie, type == Wire.CHUNK_ERROR ? data.getInt(0) : 0, data);
    }

    void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The same request many times, in one piece. */
    static ByteBuffer many(int count, int flags, int type, int length, int payload) {
        ByteBuffer all = ByteBuffer.allocate(count * (Headers.SIMPLE.requestBytes + payload));
        for (int i = 0; i < count; i++) {
            all.put(request(flags, type, i, 0, length)).put(new byte[payload]);
        }
        return all.flip();
    }

    ByteBuffer receive(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("the server has closed the connection");
            }
        }
        return bytes.flip();
    }

    /** Whether the server ends the connection without another byte. */
    boolean isClosed() {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
