// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.Arrays;

/** Adds up what histories did. */
public final class Tally {
    private static final int MOST_FAILURES = 20;

    private long histories;
    private long crashes;
    private long amidClients;
    private long operations;
    private final StringBuilder failures = new StringBuilder();
    private int failed;
    private long firstFailed = -1;
    private final Coverage coverage = new Coverage();

    // The hashes of traces seen: open addressing, 0 for none.
    private long[] traces = new long[1 << 12];
    private long distinct;

    /** Starts at zero. */
    public Tally() {}

    void add(long seed, History.Outcome outcome, Options options) {
        histories++;
        crashes += outcome.crashes();
        amidClients += outcome.amidClients();
        operations += outcome.operations();
        coverage.add(outcome.coverage());
        remember(outcome.hash());
        if (outcome.failure() != null) {
            failed++;
            firstFailed = firstFailed < 0 ? seed : firstFailed;
            if (failed <= MOST_FAILURES) {
                failures.append("FAILED seed ").append(seed).append(": ").append(outcome.failure());
                failures.append("\n  replay: sim/run --seed ").append(seed).append(options);
                failures.append(" --trace\n");
            }
        }
    }

    /** What is left of a failure when everything is left out that it needs not. */
    void shrunk(long seed, Options least) {
        failures.append("  least:  sim/run --seed ").append(seed).append(least).append(" --notes\n");
    }

    private void remember(long hash) {
        if (2 * distinct > traces.length) {
            long[] before = traces;
            traces = new long[2 * before.length];
            distinct = 0;
            Arrays.stream(before).filter(seen -> seen != 0).forEach(this::put);
        }
        put(hash == 0 ? 1 : hash);
    }

    private void put(long hash) {
        int at = (int) (hash & traces.length - 1);
        while (traces[at] != 0 && traces[at] != hash) {
            at = at + 1 & traces.length - 1;
        }
        distinct += traces[at] == 0 ? 1 : 0;
        traces[at] = hash;
    }

    /**
     * Crashes that count.
     *
     * @return 0 or more
     */
    public long crashes() {
        return crashes;
    }

    /**
     * Histories run.
     *
     * @return 0 or more
     */
    public long histories() {
        return histories;
    }

    /**
     * Histories with something wrong.
     *
     * @return 0 or more
     */
    public int failed() {
        return failed;
    }

    /**
     * The first seed with something wrong.
     *
     * @return a seed, or -1
     */
    public long firstFailed() {
        return firstFailed;
    }

    /**
     * What was wrong.
     *
     * @return lines, each with the command that replays it
     */
    public String failures() {
        return failures.toString();
    }

    Coverage coverage() {
        return coverage;
    }

    String line(long first, long end, double seconds, Options options) {
        return String.format(
                "seeds %d to %d: %d crashes, %d of them amid clients' operations, in %d histories with %d operations, %d distinct traces, %d failures,"
                        + " %.1f s, %.0f crashes/s, %s, Java %s%s",
                first,
                end - 1,
                crashes,
                amidClients,
                histories,
                operations,
                distinct,
                failed,
                seconds,
                crashes / seconds,
                options.carrier().isFast() ? "continuations" : "platform threads",
                Runtime.version().feature(),
                options.toString().isEmpty() ? "" : ", options" + options);
    }
}
