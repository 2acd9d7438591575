// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import org.dirtylog.seams.Clock;

/** Adds up the time that a log spends in its host: it is the legs' time or the record's, and not the log's (P43). */
final class HostTime {
    private final Clock clock;

    // Guarded by this.
    private int inside;
    private long since;
    private long total;

    HostTime(Clock clock) {
        this.clock = clock;
    }

    void enter() {
        long now = clock.nanos();
        synchronized (this) {
            if (inside++ == 0) {
                since = now;
            }
        }
    }

    void leave() {
        long now = clock.nanos();
        synchronized (this) {
            if (--inside == 0) {
                total += now - since;
            }
        }
    }

    synchronized boolean isInside() {
        return inside > 0;
    }

    /** Nanoseconds spent so far, without a stay that has not ended. */
    synchronized long total() {
        return total;
    }
}
