// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import org.dirtylog.log.DirtyLogException;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Runs a call that may block on a task of its own, and waits for it no longer than patience allows. */
final class BoundedCall {
    /** What to run. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws DirtyLogException;
    }

    /** The call has not returned in time; its thread is stuck in foreign code and is left alone (P44). */
    static final class HungException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private final Tasks tasks;
    private final Clock clock;
    private final HostTime hostTime;
    private final long patienceNanos;
    private final String name;
    private final Signal ended;

    BoundedCall(Tasks tasks, Clock clock, HostTime hostTime, long patienceNanos, String name) {
        this.tasks = tasks;
        this.clock = clock;
        this.hostTime = hostTime;
        this.patienceNanos = patienceNanos;
        this.name = name;
        this.ended = tasks.signal(name + "/call");
    }

    /** How a call ended. */
    private static final class Attempt<T> {
        private volatile boolean done;
        private T result;
        private Throwable failure;

        void run(Call<T> call) {
            try {
                result = call.run();
            } catch (Throwable e) { // foreign code: also errors, which must not take a thread of the pool along
                failure = e;
            }
            done = true;
        }

        T outcome() throws Throwable {
            if (failure != null) {
                throw failure;
            }
            return result;
        }
    }

    /** Runs a call; throws what it threw. */
    <T> T run(Call<T> call) throws Throwable {
        Attempt<T> attempt = new Attempt<>();
        long begun = clock.nanos();
        long hostBefore = hostTime.total();
        tasks.start(name, () -> {
            attempt.run(call);
            ended.raise();
        });
        while (true) {
            long deadline = begun + patienceNanos + hostTime.total() - hostBefore;
            if (ended.await(() -> attempt.done, deadline)) {
                return attempt.outcome();
            }
            boolean patience = hostTime.isInside() || deadline < begun + patienceNanos + hostTime.total() - hostBefore;
            if (!patience) {
                throw new HungException();
            }
            // The log is in its host: look again in a while.
            long later = clock.nanos() + patienceNanos;
            if (ended.await(() -> attempt.done || !hostTime.isInside(), later) && attempt.done) {
                return attempt.outcome();
            }
        }
    }
}
