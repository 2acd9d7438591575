// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.dirtylog.seams.NoSpaceException;
import org.junit.jupiter.api.Test;

class TransmissionTest extends ServerFixture {
    private static byte[] random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static byte[] rest(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    @Test
    void what_is_written_is_read_also_unaligned_and_with_simple_replies() throws IOException {
        byte[] payload = random(1, 5001);
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            client.write(0, 11, 333, payload);
            assertEquals(11, client.simple(0).cookie());
            client.ask(0, Wire.CMD_READ, 12, 333, 5001);
            assertArrayEquals(payload, rest(client.simple(5001).data()));
        }
    }

    @Test
    void structured_reads_carry_their_offset_and_are_done_in_one_chunk() throws IOException {
        byte[] payload = random(2, 4096);
        System.arraycopy(payload, 0, device.bytes, 8192, 4096);
        try (WireClient client = WireClient.connected(socket, "disk", true)) {
            client.ask(Wire.DF, Wire.CMD_READ, 5, 8192, 4096);
            WireClient.Reply reply = client.chunk();
            assertEquals(Wire.CHUNK_DONE, reply.flags());
            assertEquals(Wire.CHUNK_OFFSET_DATA, reply.type());
            assertEquals(8192, reply.data().getLong());
            assertArrayEquals(payload, rest(reply.data()));
        }
    }

    @Test
    void a_payload_larger_than_the_receive_buffer_arrives_whole() throws IOException {
        byte[] payload = random(3, 1 << 20);
        try (WireClient client = WireClient.connected(socket, "disk", true)) {
            client.write(0, 1, 0, payload);
            assertEquals(0, client.chunk().error());
            assertArrayEquals(payload, device.bytes);
            client.ask(0, Wire.CMD_READ, 2, 0, 1 << 20);
            ByteBuffer data = client.chunk().data();
            data.getLong();
            assertArrayEquals(payload, rest(data));
        }
    }

