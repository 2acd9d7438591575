// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.dirtylog.sim.world.Trace;

/** Runs histories by their seeds. */
public final class Runs {
    /** One seed in so many is run twice: a different trace would mean that a seed does not say all. */
    private static final int TWICE = 100;

    private final Options options;

    /**
     * Prepares.
     *
     * @param options how
     */
    public Runs(Options options) {
        this.options = options;
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
    public long run(long first, long end, Tally tally, BooleanSupplier enough) {
        long seed = first;
        while (seed < end && !enough.getAsBoolean()) {
            tally.add(seed, onItsOwn(seed), options);
            seed++;
        }
        return seed;
    }

    /**
     * Runs a history on a thread of its own: coroutines that a crash left in the middle of a call leave behind what they had put
     * into their thread, and with it everything they knew.
     */
    private History.Outcome onItsOwn(long seed) {
        FutureTask<History.Outcome> history = new FutureTask<>(() -> run(seed));
        new Thread(history, "history " + seed).start();
        try {
            return history.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("seed " + seed + " broke the simulator", e);
        }
    }

    private History.Outcome run(long seed) {
        History.Outcome outcome = History.run(seed, options, new Trace(null));
        if (seed % TWICE != 0) {
            return outcome;
        }
        History.Outcome again = History.run(seed, options, new Trace(null));
        boolean same = again.hash() == outcome.hash();
        return same || outcome.failure() != null
                ? outcome
                : new History.Outcome(
                        outcome.crashes(),
                        outcome.amidClients(),
                        outcome.operations(),
                        outcome.hash(),
                        "two runs of the seed differ");
    }
}
