// SPDX-License-Identifier: Apache-2.0
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A peer, not a product: what two copies over NBD cost in Java when nothing else is done. Reads the request, writes
 * both files on the same thread, replies. No log, no region table, no limits, no errors but a closed connection.
 */
final class BareLoop {

    private static final long OPTION_MAGIC = 0x49484156454F5054L;
    private static final long OPTION_REPLY_MAGIC = 0x3E889045565A9L;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    private static final int HAS_FLAGS_SEND_FLUSH_SEND_FUA = 1 | 4 | 8;
    private static final int REQUEST_BYTES = 28;
    private static final int LARGEST_PAYLOAD = 32 << 20;

    private final FileChannel first;
    private final FileChannel second;
    private final long sizeBytes;

    private BareLoop(Path first, Path second) throws IOException {
        this.first = FileChannel.open(first, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.second = FileChannel.open(second, StandardOpenOption.READ, StandardOpenOption.WRITE);
        sizeBytes = this.first.size();
    }

    public static void main(String[] arguments) throws IOException {
        Path socket = Path.of(arguments[0]);
        Files.deleteIfExists(socket);
        BareLoop loop = new BareLoop(Path.of(arguments[1]), Path.of(arguments[2]));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            while (true) {
                SocketChannel client = server.accept();
                Thread thread = new Thread(() -> loop.serve(client), "client");
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            ByteBuffer in = ByteBuffer.allocateDirect(LARGEST_PAYLOAD + (64 << 10)).limit(0);
            ByteBuffer out = ByteBuffer.allocateDirect(LARGEST_PAYLOAD + 16);
            if (handshake(client, in, out)) {
                transmit(client, in, out);
            }
        } catch (IOException gone) {
            // The client went away.
        }
    }

    private boolean handshake(SocketChannel client, ByteBuffer in, ByteBuffer out) throws IOException {
        out.clear().putLong(0x4E42444D41474943L).putLong(OPTION_MAGIC).putShort((short) 3);
        send(client, out);
        need(client, in, 4);
        in.getInt();
        while (true) {
            need(client, in, 16);
            in.getLong();
            int option = in.getInt();
            int length = in.getInt();
            need(client, in, length);
            in.position(in.position() + length);
            out.clear();
            switch (option) {
                case 1 -> {
                    send(client, out.putLong(sizeBytes).putShort((short) HAS_FLAGS_SEND_FLUSH_SEND_FUA));
                    return true;
                }
                case 2 -> {
                    send(client, optionReply(out, option, 1, 0));
                    return false;
                }
                case 6, 7 -> {
                    optionReply(out, option, 3, 12).putShort((short) 0).putLong(sizeBytes);
                    out.putShort((short) HAS_FLAGS_SEND_FLUSH_SEND_FUA);
                    optionReply(out, option, 3, 14).putShort((short) 3).putInt(1).putInt(4096).putInt(LARGEST_PAYLOAD);
                    send(client, optionReply(out, option, 1, 0));
                    if (option == 7) {
                        return true;
                    }
                }
                default -> send(client, optionReply(out, option, 0x80000001, 0));
            }
        }
    }

    private static ByteBuffer optionReply(ByteBuffer out, int option, int type, int length) {
        return out.putLong(OPTION_REPLY_MAGIC).putInt(option).putInt(type).putInt(length);
    }

    private void transmit(SocketChannel client, ByteBuffer in, ByteBuffer out) throws IOException {
        while (true) {
            need(client, in, REQUEST_BYTES);
            if (in.getInt() != REQUEST_MAGIC) {
                throw new IOException("not a request");
            }
            int flags = in.getShort();
            int type = in.getShort();
            long cookie = in.getLong();
            long offset = in.getLong();
            int length = in.getInt();
            out.clear().putInt(SIMPLE_REPLY_MAGIC).putInt(0).putLong(cookie);
            switch (type) {
                case 0 -> readFully(out.limit(16 + length), offset);
                case 1 -> {
                    need(client, in, length);
                    ByteBuffer payload = in.slice(in.position(), length);
                    in.position(in.position() + length);
                    writeFully(first, payload.duplicate(), offset);
                    writeFully(second, payload, offset);
                    if ((flags & 1) != 0) {
                        force();
                    }
                }
                case 3 -> force();
                default -> throw new EOFException();
            }
            send(client, out);
        }
    }

    private void force() throws IOException {
        first.force(false);
        second.force(false);
    }

    private void readFully(ByteBuffer out, long offset) throws IOException {
        long position = offset;
        while (out.hasRemaining()) {
            int count = first.read(out, position);
            if (count < 0) {
                throw new EOFException();
            }
            position += count;
        }
    }

    private static void writeFully(FileChannel leg, ByteBuffer payload, long offset) throws IOException {
        long position = offset;
        while (payload.hasRemaining()) {
            position += leg.write(payload, position);
        }
    }

    /** Receives until that many bytes are there, and whatever else has come with them. */
    private static void need(SocketChannel client, ByteBuffer in, int bytes) throws IOException {
        if (in.remaining() >= bytes) {
            return;
        }
        in.compact();
        while (in.position() < bytes) {
            if (client.read(in) < 0) {
                throw new EOFException();
            }
        }
        in.flip();
    }

    private static void send(SocketChannel client, ByteBuffer out) throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            client.write(out);
        }
    }
}