    @Test
    void errors_are_told_and_the_connection_goes_on() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            Object[][] cases = {
                {0, Wire.CMD_READ, (1L << 20) - 1, 2L, Wire.EINVAL},
                {0, Wire.CMD_READ, -1L, 1L, Wire.EINVAL},
                {0, Wire.CMD_READ, Long.MAX_VALUE, 1L, Wire.EINVAL},
                {0, Wire.CMD_READ, 0L, (32L << 20) + 1, Wire.EINVAL},
                {0, Wire.CMD_TRIM, 1L << 20, 1L, Wire.EINVAL},
                {0, Wire.CMD_WRITE_ZEROES, (1L << 20) - 1, 2L, Wire.ENOSPC},
                {0x80, Wire.CMD_READ, 0L, 1L, Wire.EINVAL},
                {Wire.DF, Wire.CMD_READ, 0L, 1L, Wire.EINVAL},
                {0, 77, 0L, 1L, Wire.EINVAL},
                {0, Wire.CMD_BLOCK_STATUS, 0L, 512L, Wire.EINVAL},
                {0, Wire.CMD_FLUSH, 1L, 0L, Wire.EINVAL},
            };
            for (Object[] one : cases) {
                client.ask((int) one[0], (int) one[1], 9, (long) one[2], (long) one[3]);
                assertEquals((int) one[4], client.simple(0).error(), Arrays.toString(one));
            }
            client.write(0, 10, (1 << 20) - 10, new byte[20]);
            assertEquals(Wire.ENOSPC, client.simple(0).error());
            client.ask(0, Wire.CMD_READ, 11, 0, 512);
            assertEquals(0, client.simple(512).error());
        }
    }

    @Test
    void a_failing_device_is_EIO_and_a_full_one_ENOSPC() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", true)) {
            device.failure = new IOException("broken");
            client.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(Wire.EIO, client.chunk().error());
            device.failure =
                    new IOException("no leg took it", new NoSpaceException("voll", new IOException("Kein Platz")));
            client.write(0, 2, 0, new byte[512]);
            assertEquals(Wire.ENOSPC, client.chunk().error());
            device.failure = null;
            client.ask(0, Wire.CMD_READ, 3, 0, 512);
            assertEquals(0, client.chunk().error());
        }
    }

    @Test
    void FUA_and_FLUSH_force_and_a_plain_write_does_not() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            client.write(0, 1, 0, new byte[512]);
            client.simple(0);
            assertEquals(0, device.forces.get());
            client.write(Wire.FUA, 2, 0, new byte[512]);
            client.simple(0);
            assertEquals(1, device.forces.get());
            client.ask(Wire.FUA, Wire.CMD_WRITE_ZEROES, 3, 0, 512);
            client.simple(0);
            assertEquals(2, device.forces.get());
            client.ask(0, Wire.CMD_FLUSH, 4, 0, 0);
            client.simple(0);
            assertEquals(3, device.forces.get());
        }
    }

    @Test
    void TRIM_and_FAST_ZERO_depend_on_holes() throws IOException {
        Arrays.fill(device.bytes, (byte) 1);
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            device.punches = false;
            client.ask(0, Wire.CMD_TRIM, 1, 0, 512);
            assertEquals(0, client.simple(0).error());
            assertEquals(1, device.bytes[0]);
            client.ask(Wire.FAST_ZERO, Wire.CMD_WRITE_ZEROES, 2, 0, 512);
            assertEquals(Wire.ENOTSUP, client.simple(0).error());
            device.punches = true;
            client.ask(Wire.FAST_ZERO, Wire.CMD_WRITE_ZEROES, 3, 0, 512);
            assertEquals(0, client.simple(0).error());
            assertEquals(0, device.bytes[0]);
            client.ask(0, Wire.CMD_TRIM, 4, 512, 512);
            assertEquals(0, client.simple(0).error());
            assertEquals(0, device.bytes[1023]);
        }
    }

    @Test
    void requests_behind_one_that_waits_overtake_it() throws IOException {
        device.gate = new CountDownLatch(1);
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            ByteBuffer both = ByteBuffer.allocate(2 * Headers.SIMPLE.requestBytes + 512);
            both.put(WireClient.request(0, Wire.CMD_WRITE, 1, 0, 512)).put(new byte[512]);
            client.send(
                    both.put(WireClient.request(0, Wire.CMD_READ, 2, 4096, 512)).flip());
            assertEquals(2, client.simple(512).cookie());
            device.gate.countDown();
            assertEquals(1, client.simple(0).cookie());
        }
    }

    @Test
    void every_one_of_many_requests_at_once_is_answered_once() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            ByteBuffer all = ByteBuffer.allocate(200 * Headers.SIMPLE.requestBytes);
            for (int i = 0; i < 200; i++) {
                all.put(WireClient.request(
                        0, i % 5 == 0 ? Wire.CMD_FLUSH : Wire.CMD_CACHE, i, 0, i % 5 == 0 ? 0 : 512));
            }
            client.send(all.flip());
            Set<Long> cookies = new HashSet<>();
            for (int i = 0; i < 200; i++) {
                assertTrue(cookies.add(client.simple(0).cookie()));
            }
            assertEquals(200, cookies.size());
        }
    }

    @Test
    void block_status_joins_equal_runs_and_REQ_ONE_tells_one() throws IOException {
        server.add(NbdExport.of("told", device).withContext(new MetaContext() {
            @Override
            public String name() {
                return "test:parity";
            }

            @Override
            public void describe(long positionBytes, long bytes, Visitor visitor) {
                if (visitor.run(100, 1) && visitor.run(100, 1)) {
                    visitor.run(bytes - 200, 2);
                }
            }
        }));
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("told", "test:parity"));
            int id = client.optionReply().data().getInt();
            client.expectAck();
            client.option(Wire.OPT_GO, WireClient.info("told"));
            while (client.optionReply().type() != Wire.REP_ACK) {
                continue;
            }
            for (int flags : new int[] {0, Wire.REQ_ONE}) {
                client.ask(flags, Wire.CMD_BLOCK_STATUS, 1, 0, 1000);
                ByteBuffer data = client.chunk().data();
                assertEquals(id, data.getInt());
                assertEquals(200, data.getInt());
                assertEquals(1, data.getInt());
                assertEquals(flags == 0, data.hasRemaining());
                if (flags == 0) {
                    assertEquals(800, data.getInt());
                    assertEquals(2, data.getInt());
                }
            }
        }
    }

    @Test
    void a_context_that_tells_nothing_is_an_error_and_no_empty_chunk() throws IOException {
        server.add(NbdExport.of("mute", device).withContext(new MetaContext() {
            @Override
            public String name() {
                return "test:mute";
            }

            @Override
            public void describe(long positionBytes, long bytes, Visitor visitor) {
                assertTrue(bytes > 0);
            }
        }));
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("mute", "base:allocation", "test:mute"));
            client.optionReply();
            client.optionReply();
            client.expectAck();
            client.option(Wire.OPT_GO, WireClient.info("mute"));
            while (client.optionReply().type() != Wire.REP_ACK) {
                continue;
            }
            client.ask(0, Wire.CMD_BLOCK_STATUS, 1, 0, 1000);
            WireClient.Reply refused = client.chunk();
            assertEquals(Wire.EIO, refused.error());
            assertEquals(Wire.CHUNK_DONE, refused.flags());
        }
    }

    @Test
    void a_read_only_export_refuses_changes() throws IOException {
        server.add(NbdExport.of("fixed", device).asReadOnly());
        try (WireClient client = WireClient.connected(socket, "fixed", false)) {
            client.write(0, 1, 0, new byte[512]);
            assertEquals(Wire.EPERM, client.simple(0).error());
            client.ask(0, Wire.CMD_TRIM, 2, 0, 512);
            assertEquals(Wire.EPERM, client.simple(0).error());
        }
    }

    @Test
    void a_request_without_magic_or_with_a_giant_payload_ends_the_connection_and_no_other() throws IOException {
        try (WireClient other = WireClient.connected(socket, "disk", false)) {
            try (WireClient client = WireClient.connected(socket, "disk", false)) {
                client.send(ByteBuffer.allocate(Headers.SIMPLE.requestBytes));
                assertTrue(client.isClosed());
            }
            try (WireClient client = WireClient.connected(socket, "disk", false)) {
                client.ask(0, Wire.CMD_WRITE, 1, 0, 0xFFFFFFFFL);
                assertTrue(client.isClosed());
            }
            other.ask(0, Wire.CMD_READ, 2, 0, 512);
            assertEquals(0, other.simple(512).error());
        }
    }

    @Test
    void what_was_done_is_answered_also_if_noise_follows() throws IOException {
        ByteBuffer[] noise = {
            ByteBuffer.allocate(Headers.SIMPLE.requestBytes), WireClient.request(0, Wire.CMD_WRITE, 3, 0, 0xF0000000L)
        };
        for (ByteBuffer last : noise) {
            try (WireClient client = WireClient.connected(socket, "disk", false)) {
                ByteBuffer all = ByteBuffer.allocate(3 * Headers.SIMPLE.requestBytes);
                all.put(WireClient.request(0, Wire.CMD_READ, 1, 0, 512));
                all.put(WireClient.request(0, Wire.CMD_FLUSH, 2, 0, 0));
                client.send(all.put(last).flip());
                // In any order: the flush may overtake.
                assertEquals(Set.of(1L, 2L), Set.of(cookieOf(client), cookieOf(client)));
                assertTrue(client.isClosed());
            }
        }
    }

    /** Takes the reply to one of the two requests; the first has data. */
    private static long cookieOf(WireClient client) throws IOException {
        ByteBuffer head = client.receive(16);
        assertEquals(0, head.getInt(4));
        long cookie = head.getLong(8);
        client.receive(cookie == 1 ? 512 : 0);
        return cookie;
    }

    @Test
    void DISC_is_not_answered_and_what_was_asked_before_it_is() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            ByteBuffer both = ByteBuffer.allocate(2 * Headers.SIMPLE.requestBytes);
            both.put(WireClient.request(0, Wire.CMD_READ, 1, 0, 512));
            client.send(both.put(WireClient.request(0, Wire.CMD_DISC, 2, 0, 0)).flip());
            assertEquals(1, client.simple(512).cookie());
            assertTrue(client.isClosed());
        }
    }

    @Test
    void an_export_that_is_removed_ends_its_connections_and_no_others() throws IOException {
        server.add(NbdExport.of("other", new MemoryDevice(512)));
        try (WireClient gone = WireClient.connected(socket, "disk", false);
                WireClient stays = WireClient.connected(socket, "other", false)) {
            server.remove("disk");
            assertTrue(gone.isClosed());
            stays.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, stays.simple(512).error());
        }
    }

    @Test
    void mutated_streams_never_disturb_another_connection() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (WireClient other = WireClient.connected(socket, "disk", true)) {
            for (int i = 0; i < 300; i++) {
                try (WireClient client = i % 2 == 0
                        ? WireClient.greeted(socket, 3)
                        : WireClient.connected(socket, "disk", random.nextBoolean())) {
                    byte[] bytes = new byte[1 + random.nextInt(200)];
                    random.nextBytes(bytes);
                    ByteBuffer sent = ByteBuffer.wrap(bytes);
                    if (bytes.length > 8 && random.nextBoolean()) {
                        if (i % 2 == 0) {
                            sent.putLong(0, Wire.OPTION_MAGIC);
                        } else {
                            sent.putInt(0, Wire.REQUEST_MAGIC);
                        }
                    }
                    client.send(sent);
                }
                other.ask(0, Wire.CMD_READ, i, 0, 16);
                assertEquals(0, other.chunk().error(), "seed " + seed + ", stream " + i);
            }
            assertFalse(socket.toFile().length() > 0);
        }
    }
}
