// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.function.Function;

/** Leaves out of a history that failed whatever it fails without, in the same way: delta debugging, as Zeller describes it. */
final class Shrinking {
    private static final int MOST_ATTEMPTS = 3000;

    private final Function<Options, History.Outcome> run;
    private final String kind;
    private int attempts;

    /**
     * Prepares.
     *
     * @param run     runs the history with other options
     * @param failure what is to be kept
     */
    Shrinking(Function<Options, History.Outcome> run, String failure) {
        this.run = run;
        this.kind = kind(failure);
    }

    /** What is wrong, without where: the first words of a message, up to numbers. */
    private static String kind(String failure) {
        String line = failure.lines().findFirst().orElse("");
        return line.replaceAll("[0-9]+ |[0-9]{2,}.*", "").replaceAll("(:[^:]*:).*", "$1");
    }

    /** Answers the options by which the least is left that was found. */
    Options shrink(Options whole, History.Outcome failed) {
        Options best = whole;
        int before;
        do {
            before = best.cuts().count();
            for (Cuts.Kind kindOfPart : Cuts.Kind.values()) {
                int count = kindOfPart == Cuts.Kind.OP ? failed.operations() : failed.lives();
                for (int size = Math.max(1, count / 2); size >= 1; size /= 2) {
                    best = without(kindOfPart, count, size, best);
                }
            }
        } while (best.cuts().count() > before && attempts < MOST_ATTEMPTS);
        return best;
    }

    /** Tries to leave out so many in a row, from the end on. */
    private Options without(Cuts.Kind kindOfPart, int count, int size, Options start) {
        Options best = start;
        for (int end = count; end > 0 && attempts < MOST_ATTEMPTS; end -= size) {
            int first = Math.max(0, end - size);
            if (!best.cuts().hasAll(kindOfPart, first, end)) {
                Options fewer = best.withCuts(best.cuts().and(kindOfPart, first, end));
                attempts++;
                String failure = run.apply(fewer).failure();
                best = failure != null && kind(failure).equals(kind) ? fewer : best;
            }
        }
        return best;
    }
}
