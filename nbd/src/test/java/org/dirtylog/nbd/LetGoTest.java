// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What clients notice of threads that a device holds up and lets go: nothing but the time (P7). */
class LetGoTest extends ServerFixture {
    private static final int SIZE = 1 << 20;

    private HangingDevice hanging;

    private WireClient connect(int hangs, boolean structured) throws Exception {
        hanging = new HangingDevice(device, tasks, hangs);
        server.add(NbdExport.of("hanging", hanging));
        return WireClient.connected(socket, "hanging", structured);
    }

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

    /** Others use the server's memory while threads are inside, and then those come back; the client is served on. */
    private void comeBack(WireClient client) throws Exception {
        try (WireClient other = WireClient.connected(socket, "disk", false)) {
            for (int i = 0; i < 20; i++) {
                other.ask(0, Wire.CMD_READ, i, 0, SIZE);
                assertEquals(0, other.simple(SIZE).error());
            }
        }
        hanging.answer.countDown();
        assertTrue(hanging.returned.await(30, TimeUnit.SECONDS));
        assertFalse(hanging.disturbed, "memory was used again that a thread was still writing from");
        for (int i = 0; i < 50; i++) {
            byte[] payload = random(i, 4096);
            client.write(0, 1000 + i, 4096, payload);
            assertEquals(0, client.simple(0).error());
            client.ask(0, Wire.CMD_READ, 2000 + i, 4096, 4096);
            assertArrayEquals(payload, rest(client.simple(4096).data()));
        }
        client.ask(0, Wire.CMD_DISC, 0, 0, 0);
        assertTrue(client.isClosed());
    }

