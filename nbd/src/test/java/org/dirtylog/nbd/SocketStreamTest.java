// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SocketStreamTest {
    @TempDir
    Path folder;

    private SocketChannel client;
    private SocketStream stream;

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(address);
            client = SocketChannel.open(address);
            stream = new SocketStream(listener.accept());
        }
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        stream.close();
    }

    private CompletableFuture<Integer> reading() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return stream.read(ByteBuffer.allocate(100));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void whatComesSoonAndWhatComesLateIsRead() throws Exception {
        for (int i = 0; i < 200; i++) {
            CompletableFuture<Integer> read = reading();
            if (i % 50 == 49) {
                // Longer than anybody looks for it.
                Thread.sleep(5);
            }
            client.write(ByteBuffer.allocate(1 + i % 7));
            assertEquals(1 + i % 7, read.get());
        }
    }

    @Test
    void moreThanTheSocketHoldsIsWrittenAsTheClientTakesIt() throws Exception {
        int bytes = 8 << 20;
        CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
            try {
                stream.write(new ByteBuffer[] {ByteBuffer.allocate(bytes)}, 1);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        ByteBuffer into = ByteBuffer.allocate(bytes);
        while (into.hasRemaining()) {
            assertTrue(client.read(into) > 0);
        }
        written.get();
    }

    @Test
    void theEndOfInputEndsAReadThatWaits() throws Exception {
        CompletableFuture<Integer> read = reading();
        Thread.sleep(5);
        stream.endInput();
        assertEquals(-1, read.get());
        stream.write(new ByteBuffer[] {ByteBuffer.allocate(10)}, 1);
        assertEquals(10, client.read(ByteBuffer.allocate(100)));
    }

    @Test
    void closingEndsAReadThatWaits() throws Exception {
        CompletableFuture<Integer> read = reading();
        Thread.sleep(5);
        stream.close();
        ExecutionException ended = assertThrows(ExecutionException.class, read::get);
        assertTrue(ended.getCause().getCause() instanceof IOException, ended.toString());
    }

    @Test
    void aClientThatLeavesIsTheEnd() throws Exception {
        CompletableFuture<Integer> read = reading();
        client.close();
        assertEquals(-1, read.get());
    }
}
