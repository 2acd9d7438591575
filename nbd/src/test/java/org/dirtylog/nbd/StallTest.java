// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StallTest extends ServerFixture {
    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD.withStall(Duration.ofMillis(400));
    }

    @Test
    void half_a_header_half_a_payload_and_half_an_option_are_not_waited_for() throws IOException {
        try (WireClient header = WireClient.connected(socket, "disk", false);
                WireClient payload = WireClient.connected(socket, "disk", false);
                WireClient large = WireClient.connected(socket, "disk", false);
                WireClient option = WireClient.greeted(socket, 3)) {
            header.send(ByteBuffer.allocate(10).putInt(Wire.REQUEST_MAGIC).rewind());
            payload.ask(0, Wire.CMD_WRITE, 1, 0, 4096);
            large.ask(0, Wire.CMD_WRITE, 1, 0, 1 << 20);
            option.send(ByteBuffer.allocate(8).putLong(Wire.OPTION_MAGIC).flip());
            assertTrue(header.isClosed());
            assertTrue(payload.isClosed());
            assertTrue(large.isClosed());
            assertTrue(option.isClosed());
        }
    }

    @Test
    void a_payload_that_trickles_is_not_waited_for() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            client.ask(0, Wire.CMD_WRITE, 1, 0, 1 << 20);
            assertThrows(IOException.class, () -> {
                for (int i = 0; i < 1000; i++) {
                    client.send(ByteBuffer.allocate(1));
                    Thread.sleep(10);
                }
            });
        }
    }

    @Test
    void a_client_that_takes_no_replies_is_cut_off() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            assertThrows(IOException.class, () -> {
                while (true) {
                    client.send(WireClient.many(100, 0, Wire.CMD_READ, 4096, 0));
                }
            });
        }
    }

    @Test
    void a_client_may_be_idle_and_is_not_blamed_for_a_device_that_waits() throws Exception {
        try (WireClient idle = WireClient.connected(socket, "disk", false);
                WireClient waiting = WireClient.connected(socket, "disk", false)) {
            device.gate = new CountDownLatch(1);
            waiting.write(0, 1, 0, new byte[300_000]);
            Thread.sleep(1500);
            device.gate.countDown();
            assertEquals(1, waiting.simple(0).cookie());
            idle.ask(0, Wire.CMD_READ, 2, 0, 512);
            assertEquals(2, idle.simple(512).cookie());
        }
    }
}
