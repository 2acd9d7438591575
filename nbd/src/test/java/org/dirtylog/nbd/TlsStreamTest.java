// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server's end of TLS with a stream between that does as it likes, and a client of the same kind. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsStreamTest {
    @TempDir
    Path folder;

    private SSLEngine clientEngine;
    private NbdStream clientUnder;
    private TlsStream client;
    private TlsStream server;
    /** How many writes of the server have come to an end. */
    private final AtomicInteger written = new AtomicInteger();

    /** Brings few bytes at a time, as networks do. */
    private record Trickle(NbdStream under, int most, AtomicInteger written) implements NbdStream {
        @Override
        public int read(ByteBuffer into) throws IOException {
            int limit = into.limit();
            into.limit(Math.min(limit, into.position() + most));
            try {
                return under.read(into);
            } finally {
                into.limit(limit);
            }
        }

        @Override
        public void write(ByteBuffer[] from, int count) throws IOException {
            under.write(from, count);
            written.incrementAndGet();
        }

        @Override
        public void offer(ByteBuffer from) throws IOException {
            under.offer(from);
        }

        @Override
        public void endInput() {
            under.endInput();
        }

        @Override
        public void close() {
            under.close();
        }
    }

    @BeforeEach
    void connect() throws Exception {
        Party authority = Party.authority("authority");
        TlsFiles files = authority.signs("server").pemFiles(folder, "server").load();
        clientEngine = Party.client(authority, null).createSSLEngine();
        clientEngine.setUseClientMode(true);
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        NbdStream serverUnder;
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(address);
            clientUnder = new SocketStream(SocketChannel.open(address));
            serverUnder = new Trickle(new SocketStream(listener.accept()), 7, written);
        }
        CompletableFuture<TlsStream> agreed = inBackground(
                () -> TlsStream.agreed(serverUnder, NbdTls.require(files).engine()));
        client = TlsStream.agreed(clientUnder, clientEngine);
        server = agreed.get();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private interface Work<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> inBackground(Work<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(work.run());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static void send(NbdStream stream, int from, int to) throws IOException {
        ByteBuffer numbers = ByteBuffer.allocate(4 * (to - from));
        for (int i = from; i < to; i++) {
            numbers.putInt(i);
        }
        stream.write(new ByteBuffer[] {numbers.flip()}, 1);
    }

    private static void expect(NbdStream stream, int from, int to, int pieces) throws IOException {
        ByteBuffer numbers = ByteBuffer.allocate(4 * (to - from));
        while (numbers.hasRemaining()) {
            numbers.limit(Math.min(numbers.capacity(), numbers.position() + pieces));
            assertEquals(true, stream.read(numbers) > 0);
            numbers.limit(numbers.capacity());
        }
        numbers.flip();
        for (int i = from; i < to; i++) {
            assertEquals(i, numbers.getInt());
        }
    }

    @Test
    void what_trickles_in_and_is_taken_in_pieces_is_whole() throws Exception {
        for (int pieces : new int[] {1, 100, 16_383, 1 << 20}) {
            CompletableFuture<Boolean> sent = inBackground(() -> {
                send(client, 0, 50_000);
                return true;
            });
            expect(server, 0, 50_000, pieces);
            sent.get();
        }
    }

    @Test
    void several_buffers_are_sent_one_after_the_other() throws Exception {
        ByteBuffer first = ByteBuffer.allocate(4).putInt(0).flip();
        ByteBuffer second = ByteBuffer.allocate(40_000);
        for (int i = 1; i <= 10_000; i++) {
            second.putInt(i);
        }
        CompletableFuture<Boolean> sent = inBackground(() -> {
            server.write(new ByteBuffer[] {first, second.flip()}, 2);
            return true;
        });
        expect(client, 0, 10_001, 1 << 20);
        sent.get();
    }

    @Test
    void reading_and_writing_go_on_at_once_while_keys_are_renewed() throws Exception {
        // Less than a socket holds: two ends that answer each other's wishes while neither reads would wait for ever,
        // and only
        // clients that read are served.
        int rounds = 40;
        CompletableFuture<Boolean> up = inBackground(() -> {
            for (int i = 0; i < rounds; i++) {
                // With TLS 1.3 this is a new key, and the wish for one.
                clientEngine.beginHandshake();
                send(client, i * 500, (i + 1) * 500);
            }
            return true;
        });
        CompletableFuture<Boolean> down = inBackground(() -> {
            send(server, 0, rounds * 500);
            return true;
        });
        CompletableFuture<Boolean> taken = inBackground(() -> {
            expect(client, 0, rounds * 500, 1 << 16);
            return true;
        });
        expect(server, 0, rounds * 500, 1 << 16);
        up.get();
        down.get();
        taken.get();
    }

    @Test
    void the_wish_for_a_new_key_is_granted_also_if_there_is_no_reply_to_send() throws Exception {
        // What is owed would gather in memory else, as long as a client wishes.
        // With the first bytes come the tickets, with which a client may come again.
        send(server, 0, 1);
        expect(client, 0, 1, 4);
        clientEngine.beginHandshake();
        send(client, 0, 1);
        expect(server, 0, 1, 4);
        CompletableFuture<Integer> came = inBackground(() -> clientUnder.read(ByteBuffer.allocate(1000)));
        assertEquals(true, came.get(10, TimeUnit.SECONDS) > 0);
    }

    @Test
    void the_end_is_told_and_waits_for_nobody() throws Exception {
        server.close();
        assertEquals(-1, client.read(ByteBuffer.allocate(100)));
        assertDoesNotThrow(clientEngine::closeInbound, "without a word of the end this is an attack");
    }

    @Test
    void a_client_that_takes_nothing_does_not_hold_up_the_end() throws Exception {
        CompletableFuture<Boolean> stuck = inBackground(() -> {
            send(server, 0, 4 << 20);
            return true;
        });
        int before;
        do {
            before = written.get();
            Thread.sleep(300);
        } while (written.get() > before || before < 2);
        inBackground(() -> {
                    server.close();
                    return true;
                })
                .get(5, TimeUnit.SECONDS);
        assertThrows(Exception.class, stuck::get);
    }

    @Test
    void a_record_that_somebody_changed_is_an_error() throws Exception {
        byte[] forged = new byte[40];
        forged[0] = 23;
        forged[1] = 3;
        forged[2] = 3;
        forged[4] = 35;
        clientUnder.write(new ByteBuffer[] {ByteBuffer.wrap(forged)}, 1);
        assertThrows(IOException.class, () -> server.read(ByteBuffer.allocate(100)));
    }
}