    @Test
    void a_read_is_made_again_and_what_came_behind_it_is_served() throws Exception {
        byte[] content = random(1, SIZE);
        System.arraycopy(content, 0, device.bytes, 0, SIZE);
        try (WireClient client = connect(1, false)) {
            client.send(WireClient.many(3, 0, Wire.CMD_READ, 4096, 0));
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(
                        Arrays.copyOf(content, 4096), rest(client.simple(4096).data()));
            }
            comeBack(client);
        }
    }

    @Test
    void replies_that_were_gathered_before_it_are_sent_once() throws Exception {
        hanging = new HangingDevice(device, tasks, 1) {
            @Override
            public void read(long position, ByteBuffer into, Successor successor) throws IOException {
                if (position == 0) {
                    behind.read(position, into);
                } else {
                    super.read(position, into, successor);
                }
            }
        };
        server.add(NbdExport.of("hanging", hanging));
        ByteBuffer both = ByteBuffer.allocate(2 * 28);
        both.put(WireClient.request(0, Wire.CMD_READ, 7, 0, 512));
        both.put(WireClient.request(0, Wire.CMD_READ, 8, 512, 512));
        try (WireClient client = WireClient.connected(socket, "hanging", false)) {
            client.send(both.flip());
            assertEquals(7, client.simple(512).cookie());
            assertEquals(8, client.simple(512).cookie());
            comeBack(client);
        }
    }

    @Test
    void a_large_read_is_made_again_in_other_memory() throws Exception {
        byte[] content = random(2, SIZE);
        System.arraycopy(content, 0, device.bytes, 0, SIZE);
        try (WireClient client = connect(1, false)) {
            client.ask(0, Wire.CMD_READ, 1, 0, SIZE);
            assertArrayEquals(content, rest(client.simple(SIZE).data()));
            comeBack(client);
        }
    }

    @Test
    void a_write_goes_on_where_it_was_left() throws Exception {
        byte[] payload = random(3, 8192);
        for (int part : new int[] {0, 4096, 8192}) {
            Arrays.fill(device.bytes, (byte) 0);
            try (WireClient client = connect(1, false)) {
                hanging.part = part;
                client.write(0, 5, 512, payload);
                assertEquals(0, client.simple(0).error());
                assertArrayEquals(payload, Arrays.copyOfRange(device.bytes, 512, 512 + 8192));
                comeBack(client);
            }
            server.remove("hanging");
        }
    }

    @Test
    void the_rest_of_a_payload_may_come_later() throws Exception {
        byte[] payload = random(4, SIZE);
        try (WireClient client = connect(2, false)) {
            hanging.part = 1000;
            client.send(WireClient.request(0, Wire.CMD_WRITE, 9, 0, SIZE));
            client.send(ByteBuffer.wrap(payload, 0, 700_000));
            while (hanging.hangs.get() > 0) {
                Thread.sleep(1);
            }
            client.send(ByteBuffer.wrap(payload, 700_000, SIZE - 700_000));
            assertEquals(0, client.simple(0).error());
            assertArrayEquals(payload, device.bytes);
            comeBack(client);
        }
    }

    @Test
    void an_error_is_the_answer_and_the_rest_of_the_payload_is_passed_over() throws Exception {
        try (WireClient client = connect(1, false)) {
            hanging.failure = new IOException("the leg hangs");
            client.write(0, 5, 0, random(5, 300_000));
            assertEquals(Wire.EIO, client.simple(0).error());
            hanging.failure = null;
            comeBack(client);
        }
    }

    @Test
    void an_error_is_the_answer_to_a_read() throws Exception {
        try (WireClient client = connect(1, false)) {
            hanging.failure = new IOException("the leg hangs");
            client.ask(0, Wire.CMD_READ, 5, 0, 4096);
            assertEquals(Wire.EIO, client.simple(4096).error());
            comeBack(client);
        }
    }

    @Test
    void zeroes_go_on_where_they_were_left() throws Exception {
        for (int part : new int[] {0, 512, SIZE}) {
            Arrays.fill(device.bytes, (byte) 1);
            try (WireClient client = connect(1, false)) {
                hanging.part = part;
                client.ask(Wire.FUA, Wire.CMD_WRITE_ZEROES, 6, 0, SIZE);
                assertEquals(0, client.simple(0).error());
                assertArrayEquals(new byte[SIZE], device.bytes);
                comeBack(client);
            }
            server.remove("hanging");
        }
    }

    /** Slow ones are handed over, if others wait behind them: all of them hang, each in its own way. */
    private void handOver() throws Exception {
        byte[] content = random(6, SIZE);
        System.arraycopy(content, 0, device.bytes, 0, SIZE);
        byte[] payload = random(7, 4096);
        try (WireClient client = connect(3, false)) {
            hanging.quick = false;
            ByteBuffer all = ByteBuffer.allocate(4 * 28 + 4096);
            all.put(WireClient.request(0, Wire.CMD_READ, 1, 65536, 8192));
            all.put(WireClient.request(0, Wire.CMD_WRITE, 2, 0, 4096)).put(payload);
            all.put(WireClient.request(0, Wire.CMD_WRITE_ZEROES, 3, 8192, 4096));
            all.put(WireClient.request(0, Wire.CMD_FLUSH, 4, 0, 0));
            client.send(all.flip());
            Map<Long, Integer> errors = new HashMap<>();
            for (int i = 0; i < 4; i++) {
                WireClient.Reply reply = client.simpleOf(cookie -> cookie == 1 ? 8192 : 0);
                errors.put(reply.cookie(), reply.error());
                if (reply.cookie() == 1) {
                    assertArrayEquals(Arrays.copyOfRange(content, 65536, 65536 + 8192), rest(reply.data()));
                }
            }
            assertEquals(Map.of(1L, 0, 2L, 0, 3L, 0, 4L, 0), errors);
            assertArrayEquals(payload, Arrays.copyOf(device.bytes, 4096));
            assertArrayEquals(new byte[4096], Arrays.copyOfRange(device.bytes, 8192, 8192 + 4096));
            hanging.quick = true;
            comeBack(client);
        }
        server.remove("hanging");
    }

    @Test
    void what_was_handed_over_goes_on_too() throws Exception {
        handOver();
    }

    @Test
    void also_where_there_is_no_place_for_it() throws Exception {
        server.close();
        server = new NbdServer(socket, tasks, limits().withRequests(4, 1));
        server.add(NbdExport.of("disk", device));
        handOver();
    }
}
