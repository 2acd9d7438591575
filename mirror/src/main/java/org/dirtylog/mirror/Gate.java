// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * Lets operations in, or keeps them out and waits until those inside have left (P3). Whoever enters counts itself first and
 * looks at the gate afterwards; whoever closes it closes first and looks at the counts afterwards. All of it is
 * sequentially consistent, so one of the two sees the other.
 */
final class Gate {
    /** Counters lie a cache line apart, so that connections do not slow each other down. */
    private static final int STRIPES = 8;

    private static final int SPACING = 16;

    private final AtomicIntegerArray inside = new AtomicIntegerArray(STRIPES * SPACING);
    private final AtomicInteger closers = new AtomicInteger();
    private final Signal changed;
    private volatile boolean shut;

    Gate(Tasks tasks, String name) {
        this.changed = tasks.signal(name);
    }

    /**
     * Enters, after waiting for the gate to open.
     *
     * @param hint spreads callers over the counters; {@link #leave} takes the same
     * @throws IOException if the gate was shut for good
     */
    void enter(int hint) throws IOException {
        while (!tryEnter(hint)) {
            if (shut) {
                throw new IOException("the mirror is stopped");
            }
            changed.await(() -> shut || isOpen());
        }
    }

    /** Enters if the gate is open, and was not shut. */
    boolean tryEnter(int hint) {
        int slot = slot(hint);
        inside.incrementAndGet(slot);
        if (closers.get() == 0 && !shut) {
            return true;
        }
        backOut(slot);
        return false;
    }

    void leave(int hint) {
        backOut(slot(hint));
    }

    private void backOut(int slot) {
        if (inside.decrementAndGet(slot) == 0 && !isOpen()) {
            changed.raise();
        }
    }

    private static int slot(int hint) {
        return (hint & STRIPES - 1) * SPACING;
    }

    boolean isOpen() {
        return closers.get() == 0 && !shut;
    }

    /** Keeps newcomers out, until {@link #open()} has been called as often as this. Those inside are still there. */
    void close() {
        closers.incrementAndGet();
    }

    /** Waits until nobody is inside. The gate is closed. */
    void awaitEmpty() {
        changed.await(this::isEmpty);
    }

    /** Whether nobody was seen inside. */
    boolean isEmpty() {
        for (int i = 0; i < STRIPES; i++) {
            if (inside.get(i * SPACING) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Sends away those who wait and all who come, for good, also when it is opened again by those who have closed it. */
    void shut() {
        shut = true;
        changed.raise();
    }

    void open() {
        if (closers.decrementAndGet() == 0) {
            changed.raise();
        }
    }
}
