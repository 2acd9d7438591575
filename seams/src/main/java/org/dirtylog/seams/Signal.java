// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.util.function.BooleanSupplier;

/**
 * A place where tasks wait for something to become true. Whoever makes it true calls {@link #raise()} afterwards; a waiter
 * that comes at the same time either sees the truth or is woken. Safe for use by many threads.
 */
public interface Signal {

    /** A deadline that never comes. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Waits until the condition holds.
     *
     * @param condition     evaluated on the waiting thread, one waiter at a time: at once, after each {@link #raise()}, and
     *                      perhaps more often. It may have an effect when it becomes true, such as a
     *                      {@code compareAndSet}; it does not block and calls no method of this package
     * @param deadlineNanos a moment of {@link Clock#nanos()}, or {@link #NEVER}
     * @return whether the condition held; {@code false} if the deadline came first
     */
    boolean await(BooleanSupplier condition, long deadlineNanos);

    /**
     * Waits until the condition holds, however long that takes.
     *
     * @param condition as above
     */
    default void await(BooleanSupplier condition) {
        await(condition, NEVER);
    }

    /** Lets every waiter look again. Costs next to nothing when there is none. */
    void raise();
}
