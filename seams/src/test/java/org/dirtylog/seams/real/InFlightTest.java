// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.seams.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InFlightTest {

    @Test
    void nobodyIsInsideOnceAllWereSeenToHaveLeft() throws Exception {
        AtomicReference<InFlight> door = new AtomicReference<>(new InFlight());
        AtomicReference<InFlight> emptied = new AtomicReference<>();
        AtomicInteger caught = new AtomicInteger();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Thread caller = new Thread(() -> {
                for (InFlight mine = door.get(); mine != null; mine = door.get()) {
                    if (mine.enter()) {
                        if (emptied.get() == mine) {
                            caught.incrementAndGet();
                        }
                        mine.leave();
                    }
                }
            });
            caller.start();
            callers.add(caller);
        }
        long end = System.nanoTime() + 2_000_000_000L;
        while (System.nanoTime() < end && caught.get() == 0) {
            InFlight now = door.get();
            now.shut();
            assertTrue(now.awaitEmpty(Signal.NEVER));
            emptied.set(now);
            for (int spin = 0; spin < 50; spin++) {
                Thread.onSpinWait();
            }
            door.set(new InFlight());
        }
        door.set(null);
        for (Thread caller : callers) {
            caller.join();
        }
        assertEquals(0, caught.get(), "a call was inside after all had left");
    }

    @Test
    void whatIsToBeDoneAtTheEndIsDoneOnceByTheLast() {
        InFlight door = new InFlight();
        AtomicInteger done = new AtomicInteger();
        assertTrue(door.enter());
        assertTrue(door.enter());
        door.shutAndThen(done::incrementAndGet);
        door.shutAndThen(done::incrementAndGet);
        assertFalse(door.enter());
        assertFalse(door.awaitEmpty(System.nanoTime() - 1));
        door.leave();
        assertEquals(0, done.get());
        door.leave();
        assertEquals(1, done.get());
        assertTrue(door.awaitEmpty(System.nanoTime() - 1));
    }
}
