// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.util.Objects;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks on daemon threads of one pool, which keeps idle threads for a minute. A thread carries the name of its task while it
 * runs it. When all threads are taken, further tasks wait for one, and the log says so.
 *
 * <p>Tasks wait for each other, so threads that all wait for a task without a thread would wait for ever. Therefore, when
 * tasks are queued and none has ended for {@link #STALL_MILLIS}, the next one gets a thread of its own.
 */
@Component(service = Tasks.class)
public final class ThreadTasks implements Tasks, AutoCloseable {
    /**
     * How many tasks run at once unless the constructor is told otherwise. With the machine's own threads, and those that stop
     * the mirrors, the process stays below 200 besides one a client.
     */
    public static final int DEFAULT_THREADS = 128;

    private static final Logger LOG = LoggerFactory.getLogger(ThreadTasks.class);
    private static final long KEEP_IDLE_SECONDS = 60;
    private static final long STALL_MILLIS = 20;

    private final long stallMillis;
    private final AtomicBoolean watching = new AtomicBoolean();
    private final AtomicLong ended = new AtomicLong();
    private final AtomicInteger threads = new AtomicInteger();
    private final AtomicBoolean shortageTold = new AtomicBoolean();
    private final ThreadPoolExecutor pool;
    private final ScheduledThreadPoolExecutor timer;

    /** Makes a pool of up to {@link #DEFAULT_THREADS} threads. */
    @Activate
    public ThreadTasks() {
        this(DEFAULT_THREADS);
    }

    /**
     * Makes a pool.
     *
     * @param maxThreads how many tasks may run at once, 1 or more
     */
    public ThreadTasks(int maxThreads) {
        this(maxThreads, STALL_MILLIS);
    }

    ThreadTasks(int maxThreads, long stallMillis) {
        this.stallMillis = stallMillis;
        pool = new ThreadPoolExecutor(
                1,
                maxThreads,
                KEEP_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new IdleFirst(),
                this::thread,
                this::whenAllAreTaken);
        pool.allowCoreThreadTimeOut(true);
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "dirtylog timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(work, idleName(threads.incrementAndGet()));
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void start(String name, Runnable task) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(task, "task");
        pool.execute(() -> run(name, task));
    }

    @Override
    public void startAfter(long delayNanos, String name, Runnable task) {
        if (delayNanos < 0) {
            throw new IllegalArgumentException("a task cannot start " + -delayNanos + " ns ago: " + name);
        }
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(task, "task");
        timer.schedule(() -> startIfOpen(name, task), delayNanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public Signal signal(String name) {
        return new ThreadSignal(Objects.requireNonNull(name, "name"));
    }

    /**
     * Takes no more tasks, and drops those whose delay is not over. Tasks already started go on undisturbed: they may be
     * inside a {@code FileChannel}, and interrupting one would close it (P44).
     */
    @Override
    @Deactivate
    public void close() {
        // Interrupts threads that wait for a task, never one that runs one.
        timer.shutdown();
        pool.shutdown();
    }

    private void startIfOpen(String name, Runnable task) {
        try {
            start(name, task);
        } catch (RejectedExecutionException e) {
            LOG.debug("task {} came due after the end", name);
        }
    }

    private void run(String name, Runnable task) {
        Thread thread = Thread.currentThread();
        String idle = thread.getName();
        thread.setName(name);
        try {
            task.run();
        } catch (Throwable e) {
            LOG.error("task {} ended by {}; other tasks go on, what it was working on may be stuck", name, e, e);
        } finally {
            thread.setName(idle);
            ended.incrementAndGet();
        }
    }

    private void whenAllAreTaken(Runnable task, ThreadPoolExecutor full) {
        if (full.isShutdown()) {
            throw new RejectedExecutionException("no more tasks are started: the process or bundle is stopping");
        }
        if (shortageTold.compareAndSet(false, true)) {
            LOG.warn(
                    "all {} task threads are taken, tasks wait for one; a thread dump tells what they are waiting for",
                    full.getMaximumPoolSize());
        }
        full.getQueue().add(task);
        // If every thread has ended meanwhile, nobody would look at the queue.
        full.prestartCoreThread();
        watch();
    }

    private void watch() {
        if (!pool.getQueue().isEmpty() && watching.compareAndSet(false, true)) {
            watchFrom(ended.get());
        }
    }

    private void watchFrom(long endedBefore) {
        try {
            timer.schedule(() -> look(endedBefore), stallMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("nobody watches for a stall after the end");
        }
    }

    private void look(long endedBefore) {
        if (ended.get() == endedBefore) {
            Runnable next = pool.getQueue().poll();
            if (next != null) {
                thread(next).start();
            }
        }
        watching.set(false);
        watch();
    }

    private static String idleName(int number) {
        return "dirtylog idle " + number;
    }

    /**
     * A queue that a {@link ThreadPoolExecutor} finds full unless a thread waits at it, so that it makes threads up to its
     * maximum before it queues anything, and none while one is idle.
     */
    private static final class IdleFirst extends LinkedTransferQueue<Runnable> {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }

        @Override
        public boolean add(Runnable task) {
            return super.offer(task);
        }
    }
}
