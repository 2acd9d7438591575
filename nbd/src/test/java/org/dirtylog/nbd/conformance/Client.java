// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Bytes to and from a server, with a limit of time. What stands above it, {@link Negotiation} and {@link Transfer}, was written
 * from the text of the protocol alone and shares nothing with the server.
 */
final class Client implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 20_000;

    private final SocketChannel channel;
    private final Selector readable;

    Client(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        readable = Selector.open();
        channel.configureBlocking(false);
        channel.register(readable, SelectionKey.OP_READ);
    }

    void send(ByteBuffer bytes) throws IOException {
        long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                if (System.nanoTime() > end) {
                    throw new IOException("the server takes nothing");
                }
                Thread.onSpinWait();
            }
        }
    }

    ByteBuffer receive(int count) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(count);
        while (into.hasRemaining()) {
            int got = read(into, PATIENCE_MILLIS);
            if (got < 0) {
                throw new EOFException(
                        "the server has ended the connection, " + into.remaining() + " bytes are missing");
            }
            if (got == 0) {
                throw new IOException("the server sends nothing, " + into.remaining() + " bytes are missing");
            }
        }
        return into.flip();
    }

    private int read(ByteBuffer into, long millis) throws IOException {
        int got = channel.read(into);
        if (got == 0) {
            readable.select(millis);
            readable.selectedKeys().clear();
            got = channel.read(into);
        }
        return got;
    }

    /** Whether the server ends the connection, without another byte. */
    boolean isEnded() throws IOException {
        try {
            return read(ByteBuffer.allocate(1), PATIENCE_MILLIS) < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    /** Whether nothing comes for so long. */
    boolean isSilent(long millis) throws IOException {
        return read(ByteBuffer.allocate(1), millis) == 0;
    }

    /** Tells the server that no more comes. */
    void endOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        readable.close();
        channel.close();
    }
}
