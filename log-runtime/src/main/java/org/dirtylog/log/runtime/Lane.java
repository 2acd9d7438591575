// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * The way to one log: one call at a time, each happening before the next, and none longer than the patience. Each runs on a
 * task of its own, so that a log that hangs keeps that task and not its caller. No monitor is held while the log is called.
 */
final class Lane {
    /** More patience than this is as good as any. */
    private static final long MOST_PATIENCE_NANOS = 365L * 24 * 3600 * 1_000_000_000L;

    /** The call that is inside a log on this thread, so that a log cannot wait for itself. See {@link #isOnThisStack}. */
    private static final ThreadLocal<Call> INSIDE = new ThreadLocal<>();

    private final String name;
    private final Tasks tasks;
    private final Clock clock;
    private final long patienceNanos;
    private final Consumer<Call> onHung;

    /** Waiters for the turn. */
    private final Signal turn;
    /** The waiter for an answer. */
    private final Signal answer;

    /** Who has the turn. A call that hangs keeps it for ever. */
    private final AtomicReference<Call> holder = new AtomicReference<>();

    private volatile boolean barred;

    /**
     * Opens a lane.
     *
     * @param onHung told once or more that a call has used up the patience; bars the lane
     */
    Lane(String name, Tasks tasks, Clock clock, Duration patience, Consumer<Call> onHung) {
        this.name = name;
        this.tasks = tasks;
        this.clock = clock;
        this.patienceNanos = nanosOf(patience);
        this.onHung = onHung;
        turn = tasks.signal(name + "/turn");
        answer = tasks.signal(name + "/answer");
    }

    private static long nanosOf(Duration patience) {
        return patience.compareTo(Duration.ofNanos(MOST_PATIENCE_NANOS)) > 0 ? MOST_PATIENCE_NANOS : patience.toNanos();
    }

    private void inside(Call call) {
        // A log is not charged for the time in which there was no task for its call.
        call.start(clock.nanos());
        Call outer = INSIDE.get();
        INSIDE.set(call);
        try {
            call.run();
        } finally {
            if (outer == null) {
                INSIDE.remove();
            } else {
                INSIDE.set(outer);
            }
        }
    }

    /** The call that has the turn, or {@code null}. */
    Call holder() {
        return holder.get();
    }

    /**
     * Waits for the turn.
     *
     * @return whether it was had; {@code false} if the lane was barred
     * @throws IllegalStateException if the calling thread is inside this log already
     */
    boolean take(Call call) {
        refuseReentry(call.method());
        while (!barred) {
            Call before = holder.get();
            if (before == null) {
                if (holder.compareAndSet(null, call)) {
                    return begin(call);
                }
                continue;
            }
            boolean mine = turn.await(() -> barred || holder.compareAndSet(null, call), deadlineOf(before));
            if (mine && holder.get() == call) {
                return begin(call);
            }
            if (!mine) {
                declareIfHung(before);
            }
        }
        return false;
    }

    /** Takes the turn if that needs no waiting. */
    boolean takeNow(Call call) {
        return !barred && holder.compareAndSet(null, call) && begin(call);
    }

    /** The bar is set first and then looks at the holder; here it is the other way round, so one of the two sees the other. */
    private boolean begin(Call call) {
        if (barred) {
            give(call);
            return false;
        }
        return true;
    }

    void refuseReentry(Method method) {
        Call inside = INSIDE.get();
        if (inside != null && inside == holder.get() && isOnThisStack()) {
            throw new IllegalStateException(name + ": " + method + " was called from within " + inside.inside()
                    + " of the same log, and would wait for itself; a host returns before it calls the log");
        }
    }

    /**
     * Whether this task is inside a log. In a simulation tasks can be coroutines that share a thread, and then the thread
     * alone says nothing.
     */
    private static boolean isOnThisStack() {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(Lane.class.getName())
                        && frame.getMethodName().equals("inside")));
    }

    /** Gives the turn back. */
    void give(Call call) {
        holder.compareAndSet(call, null);
        turn.raise();
    }

    /** Runs the call, which has the turn, on another task, and waits for its outcome as long as the patience lasts. */
    void runBounded(Call call) {
        try {
            tasks.start(name, () -> {
                if (!call.isOver()) {
                    inside(call);
                    answer.raise();
                }
            });
        } catch (RuntimeException | Error e) {
            // No task is to be had: the log was not called.
            give(call);
            throw e;
        }
        while (!call.isOver()) {
            if (!answer.await(call::isOver, deadlineOf(call))) {
                declareIfHung(call);
            }
        }
    }

    /**
     * Runs the call, which has the turn, on another task, which gives the turn back, and waits for that a moment only. A call
     * that hangs keeps the turn, and whoever needs it next finds that out.
     */
    void runLoosely(Call call, long momentNanos) {
        try {
            tasks.start(name, () -> {
                inside(call);
                give(call);
                answer.raise();
            });
        } catch (RuntimeException | Error e) {
            give(call);
            return;
        }
        answer.await(() -> holder.get() != call, clock.nanos() + momentNanos);
    }

    /**
     * When to look again. While the log is in its host its clock stands still, so this is the earliest moment at which it can
     * have used up its patience.
     */
    private long deadlineOf(Call call) {
        long now = clock.nanos();
        return now + Math.max(1, patienceNanos - call.ownNanos(now));
    }

    private void declareIfHung(Call call) {
        boolean overdue = call.ownNanos(clock.nanos()) >= patienceNanos;
        if (overdue && holder.get() == call && !barred) {
            onHung.accept(call);
        }
    }

    /** Lets nobody pass any more, and whoever waits for an answer wait no longer. */
    void bar(DirtyLogException why) {
        barred = true;
        Call stuck = holder.get();
        if (stuck != null) {
            stuck.giveUp(why);
        }
        turn.raise();
        answer.raise();
    }

    /** Waits until nobody is inside, at most as long as the patience. */
    boolean drain() {
        return turn.await(() -> holder.get() == null, clock.nanos() + patienceNanos);
    }

    long patienceNanos() {
        return patienceNanos;
    }

    Clock clock() {
        return clock;
    }

    Tasks tasks() {
        return tasks;
    }

    String name() {
        return name;
    }
}
