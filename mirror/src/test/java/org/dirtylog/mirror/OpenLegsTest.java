// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** LG-6, at a start: legs that do not answer when they are opened. Each test ends only if nobody waits for them. */
class OpenLegsTest {
    private static final long BYTES = 16 * 512;

    private final ThreadTasks tasks = new ThreadTasks();
    private final CountDownLatch answer = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final TableLine table =
            TableLine.parse("0 16 mirror core 1 2 2 /leg0 0 /leg1 0", name -> Optional.of(List.of()));

    OpenLegsTest() throws Exception {}

    @AfterEach
    void endTasks() {
        answer.countDown();
        tasks.close();
    }

    /** Leg 1 answers when it may. */
    private Surroundings world() {
        Devices devices = (Devices) Proxy.newProxyInstance(
                Devices.class.getClassLoader(),
                new Class<?>[] {Devices.class},
                (proxy, method, given) -> openLeg((String) given[0]));
        return new Surroundings(tasks, new SystemClock(), () -> 7, devices);
    }

    private BlockDevice openLeg(String name) throws InterruptedException {
        if (name.equals("/leg1")) {
            asked.incrementAndGet();
            answer.await();
        }
        return new MemoryDevice(name, BYTES, false);
    }

    private static MirrorRecord record(State second) {
        return new MirrorRecord(
                0,
                new UUID(1, 2),
                true,
                1,
                1,
                16,
                new LogKey("core", List.of()),
                Optional.empty(),
                Optional.empty(),
                0,
                List.of(leg(0, State.CURRENT), leg(1, second)));
    }

    private static LegRecord leg(int index, State state) {
        return new LegRecord("/leg" + index, 0, new UUID(3, index), state, LabelPlace.NONE, List.of(), false);
    }

    private OpenLegs open(State second, Duration hungAfter) throws MirrorException {
        LegPolicy policy = LegPolicy.DEFAULT.withTimeouts(Duration.ZERO, hungAfter);
        return OpenLegs.open("m", record(second), policy, world());
    }

    @Test
    void a_leg_that_is_excluded_already_delays_no_start_and_is_asked_once() throws Exception {
        for (Duration hungAfter : List.of(Duration.ZERO, Duration.ofHours(1))) {
            int before = asked.get();
            OpenLegs open = open(State.EXCLUDED, hungAfter);
            assertNotNull(open.legs()[0]);
            assertNull(open.legs()[1]);
            assertTrue(open.isLate(1));
            assertEquals("has not answered for 200 ms", open.trouble(1));
            assertThrows(IOException.class, () -> open.reopen(1, record(State.EXCLUDED)));
            assertTrue(open.isLate(1));
            assertEquals(before + 1, asked.get());
        }
    }

    @Test
    void it_is_opened_when_it_answers() throws Exception {
        OpenLegs open = open(State.EXCLUDED, Duration.ofMillis(100));
        answer.countDown();
        IOException why;
        do {
            // What was begun first may not have come to its end yet.
            why = assertThrows(IOException.class, () -> open.reopen(1, record(State.EXCLUDED)));
        } while (why instanceof InTime.LateException);
        // It was asked, and is not known to be what it was.
        assertTrue(why.getMessage().contains("It was neither read nor written"), why.getMessage());
        assertFalse(open.isLate(1));
    }

    @Test
    void a_leg_that_was_attached_is_waited_for_no_longer_than_the_hard_time_out() throws Exception {
        OpenLegs open = open(State.CURRENT, Duration.ofMillis(100));
        assertNotNull(open.legs()[0]);
        assertNull(open.legs()[1]);
        assertEquals("has not answered for 100 ms", open.trouble(1));
    }
}
