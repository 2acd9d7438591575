// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

/**
 * What coroutines run on. The JDK's own continuations where they can be reached, else platform threads of which exactly one
 * runs; those are a hundred times slower.
 */
public interface Carrier {

    /** Work that can be left in the middle and gone on with later. */
    interface Coroutine {
        /** Goes on until the work ends or {@link Carrier#suspend()} is called in it. Called from outside. */
        void resume();

        /** Drops the work where it stands; it never goes on. Called from outside, for work that is suspended. */
        void abandon();
    }

    /** Ends work on a platform thread that is abandoned. Whatever it passes through, the next seam throws it again. */
    final class Abandoned extends Error {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super("the simulated machine has stopped", null, false, false);
        }
    }

    /**
     * Makes a coroutine that has not begun.
     *
     * @param body its work
     * @return the coroutine
     */
    Coroutine create(Runnable body);

    /** Leaves the coroutine that runs; returns when it is resumed. Called from inside. */
    void suspend();

    /**
     * Whether switching is cheap.
     *
     * @return whether the JDK's continuations are used
     */
    boolean isFast();

    /**
     * Finds the best there is.
     *
     * @return continuations if this JVM has them and was started with {@code --add-exports
     *         java.base/jdk.internal.vm=ALL-UNNAMED}; else threads
     */
    static Carrier best() {
        return Boolean.getBoolean("sim.threads") || !ContinuationCarrier.isThere()
                ? new ThreadCarrier()
                : new ContinuationCarrier();
    }
}
