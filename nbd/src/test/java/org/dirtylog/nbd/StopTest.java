// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a server sees its clients off. */
@Timeout(30)
class StopTest extends ServerFixture {
    private static final int REFUSED = Wire.REP_ERR_SHUTDOWN;

    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD.withStop(Duration.ofSeconds(2));
    }

    /** The server has begun to stop when its socket is gone. */
    private CompletableFuture<Void> stopping() throws InterruptedException {
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(server::close);
        while (Files.exists(socket)) {
            Thread.sleep(1);
        }
        Thread.sleep(50);
        return stopped;
    }

    @Test
    void what_is_under_way_is_answered_and_what_comes_later_refused() throws Exception {
        try (WireClient structured = WireClient.connected(socket, "disk", true);
                WireClient simple = WireClient.connected(socket, "disk", false)) {
            device.gate = new CountDownLatch(1);
            // More than one, so that the first is handed over and the connection goes on reading.
            structured.send(WireClient.many(2, 0, Wire.CMD_WRITE, 512, 512));
            while (device.mostTasks.get() < 2) {
                Thread.sleep(1);
            }
            simple.ask(0, Wire.CMD_READ, 7, 0, 512);
            assertEquals(0, simple.simple(512).error());
            CompletableFuture<Void> stopped = stopping();
            simple.write(0, 8, 0, new byte[4096]);
            WireClient.Reply late = simple.simple(0);
            assertEquals(8, late.cookie());
            assertEquals(Wire.ESHUTDOWN, late.error());
            simple.ask(0, Wire.CMD_READ, 9, 0, 512);
            assertEquals(Wire.ESHUTDOWN, simple.simple(512).error());
            simple.ask(0, Wire.CMD_DISC, 10, 0, 0);
            assertTrue(simple.isClosed());
            structured.ask(0, Wire.CMD_FLUSH, 99, 0, 0);
            WireClient.Reply refused = structured.chunk();
            assertEquals(99, refused.cookie());
            assertEquals(Wire.ESHUTDOWN, refused.error());
            assertFalse(stopped.isDone(), "something is under way");
            device.gate.countDown();
            assertEquals(0, structured.chunk().error());
            assertEquals(0, structured.chunk().error());
            assertTrue(structured.isClosed());
            stopped.get(2, TimeUnit.SECONDS);
        }
    }

    @Test
    void who_negotiates_is_told_that_it_is_over() throws Exception {
        try (WireClient client = WireClient.greeted(socket, 3);
                WireClient old = WireClient.greeted(socket, 3)) {
            CompletableFuture<Void> stopped = stopping();
            for (int option :
                    new int[] {Wire.OPT_LIST, Wire.OPT_STRUCTURED_REPLY, Wire.OPT_GO, Wire.OPT_STARTTLS, 99}) {
                client.option(option, option == Wire.OPT_GO ? WireClient.info("disk") : new byte[0]);
                assertEquals(REFUSED, client.optionReply().type(), "option " + option);
            }
            old.option(Wire.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
            assertTrue(old.isClosed());
            client.option(Wire.OPT_ABORT, new byte[0]);
            client.expectAck();
            assertTrue(client.isClosed());
            stopped.get(2, TimeUnit.SECONDS);
        }
    }

    @Test
    void who_is_idle_is_not_waited_for() throws Exception {
        try (WireClient idle = WireClient.connected(socket, "disk", false)) {
            long begun = System.nanoTime();
            server.close();
            assertTrue(System.nanoTime() - begun < 1_500_000_000L, "longer than a client has for hearing of it");
            assertTrue(idle.isClosed());
        }
    }

    @Test
    void who_takes_no_answers_and_who_never_stops_asking_are_cut_off() throws Exception {
        try (WireClient deaf = WireClient.connected(socket, "disk", false);
                WireClient stubborn = WireClient.connected(socket, "disk", false)) {
            deaf.send(WireClient.many(100, 0, Wire.CMD_READ, 1 << 20, 0));
            // So that it is served, and not refused from the first request on.
            assertEquals(0, deaf.simple(1 << 20).error());
            CompletableFuture<Integer> asked = CompletableFuture.supplyAsync(() -> {
                int count = 0;
                try {
                    while (true) {
                        stubborn.ask(0, Wire.CMD_READ, count, 0, 512);
                        count += stubborn.simple(512).error() == Wire.ESHUTDOWN ? 1 : 0;
                    }
                } catch (IOException ended) {
                    return count;
                }
            });
            long begun = System.nanoTime();
            server.close();
            assertTrue(System.nanoTime() - begun < 4_000_000_000L, "longer than the time for a stop");
            assertTrue(asked.get(2, TimeUnit.SECONDS) > 0);
            int answered = 0;
            while (answered < 100 && isAnswered(deaf)) {
                answered++;
            }
            assertTrue(answered < 100, "it was waited for until it took all answers");
        }
    }

    private static boolean isAnswered(WireClient client) {
        try {
            client.simple(1 << 20);
            return true;
        } catch (IOException ended) {
            return false;
        }
    }

    @Test
    void an_export_that_is_removed_is_refused_to_its_clients_and_the_others_go_on() throws Exception {
        server.add(NbdExport.of("other", new MemoryDevice(4096)));
        try (WireClient removed = WireClient.connected(socket, "disk", false);
                WireClient other = WireClient.connected(socket, "other", false)) {
            CompletableFuture<Void> done = CompletableFuture.runAsync(() -> server.remove("disk"));
            Thread.sleep(100);
            removed.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(Wire.ESHUTDOWN, removed.simple(512).error());
            other.ask(0, Wire.CMD_READ, 2, 0, 512);
            assertEquals(0, other.simple(512).error());
            done.get(3, TimeUnit.SECONDS);
            assertTrue(removed.isClosed());
            other.ask(0, Wire.CMD_READ, 3, 0, 512);
            assertEquals(0, other.simple(512).error());
        }
    }
}
