// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PayloadMemoryTest extends ServerFixture {
    private static final int MOST = Wire.MAX_PAYLOAD_BYTES;

    private final MemoryDevice big = new MemoryDevice(MOST);
    private final MemoryDevice other = new MemoryDevice(MOST);

    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD.withPayloadBytes(MOST, MOST);
    }

    @BeforeEach
    void export() {
        server.add(NbdExport.of("big", big));
        server.add(NbdExport.of("other", other));
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** Takes all that the server grants, and keeps it. */
    private WireClient hog() throws IOException {
        big.gate = new CountDownLatch(1);
        WireClient hog = WireClient.connected(socket, "big", false);
        hog.ask(0, Wire.CMD_WRITE, 1, 0, MOST);
        hog.send(ByteBuffer.allocate(10));
        return hog;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void headers_of_large_requests_cost_no_memory() throws Exception {
        big.gate = new CountDownLatch(1);
        long before = directBytes();
        List<WireClient> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            WireClient client = WireClient.connected(socket, "big", false);
            client.ask(0, Wire.CMD_WRITE, 1, 0, MOST);
            client.send(ByteBuffer.allocate(10));
            clients.add(client);
        }
        Thread.sleep(500);
        long grown = directBytes() - before >> 20;
        for (WireClient client : clients) {
            client.close();
        }
        assertTrue(grown <= 40 + MOST / (1 << 20) + 8, grown + " MiB");
    }

    @Test
    void connections_that_come_and_go_leave_no_garbage() throws IOException {
        WireClient.connected(socket, "other", false).close();
        long before = directBytes();
        for (int i = 0; i < 300; i++) {
            try (WireClient client = WireClient.connected(socket, "other", false)) {
                client.ask(0, Wire.CMD_DISC, 1, 0, 0);
                assertTrue(client.isClosed());
            }
        }
        long grown = directBytes() - before >> 20;
        assertTrue(grown <= 8, grown + " MiB");
    }

    @Test
    void who_gets_no_memory_writes_and_reads_piece_by_piece() throws IOException {
        byte[] payload = random(MOST - 5000);
        WireClient hog = hog();
        try (WireClient client = WireClient.connected(socket, "other", false);
                WireClient structured = WireClient.connected(socket, "other", true)) {
            client.write(Wire.FUA, 1, 4567, payload);
            assertEquals(0, client.simple(0).error());
            assertEquals(1, other.forces.get());
            assertArrayEquals(payload, Arrays.copyOfRange(other.bytes, 4567, 4567 + payload.length));
            client.ask(0, Wire.CMD_READ, 2, 4567, payload.length);
            assertEquals(ByteBuffer.wrap(payload), client.simple(payload.length).data());
            structured.ask(Wire.DF, Wire.CMD_READ, 3, 4567, payload.length);
            assertEquals(ByteBuffer.wrap(payload), structured.chunk().data().position(8));
        } finally {
            hog.close();
            big.gate.countDown();
        }
    }

    @Test
    void who_gets_memory_reads_and_writes_the_same_bytes() throws IOException {
        byte[] payload = random((5 << 20) + 77);
        try (WireClient client = WireClient.connected(socket, "other", true)) {
            other.gate = new CountDownLatch(0);
            client.write(0, 1, 999, payload);
            assertEquals(0, client.chunk().error());
            client.ask(0, Wire.CMD_READ, 2, 999, payload.length);
            assertEquals(ByteBuffer.wrap(payload), client.chunk().data().position(8));
        }
    }

    @Test
    void an_error_in_the_first_piece_is_told_and_one_in_a_write_too() throws IOException {
        WireClient hog = hog();
        try (WireClient client = WireClient.connected(socket, "other", false)) {
            other.failure = new IOException("broken");
            client.ask(0, Wire.CMD_READ, 1, 0, MOST);
            assertEquals(Wire.EIO, client.simple(MOST).error());
            client.write(0, 2, 0, new byte[3 << 20]);
            assertEquals(Wire.EIO, client.simple(0).error());
            other.failure = null;
            other.failsFrom = 1 << 20;
            client.ask(0, Wire.CMD_READ, 3, 0, MOST);
            // It has begun: what the protocol has for that is the end of the connection.
            assertThrows(IOException.class, () -> client.simple(MOST));
        } finally {
            hog.close();
            big.gate.countDown();
        }
    }

    @Test
    void an_error_in_a_later_piece_is_told_behind_the_chunk_that_had_begun() throws IOException {
        WireClient hog = hog();
        try (WireClient client = WireClient.connected(socket, "other", true)) {
            Arrays.fill(other.bytes, (byte) 7);
            other.failsFrom = 1 << 20;
            client.ask(Wire.DF, Wire.CMD_READ, 1, 0, MOST);
            WireClient.Reply data = client.chunk();
            assertEquals(Wire.CHUNK_OFFSET_DATA, data.type());
            assertEquals(0, data.flags());
            assertEquals(7, data.data().get(8 + (1 << 20) - 1));
            assertEquals(0, data.data().get(8 + (1 << 20)));
            WireClient.Reply error = client.chunk();
            assertEquals(Wire.EIO, error.error());
            assertEquals(Wire.CHUNK_DONE, error.flags());
            other.failsFrom = Long.MAX_VALUE;
            client.ask(0, Wire.CMD_READ, 2, 0, MOST);
            assertEquals(MOST + 8, client.chunk().data().remaining());
            WireClient.Reply done = client.chunk();
            assertEquals(0, done.type());
            assertEquals(Wire.CHUNK_DONE, done.flags());
        } finally {
            hog.close();
            big.gate.countDown();
        }
    }

    @Test
    void slabs_are_given_all_or_none_and_come_back() {
        Slabs slabs = new Slabs(3, () -> ByteBuffer.allocateDirect(Slabs.BYTES));
        ByteBuffer[] two = slabs.tryTake(2);
        assertEquals(2, two.length);
        assertEquals(0, slabs.tryTake(2).length);
        assertEquals(1, slabs.tryTake(1).length);
        slabs.giveBack(two);
        assertEquals(2, slabs.tryTake(2).length);
    }
}
