// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.dirtylog.sim.world.Trace;

/** Runs histories by their seeds. */
final class Runs {
    /** One seed in so many is run twice: a different trace would mean that a seed does not say all. */
    private static final int TWICE = 100;

    /** Of more failures in a row not each is shrunk. */
    private static final int MOST_SHRUNK = 3;

    private final Options options;
    private final boolean shrinks;

    /**
     * Prepares.
     *
     * @param options how
     * @param shrinks whether to leave out of a failure what has no part in it
     */
    Runs(Options options, boolean shrinks) {
        this.options = options;
        this.shrinks = shrinks;
    }

    /**
     * Runs seeds in order.
     *
     * @param first  the first
     * @param end    the one after the last
     * @param enough asked after each whether to stop
     * @param tally  what they did is added to it
     * @return the seed after the last that was run
     */
    long run(long first, long end, Tally tally, BooleanSupplier enough) {
        long seed = first;
        while (seed < end && !enough.getAsBoolean()) {
            add(seed, tally);
            seed++;
        }
        return seed;
    }

    private void add(long seed, Tally tally) {
        History.Outcome outcome = onItsOwn(seed, options);
        tally.add(seed, outcome, options);
        if (outcome.failure() != null && shrinks && tally.failed() <= MOST_SHRUNK) {
            Options least = new Shrinking(fewer -> onItsOwn(seed, fewer), outcome.failure()).shrink(options, outcome);
            tally.shrunk(seed, least);
        }
    }

    /**
     * Runs a history on a thread of its own: coroutines that a crash left in the middle of a call leave behind what they had put
     * into their thread, and with it everything they knew.
     */
    static History.Outcome onItsOwn(long seed, Options options) {
        FutureTask<History.Outcome> history = new FutureTask<>(() -> run(seed, options));
        new Thread(history, "history " + seed).start();
        try {
            return history.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("seed " + seed + " broke the simulator", e);
        }
    }

    private static History.Outcome run(long seed, Options options) {
        History.Outcome outcome = History.run(seed, options, new Trace(null, false));
        if (seed % TWICE != 0) {
            return outcome;
        }
        History.Outcome again = History.run(seed, options, new Trace(null, false));
        boolean same = again.hash() == outcome.hash();
        return same || outcome.failure() != null ? outcome : outcome.failedBy("two runs of the seed differ");
    }
}
