// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.seams.Signal;

/**
 * The forces of one leg: they run one at a time, and callers that come while one is under way share the next. A failure is latched
 * before any result of it is used (P13).
 */
final class ForceTurns {
    /** What brings everything that was written to stable storage. */
    interface Force {
        void run() throws IOException;
    }

    private final String leg;
    private final LegHealth health;
    private final Signal forced;

    /** Latched when a force failed, before any result of it is used (P13, I28). */
    private volatile IOException failure;

    // Guarded by this. A force begun as number n covers all writes that ended before it began.
    private long begun;
    private long ended;
    private boolean forcing;

    ForceTurns(String leg, LegHealth health, Signal forced) {
        this.leg = leg;
        this.health = health;
        this.forced = forced;
    }

    /** The failure of an earlier force, or {@code null}. */
    IOException failure() {
        return failure;
    }

    /** Restores, from the record, what an earlier run latched; or ends it, by an operator's resume. */
    void latch(IOException newFailure) {
        failure = newFailure;
    }

    /** Who waits for a force that is under way need not when the leg hangs. */
    void wake() {
        forced.raise();
    }

    /** Forces, in turn. Nobody shares it. */
    void alone(Force force) throws IOException {
        boolean[] mine = new boolean[1];
        forced.await(() -> failure != null || health.isHanging() || (mine[0] = tryBegin()));
        if (mine[0]) {
            run(force);
        } else {
            requireAnswering();
        }
        requireForced();
    }

    /** Returns when every write that ended before the call is on stable storage. */
    void share(Force force) throws IOException {
        long needed = next();
        // Answers true to the one caller that is to do it; the others wait for its end.
        boolean[] mine = new boolean[1];
        while (true) {
            forced.await(() -> isForced(needed) || health.isHanging() || (mine[0] = tryBegin()));
            if (!mine[0]) {
                if (!isForced(needed)) {
                    requireAnswering();
                    continue;
                }
                break;
            }
            mine[0] = false;
            run(force);
        }
        requireForced();
    }

    private void run(Force force) {
        IOException thrown = null;
        try {
            force.run();
        } catch (IOException e) {
            thrown = e;
        } catch (RuntimeException | Error e) {
            thrown = Leg.failure(leg, e);
        }
        end(thrown);
        forced.raise();
    }

    private void requireAnswering() throws IOException {
        if (health.isHanging()) {
            throw health.hanging(leg);
        }
    }

    private void requireForced() throws IOException {
        IOException why = failure;
        if (why != null) {
            throw new IOException("leg " + leg + " could not be forced: " + why.getMessage(), why);
        }
    }

    private synchronized long next() {
        return begun + 1;
    }

    private synchronized boolean isForced(long number) {
        return failure != null || ended >= number;
    }

    private synchronized boolean tryBegin() {
        if (forcing) {
            return false;
        }
        forcing = true;
        begun++;
        return true;
    }

    private synchronized void end(IOException thrown) {
        if (thrown != null && failure == null) {
            // Linux reports a write-back error once per open file: whoever forces next would be told that all is well.
            failure = thrown;
            // Nor is anything read from here on that those pages held (P14 step 0).
            health.latchFailing();
        }
        forcing = false;
        ended = begun;
    }
}
