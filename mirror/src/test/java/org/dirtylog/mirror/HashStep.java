// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** One step of a sequence for {@link RegionHashComparison}, about one region. Any part of a sequence is one. */
record HashStep(Verb verb, int number) {
    enum Verb {
        /** Which regions are in sync, bit by bit. First only. */
        BEGIN,
        WRITE,
        END,
        FAIL,
        FLUSH_FAILS,
        UPDATE,
        RECOVER,
        COPIED,
        COPY_FAILS
    }

    static List<HashStep> draw(long seed, int regions) {
        SplittableRandom dice = new SplittableRandom(seed);
        List<HashStep> steps = new ArrayList<>();
        steps.add(new HashStep(Verb.BEGIN, dice.nextInt(1 << regions)));
        for (int i = 0; i < 30; i++) {
            int choice = dice.nextInt(30);
            Verb verb = choice < 9
                    ? Verb.WRITE
                    : choice < 17
                            ? Verb.END
                            : choice < 19
                                    ? Verb.FAIL
                                    : choice < 20
                                            ? Verb.FLUSH_FAILS
                                            : choice < 23
                                                    ? Verb.UPDATE
                                                    : choice < 26
                                                            ? Verb.RECOVER
                                                            : choice < 29 ? Verb.COPIED : Verb.COPY_FAILS;
            steps.add(new HashStep(verb, dice.nextInt(regions)));
        }
        return steps;
    }

    @Override
    public String toString() {
        return verb + " " + number;
    }

    static String write(List<HashStep> steps) {
        return steps.stream().map(HashStep::toString).collect(Collectors.joining("; "));
    }

    static List<HashStep> read(String text) {
        List<HashStep> steps = new ArrayList<>();
        for (String line : text.strip().split("\\s*;\\s*")) {
            String[] words = line.split(" ");
            steps.add(new HashStep(Verb.valueOf(words[0]), Integer.parseInt(words[1])));
        }
        return steps;
    }
}
