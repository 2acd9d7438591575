// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tells how long a client has been waited for, in the middle of something: one such watches what it sends, another what it
 * takes. It is used before and after each call that may last until the client does something, so it asks for no time; whoever
 * sweeps over all connections looks at it and counts the time.
 *
 * <p>A step ends when a thing is finished, and every {@link #STEP_BYTES} within it: what is slow goes on, what trickles does
 * not.
 */
final class Patience {
    /** How much must move in the time that is granted; calls move no more at a time. */
    static final int STEP_BYTES = 256 * 1024;

    /** The step that the client is waited for in; 0 while it is not. */
    private final AtomicInteger waitedFor = new AtomicInteger();

    // Of whoever reads, or has the right to write.
    private int step = 1;
    private int moved;

    // Of whoever sweeps.
    private int seen;
    private long stoodNanos;

    /** Comes before a call in which the client is waited for. */
    void begin() {
        waitedFor.lazySet(step);
    }

    /** Comes after it. */
    void end(int bytes) {
        waitedFor.lazySet(0);
        moved += Math.max(bytes, 0);
        if (moved >= STEP_BYTES) {
            next();
        }
    }

    /** Something is finished. */
    void next() {
        moved = 0;
        step = step == Integer.MAX_VALUE ? 1 : step + 1;
    }

    /** How long the client has been waited for in one step, if so much time has passed since this was asked last. */
    long stood(long passedNanos) {
        int now = waitedFor.get();
        if (now == 0) {
            // Nobody waits for it at this moment: this time does not count, but it may be between two bytes.
            return 0;
        }
        stoodNanos = now == seen ? stoodNanos + passedNanos : 0;
        seen = now;
        return stoodNanos;
    }
}
