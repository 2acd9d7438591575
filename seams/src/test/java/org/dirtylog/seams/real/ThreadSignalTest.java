// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
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
        // raiser that is about to find nobody. After a lost one both sleep for ever.
        int turns = 100_000;
        AtomicInteger token = new AtomicInteger();
        List<Thread> players = new ArrayList<>();
        for (int me = 0; me < 2; me++) {
            int parity = me;
            players.add(thread(() -> {
                for (int turn = parity; turn < turns; turn += 2) {
                    int mine = turn;
                    signal.await(() -> token.get() == mine);
                    token.set(mine + 1);
                    signal.raise();
                }
            }));
        }
        joinAll(players);
    }

    @Test
    void manyWaitersShareOutWhatManyRaisersGive() throws Exception {
        int each = 5_000;
        int pairs = 8;
        AtomicInteger permits = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            threads.add(thread(() -> {
                for (int n = 0; n < each; n++) {
                    signal.await(() -> takeOne(permits));
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
    void whatBecomesTrueWhileAWaiterLooksWakesIt() throws Exception {
        AtomicBoolean truth = new AtomicBoolean();
        AtomicBoolean looked = new AtomicBoolean();
        // The first look finds nothing, and before it has ended somebody makes it true and has raised, or stands at the
        // door.
        Thread waiter = thread(() -> signal.await(() -> {
            boolean seen = truth.get();
            if (looked.compareAndSet(false, true)) {
                Thread raiser = thread(() -> {
                    truth.set(true);
                    signal.raise();
                });
                awaitState(raiser, Thread.State.WAITING);
            }
            return seen;
        }));
        joinAll(List.of(waiter));
    }

    @Test
    void anInterruptEndsNoWaitAndIsFoundAfterwards() throws Exception {
        for (boolean timed : new boolean[] {true, false}) {
            AtomicBoolean truth = new AtomicBoolean();
            AtomicInteger looks = new AtomicInteger();
            AtomicBoolean kept = new AtomicBoolean();
            Thread waiter = thread(() -> {
                boolean held = signal.await(
                        () -> {
                            looks.incrementAndGet();
                            return truth.get();
                        },
                        timed ? System.nanoTime() + LONG : Signal.NEVER);
                kept.set(held && Thread.currentThread().isInterrupted());
            });
            awaitState(waiter, timed ? Thread.State.TIMED_WAITING : Thread.State.WAITING);
            waiter.interrupt();
            while (timed && looks.get() < 2) {
                Thread.onSpinWait();
            }
            truth.set(true);
            signal.raise();
            joinAll(List.of(waiter));
            assertTrue(kept.get(), "a wait was ended by an interrupt, or the interrupt was swallowed");
        }
    }

    @Test
    void aThreadThatComesInterruptedWaitsLikeAnyOther() {
        Thread.currentThread().interrupt();
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
            assertFalse(signal.await(() -> false, deadline));
            assertTrue(System.nanoTime() - deadline >= 0, "it ended early");
        } finally {
            assertTrue(Thread.interrupted(), "the interrupt was swallowed");
        }
    }

    private static void awaitState(Thread thread, Thread.State state) {
        while (thread.getState() != state && thread.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
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

    /** A wait minds no interrupt, so a time limit of the test class could not end it. */
    private static void joinAll(List<Thread> threads) throws InterruptedException {
        long deadline = System.nanoTime() + LONG;
        for (Thread thread : threads) {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            assertFalse(thread.isAlive(), "a waiter sleeps on; its wake-up was lost");
        }
    }
}
