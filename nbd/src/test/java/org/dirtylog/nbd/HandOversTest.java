// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HandOversTest extends ServerFixture {
    private static final int PLACES = 8;

    private final MemoryDevice other = new MemoryDevice(1 << 20);
    private volatile Error refusal;
    private volatile boolean rejects;

    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD.withRequests(4, PLACES);
    }

    /** Starts no tasks if the test says so. */
    @Override
    Tasks tasks() {
        return new Tasks() {
            @Override
            public void start(String name, Runnable task) {
                if (refusal != null) {
                    throw refusal;
                }
                if (rejects) {
                    throw new RejectedExecutionException("the process is stopping");
                }
                tasks.start(name, task);
            }

            @Override
            public void startAfter(long delayNanos, String name, Runnable task) {
                tasks.startAfter(delayNanos, name, task);
            }

            @Override
            public Signal signal(String name) {
                return tasks.signal(name);
            }
        };
    }

    private static void expectAll(WireClient client, int count) throws IOException {
        Set<Long> cookies = new HashSet<>();
        for (int i = 0; i < count; i++) {
            WireClient.Reply reply = client.simple(0);
            assertEquals(0, reply.error());
            assertTrue(cookies.add(reply.cookie()));
        }
    }

    @Test
    void however_many_requests_wait_they_take_no_more_tasks_than_there_are_places() throws IOException {
        server.add(NbdExport.of("other", other));
        device.gate = new CountDownLatch(1);
        List<WireClient> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            WireClient client = WireClient.connected(socket, "disk", false);
            client.send(WireClient.many(20, Wire.FUA, Wire.CMD_WRITE, 512, 512));
            waiting.add(client);
        }
        try (WireClient free = WireClient.connected(socket, "other", false)) {
            free.send(WireClient.many(50, Wire.FUA, Wire.CMD_WRITE, 512, 512));
            expectAll(free, 50);
            free.send(WireClient.many(50, 0, Wire.CMD_FLUSH, 0, 0));
            expectAll(free, 50);
        }
        device.gate.countDown();
        for (WireClient client : waiting) {
            expectAll(client, 20);
            client.close();
        }
        assertTrue(device.mostTasks.get() <= PLACES, device.mostTasks + " tasks at once");
    }

    @Test
    void every_flush_of_many_connections_is_answered_with_few_threads() throws Exception {
        List<WireClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            WireClient client = WireClient.connected(socket, "disk", false);
            client.send(WireClient.many(200, 0, Wire.CMD_FLUSH, 0, 0));
            clients.add(client);
        }
        for (WireClient client : clients) {
            expectAll(client, 200);
            client.close();
        }
    }

    @Test
    void what_cannot_be_handed_over_is_carried_out_all_the_same() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            rejects = true;
            client.send(WireClient.many(50, Wire.FUA, Wire.CMD_WRITE, 512, 512));
            expectAll(client, 50);
            rejects = false;
            refusal = new OutOfMemoryError("unable to create native thread");
            client.send(WireClient.many(50, 0, Wire.CMD_FLUSH, 0, 0));
            expectAll(client, 50);
            refusal = null;
            // Nothing of what could not be used was kept.
            assertOvertakes(client);
        }
    }

    @Test
    void whatever_a_device_throws_is_answered() throws IOException {
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            Object[][] cases = {
                {new OutOfMemoryError("Java heap space"), Wire.ENOMEM},
                {new NoClassDefFoundError("some/Type"), Wire.EIO}
            };
            for (Object[] one : cases) {
                device.collapse = (Error) one[0];
                client.ask(0, Wire.CMD_READ, 1, 0, 512);
                assertEquals(one[1], client.simple(512).error());
                client.send(WireClient.many(3, 0, Wire.CMD_FLUSH, 0, 0));
                client.send(WireClient.many(3, Wire.FUA, Wire.CMD_WRITE, 512, 512));
                for (int i = 0; i < 6; i++) {
                    assertEquals(one[1], client.simple(0).error());
                }
                device.collapse = null;
            }
            assertOvertakes(client);
        }
    }

    @Test
    void a_client_that_takes_no_replies_holds_no_task() throws Exception {
        List<WireClient> deaf = new ArrayList<>();
        for (int i = 0; i < PLACES + 1; i++) {
            WireClient client = WireClient.connected(socket, "disk", false);
            Thread sender = new Thread(() -> {
                try {
                    while (true) {
                        client.send(WireClient.many(100, 0, Wire.CMD_FLUSH, 0, 0));
                    }
                } catch (IOException closed) {
                    return;
                }
            });
            sender.setDaemon(true);
            sender.start();
            deaf.add(client);
        }
        int before = -1;
        while (device.forces.get() != before) {
            before = device.forces.get();
            Thread.sleep(300);
        }
        try (WireClient client = WireClient.connected(socket, "disk", false)) {
            assertOvertakes(client);
        }
        for (WireClient client : deaf) {
            client.close();
        }
    }

    /**
     * A read behind a flush that waits is answered first: so there was a place, and room, for the flush. Both are given back a
     * moment after an answer was sent.
     */
    private void assertOvertakes(WireClient client) throws IOException {
        boolean overtook = false;
        for (int i = 0; i < 20 && !overtook; i++) {
            overtook = overtakes(client);
        }
        assertTrue(overtook, "the flush was not handed over");
    }

    private boolean overtakes(WireClient client) throws IOException {
        CountDownLatch gate = new CountDownLatch(1);
        device.gate = gate;
        tasks.startAfter(500_000_000L, "gate", gate::countDown);
        ByteBuffer both = ByteBuffer.allocate(2 * Headers.SIMPLE.requestBytes);
        both.put(WireClient.request(0, Wire.CMD_FLUSH, 1, 0, 0));
        client.send(both.put(WireClient.request(0, Wire.CMD_READ, 2, 0, 512)).flip());
        long first = cookieOf(client);
        gate.countDown();
        assertEquals(3 - first, cookieOf(client));
        device.gate = null;
        return first == 2;
    }

    private static long cookieOf(WireClient client) throws IOException {
        ByteBuffer head = client.receive(Headers.SIMPLE.replyBytes);
        assertEquals(0, head.getInt(4));
        long cookie = head.getLong(8);
        client.receive(cookie == 2 ? 512 : 0);
        return cookie;
    }
}
