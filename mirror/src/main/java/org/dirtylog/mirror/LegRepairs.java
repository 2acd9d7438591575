// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicBoolean;

/** How often a leg was rewritten because it could not be read: a leg that needs it too often is a dying one. */
final class LegRepairs {
    /** More than these within the time are too many. */
    static final int MOST = 16;

    private static final long TIME = 60_000_000_000L;

    private final AtomicBoolean busy = new AtomicBoolean();

    // Guarded by this.
    private int count;
    private long since;

    /** Answers whether the repair is the caller's: one is under way at a time. */
    boolean tryBegin() {
        return busy.compareAndSet(false, true);
    }

    void end() {
        busy.set(false);
    }

    /** Counts one more; answers whether it is one too many. */
    synchronized boolean isOneTooMany(long nowNanos) {
        if (count == 0 || nowNanos - since > TIME) {
            count = 0;
            since = nowNanos;
        }
        return ++count > MOST;
    }
}
