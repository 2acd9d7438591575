// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Real threads and a real clock. Counts the tasks that run, so that a test sees one left behind. */
final class TestTasks implements Tasks, Clock {
    private final AtomicInteger running = new AtomicInteger();

    int running() {
        return running.get();
    }

    @Override
    public void start(String name, Runnable task) {
        running.incrementAndGet();
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } finally {
                        running.decrementAndGet();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void startAfter(long delayNanos, String name, Runnable task) {
        throw new UnsupportedOperationException("the guard starts nothing later");
    }

    @Override
    public Signal signal(String name) {
        return new MonitorSignal();
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    private static final class MonitorSignal implements Signal {
        @Override
        public synchronized boolean await(BooleanSupplier condition, long deadlineNanos) {
            while (!condition.getAsBoolean()) {
                long leftNanos = deadlineNanos == NEVER ? Long.MAX_VALUE : deadlineNanos - System.nanoTime();
                if (leftNanos <= 0) {
                    return false;
                }
                try {
                    wait(Math.min(1000, leftNanos / 1_000_000 + 1));
                } catch (InterruptedException e) {
                    throw new AssertionError("the guard's tasks are never interrupted", e);
                }
            }
            return true;
        }

        @Override
        public synchronized void raise() {
            notifyAll();
        }
    }
}
