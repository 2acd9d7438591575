// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What clients read from one leg. Counting costs two atomic steps a read, and nothing waits for it. */
final class LegReads {
    private final AtomicInteger inFlight = new AtomicInteger();
    private final LongAdder done = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder rewritten = new LongAdder();
    /** Where the latest read ended. Reads race for it, and any of them will do. */
    private volatile long lastEnd = -1;

    void begin() {
        inFlight.incrementAndGet();
    }

    void end(long position) {
        lastEnd = position;
        inFlight.decrementAndGet();
        done.increment();
    }

    /** How many are under way. One that hangs counts as long as it does. */
    int inFlight() {
        return inFlight.get();
    }

    long lastEnd() {
        return lastEnd;
    }

    void noteError() {
        errors.increment();
    }

    void noteRewritten() {
        rewritten.increment();
    }

    long done() {
        return done.sum();
    }

    long errors() {
        return errors.sum();
    }

    long rewritten() {
        return rewritten.sum();
    }
}
