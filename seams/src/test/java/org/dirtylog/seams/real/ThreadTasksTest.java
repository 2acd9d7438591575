// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ThreadTasksTest {
    private final ThreadTasks tasks = new ThreadTasks(4);
    /** Of this test's length no stall is noticed. */
    private final ThreadTasks patient = new ThreadTasks(4, 60_000);

    @AfterEach
    void close() {
        tasks.close();
        patient.close();
    }

    @Test
    void aTaskRunsOnADaemonThreadOfItsName() throws Exception {
        CompletableFuture<Thread> ran = new CompletableFuture<>();
        CompletableFuture<String> name = new CompletableFuture<>();
        tasks.start("demo/worker", () -> {
            ran.complete(Thread.currentThread());
            name.complete(Thread.currentThread().getName());
        });
        assertEquals("demo/worker", name.get());
        assertTrue(ran.get().isDaemon());
    }

    @Test
    void whatATaskThrowsStaysInIt() throws Exception {
        tasks.start("faulty", () -> {
            throw new AssertionError("thrown on purpose by a test");
        });
        tasks.startAfter(0, "faulty later", () -> {
            throw new IllegalStateException("thrown on purpose by a test");
        });
        CompletableFuture<Boolean> after = new CompletableFuture<>();
        tasks.startAfter(1_000, "after", () -> after.complete(true));
        assertTrue(after.get());
    }

    @Test
    void tasksThatAllWaitForOthersWithoutAThreadGoOn() throws Exception {
        CountDownLatch all = new CountDownLatch(12);
        for (int i = 0; i < 4; i++) {
            tasks.start("outer", () -> {
                CountDownLatch inner = new CountDownLatch(2);
                for (int j = 0; j < 2; j++) {
                    tasks.start("inner", () -> {
                        inner.countDown();
                        all.countDown();
                    });
                }
                awaitQuietly(inner);
                all.countDown();
            });
        }
        assertTrue(all.await(20, TimeUnit.SECONDS), "left: " + all.getCount());
    }

    @Test
    void tasksRunTogetherUpToTheMaximumAndTheOthersWait() throws Exception {
        CountDownLatch together = new CountDownLatch(4);
        CountDownLatch finish = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(10);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 10; i++) {
            patient.start("task " + i, () -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                together.countDown();
                awaitQuietly(finish);
                running.decrementAndGet();
                done.countDown();
            });
        }
        together.await();
        finish.countDown();
        done.await();
        assertEquals(4, most.get());
    }

    @Test
    void anIdleThreadIsUsedBeforeANewOneIsMade() throws Exception {
        Set<Thread> used = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 50; i++) {
            CompletableFuture<Thread> ran = new CompletableFuture<>();
            tasks.start("one", () -> ran.complete(Thread.currentThread()));
            Thread thread = ran.get();
            used.add(thread);
            while (thread.getState() == Thread.State.RUNNABLE) {
                Thread.onSpinWait();
            }
        }
        assertEquals(1, used.size());
    }

    @Test
    void aLaterTaskComesNoEarlierThanItsTime() throws Exception {
        long delay = TimeUnit.MILLISECONDS.toNanos(20);
        long before = System.nanoTime();
        CompletableFuture<Long> ran = new CompletableFuture<>();
        tasks.startAfter(delay, "later", () -> ran.complete(System.nanoTime()));
        assertTrue(ran.get() - before >= delay);
        assertThrows(IllegalArgumentException.class, () -> tasks.startAfter(-1, "never", () -> {}));
    }

    @Test
    void theEndInterruptsNoTaskThatRuns() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        tasks.start("running", () -> {
            began.countDown();
            while (closed.getCount() > 0) {
                Thread.onSpinWait();
            }
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        began.await();
        tasks.close();
        closed.countDown();
        assertFalse(interrupted.get());
        assertThrows(RejectedExecutionException.class, () -> tasks.start("too late", () -> {}));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
