// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.seams.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadSignalTest {
    private static final long LONG = TimeUnit.SECONDS.toNanos(20);

    private final Signal signal = new ThreadSignal("test");

    @Test
    void noWakeUpIsLostBetweenTheLookAndTheSleep() throws Exception {
        // Two threads pass a token through one signal: each turn is a race between a waiter that is about to sleep and
        // a
        // raiser that is about to find nobody. A lost one leaves both asleep until the deadline.
        int turns = 200_000;
        AtomicInteger token = new AtomicInteger();
        AtomicBoolean lost = new AtomicBoolean();
        List<Thread> players = new ArrayList<>();
        for (int me = 0; me < 2; me++) {
            int parity = me;
            players.add(thread(() -> {
                for (int turn = parity; turn < turns && !lost.get(); turn += 2) {
                    int mine = turn;
                    if (!signal.await(() -> token.get() == mine, System.nanoTime() + LONG)) {
                        lost.set(true);
                    }
                    token.set(mine + 1);
                    signal.raise();
                }
            }));
        }
        joinAll(players);
        assertFalse(lost.get(), "a wake-up was lost at turn " + token.get());
    }

    @Test
    void manyWaitersShareOutWhatManyRaisersGive() throws Exception {
        int each = 5_000;
        int pairs = 8;
        AtomicInteger permits = new AtomicInteger();
        AtomicInteger starved = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            threads.add(thread(() -> {
                for (int n = 0; n < each && starved.get() == 0; n++) {
                    if (!signal.await(() -> takeOne(permits), System.nanoTime() + LONG)) {
                        starved.incrementAndGet();
                    }
                }
            }));
            threads.add(thread(() -> {
                for (int n = 0; n < each; n++) {
                    permits.incrementAndGet();
                    signal.raise();
                }
            }));
        }
        joinAll(threads);
        assertEquals(0, starved.get(), "waiters that slept while a permit was there");
        assertEquals(0, permits.get(), "permits left over");
    }

    @Test
    void conditionsAreEvaluatedByOneWaiterAtATime() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicBoolean open = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(thread(() -> signal.await(() -> {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                for (int spin = 0; spin < 1_000; spin++) {
                    Thread.onSpinWait();
                }
                inside.decrementAndGet();
                return open.get();
            })));
        }
        for (int i = 0; i < 1_000; i++) {
            signal.raise();
        }
        open.set(true);
        signal.raise();
        joinAll(threads);
        assertEquals(1, most.get());
    }

    @Test
    void aDeadlineEndsTheWaitAndNotBefore() {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(30);
        assertFalse(signal.await(() -> false, deadline));
        assertTrue(System.nanoTime() - deadline >= 0, "it ended early");
        assertTrue(signal.await(() -> true, System.nanoTime() - 1), "what holds at once needs no time");
    }

    @Test
    void anInterruptEndsNoWaitAndIsFoundAfterwards() throws Exception {
        AtomicBoolean condition = new AtomicBoolean();
        AtomicInteger looks = new AtomicInteger();
        AtomicBoolean kept = new AtomicBoolean(true);
        for (long patience : new long[] {LONG, 0}) {
            condition.set(false);
            looks.set(0);
            CountDownLatch began = new CountDownLatch(1);
            Thread waiter = thread(() -> {
                Thread.currentThread().interrupt();
                long deadline = patience == 0 ? Signal.NEVER : System.nanoTime() + patience;
                boolean held = signal.await(
                        () -> {
                            looks.incrementAndGet();
                            began.countDown();
                            return condition.get();
                        },
                        deadline);
                kept.compareAndSet(true, held && Thread.currentThread().isInterrupted());
            });
            began.await();
            waiter.interrupt();
            condition.set(true);
            signal.raise();
            joinAll(List.of(waiter));
        }
        assertTrue(kept.get(), "a wait was ended by an interrupt, or the interrupt was swallowed");
    }

    private static boolean takeOne(AtomicInteger permits) {
        int now = permits.get();
        return now > 0 && permits.compareAndSet(now, now - 1);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void joinAll(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
