// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Counts the calls inside a device and shuts the door behind them. A call counts itself first and then looks at the door
 * (as P3 has it); whoever shuts the door reads the counts afterwards. A call counts up and down in the same cell, so no cell
 * is ever below the calls it stands for, and when all were seen zero after the door was shut, nobody is inside.
 *
 * <p>Cells are a cache line apart and chosen by thread: calls of several threads do not slow each other down.
 */
final class InFlight {
    private static final int CELLS = 16;
    private static final int APART = 16;

    private final AtomicIntegerArray counts = new AtomicIntegerArray((CELLS + 1) * APART);
    private volatile boolean shut;
    // Both under the monitor.
    private Runnable whenEmpty;
    private boolean emptied;

    /** Counts the caller in, unless the door is shut. Whoever gets {@code true} calls {@link #leave()}. */
    boolean enter() {
        counts.getAndIncrement(cell());
        if (!shut) {
            return true;
        }
        leave();
        return false;
    }

    void leave() {
        counts.getAndDecrement(cell());
        if (shut) {
            tell();
        }
    }

    /** Lets nobody in from now on. */
    void shut() {
        shut = true;
    }

    boolean isShut() {
        return shut;
    }

    /** Waits, with the door shut, until all have left; an interrupt does not end it. Returns whether they have. */
    synchronized boolean awaitEmpty(long deadlineNanos) {
        boolean interrupted = false;
        try {
            while (!isEmpty()) {
                long left = deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    // Rounded up: 0 would mean for ever.
                    wait(left / 1_000_000 + 1);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            Interrupts.restore(interrupted);
        }
    }

    /** Shuts the door and does something once, when all have left: here and now, or on the thread of the last. */
    void shutAndThen(Runnable action) {
        synchronized (this) {
            if (whenEmpty == null) {
                whenEmpty = action;
            }
        }
        shut = true;
        tell();
    }

    private void tell() {
        Runnable action = null;
        synchronized (this) {
            notifyAll();
            if (whenEmpty != null && isEmpty()) {
                action = whenEmpty;
                whenEmpty = () -> {};
            }
        }
        if (action != null) {
            action.run();
        }
    }

    /** Seen once with the door shut it stays so: whoever counts itself in later only looks at the door. */
    private boolean isEmpty() {
        if (emptied) {
            return true;
        }
        boolean wasShut = shut;
        for (int i = 1; i <= CELLS; i++) {
            if (counts.get(i * APART) != 0) {
                return false;
            }
        }
        emptied = wasShut;
        return true;
    }

    private static int cell() {
        return (int) (Thread.currentThread().getId() % CELLS + 1) * APART;
    }
}
