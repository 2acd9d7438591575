// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.log.DirtyLogException;

/**
 * One call to a log under way, with the time that the log has had for it. Time inside the log's host is not the log's (P43).
 * It has one outcome, the first that is offered: the log's, or that of whoever gave up waiting.
 */
final class Call {

    /** What a log is asked. */
    @FunctionalInterface
    interface Work {
        /** Asks it. */
        Object ask(Call self) throws Exception;
    }

    /** How it ended: an answer, perhaps {@code null}, or something thrown, by the log or by whoever gave up. */
    record Outcome(Object answer, Throwable thrown, boolean givenUp) {}

    private final Method method;
    private final Work work;
    private final AtomicReference<Outcome> outcome = new AtomicReference<>();

    /** The method of the log that has been called last. */
    private volatile Method inside;

    private boolean started;
    private long startedNanos;
    private int inHost;
    private long hostSinceNanos;
    private long hostNanos;

    Call(Method method, Work work) {
        this.method = method;
        this.work = work;
        this.inside = method;
    }

    /** What was asked. */
    Method method() {
        return method;
    }

    /** Where the log is: at what was asked, at what it is told before, or at its status. */
    Method inside() {
        return inside;
    }

    void goInside(Method now) {
        inside = now;
    }

    synchronized void start(long nowNanos) {
        started = true;
        startedNanos = nowNanos;
    }

    /** The log calls its host. Several of its threads may do so at once; the log waits as long as any of them does. */
    synchronized void enterHost(long nowNanos) {
        if (inHost++ == 0) {
            hostSinceNanos = nowNanos;
        }
    }

    synchronized void leaveHost(long nowNanos) {
        if (--inHost == 0) {
            hostNanos += Math.max(0, nowNanos - hostSinceNanos);
        }
    }

    /** How long the log itself has been at it. */
    synchronized long ownNanos(long nowNanos) {
        if (!started) {
            return 0;
        }
        long host = hostNanos + (inHost > 0 ? Math.max(0, nowNanos - hostSinceNanos) : 0);
        return Math.max(0, nowNanos - startedNanos - host);
    }

    /** Asks the log on the calling thread. Tells whether its answer counts; if not, the waiter has gone. */
    boolean run() {
        Outcome result;
        try {
            result = new Outcome(work.ask(this), null, false);
        } catch (Throwable thrown) {
            // Foreign code: whatever it throws ends with the log and not with the mirror.
            result = new Outcome(null, thrown, false);
        }
        boolean counts = outcome.compareAndSet(null, result);
        if (!counts && result.answer() instanceof AutoCloseable late) {
            closeLate(late);
        }
        return counts;
    }

    /** A log that was made after nobody waited for it any more still holds its medium. */
    private static void closeLate(AutoCloseable late) {
        try {
            late.close();
        } catch (Throwable ignored) {
            // Nobody is left to be told, and the medium is fenced by the mirror.
        }
    }

    /** Ends the wait for it. Has no effect if the log has answered. */
    void giveUp(DirtyLogException why) {
        outcome.compareAndSet(null, new Outcome(null, why, true));
    }

    boolean isOver() {
        return outcome.get() != null;
    }

    Outcome outcome() {
        return outcome.get();
    }
}
