// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One connection to an NBD server: fixed newstyle, one request at a time, simple replies. Numbers from the protocol's
 * description, not from our server.
 */
final class NbdClient implements AutoCloseable {
    private static final long SERVER_MAGIC = 0x4e42444d41474943L;
    private static final long OPTION_MAGIC = 0x49484156454F5054L;
    private static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int REPLY_MAGIC = 0x67446698;
    private static final int GO = 7;
    private static final int ACK = 1;
    private static final int INFO = 3;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 3;
    private static final int FUA = 1;

    private final SocketChannel channel;
    private long size;
    private long cookie;

    NbdClient(Path socket, String export) throws IOException {
        this.channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        try {
            negotiate(export);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void negotiate(String export) throws IOException {
        ByteBuffer hello = receive(18);
        if (hello.getLong() != SERVER_MAGIC || hello.getLong() != OPTION_MAGIC) {
            throw new IOException("not a newstyle server");
        }
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer go = ByteBuffer.allocate(26 + name.length);
        go.putInt(3).putLong(OPTION_MAGIC).putInt(GO).putInt(6 + name.length);
        go.putInt(name.length).put(name).putShort((short) 0);
        send(go.flip());
        while (true) {
            ByteBuffer head = receive(20);
            if (head.getLong() != OPTION_REPLY_MAGIC) {
                throw new IOException("not a reply to an option");
            }
            head.getInt();
            int kind = head.getInt();
            ByteBuffer body = receive(head.getInt());
            if (kind == ACK) {
                return;
            }
            if (kind != INFO) {
                throw new IOException("GO was answered with " + Integer.toHexString(kind));
            }
            if (body.getShort() == 0) {
                size = body.getLong();
            }
        }
    }

    long size() {
        return size;
    }

    ByteBuffer read(long position, int bytes) throws IOException {
        request(0, READ, position, bytes, null);
        return receive(bytes);
    }

    void write(long position, ByteBuffer content, boolean durable) throws IOException {
        request(durable ? FUA : 0, WRITE, position, content.remaining(), content);
    }

    void flush() throws IOException {
        request(0, FLUSH, 0, 0, null);
    }

    private void request(int flags, int command, long position, int bytes, ByteBuffer content) throws IOException {
        ByteBuffer request = ByteBuffer.allocate(28 + (content == null ? 0 : content.remaining()));
        request.putInt(REQUEST_MAGIC).putShort((short) flags).putShort((short) command);
        request.putLong(++cookie).putLong(position).putInt(bytes);
        if (content != null) {
            request.put(content.duplicate());
        }
        send(request.flip());
        ByteBuffer reply = receive(16);
        if (reply.getInt() != REPLY_MAGIC) {
            throw new IOException("not a simple reply");
        }
        int error = reply.getInt();
        if (reply.getLong() != cookie) {
            throw new IOException("the reply is to another request");
        }
        if (error != 0) {
            throw new RefusedException("the server answered with error " + error);
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private ByteBuffer receive(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the server has gone");
            }
        }
        return buffer.flip();
    }

    /** A request was answered with an error. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
