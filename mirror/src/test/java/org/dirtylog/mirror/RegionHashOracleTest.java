// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The regions of a mirror against a literal model of the kernel's region hash. {@code -Ddirtylog.oracle.sequences=N} and
 * {@code -Ddirtylog.oracle.seed=N} say how many sequences and from where on; {@code -Ddirtylog.oracle.replay="..."} takes one
 * through that was printed.
 */
class RegionHashOracleTest {
    private static final long SEQUENCES = Long.getLong("dirtylog.oracle.sequences", 100_000);
    private static final long FIRST = Long.getLong("dirtylog.oracle.seed", 1);
    private static final String REPLAY = System.getProperty("dirtylog.oracle.replay", "");
    private static final Set<HashQuirk> OURS = EnumSet.noneOf(HashQuirk.class);

    static OptionalLong first(long from, long count, Set<HashQuirk> quirks) {
        for (long seed = from; seed < from + count; seed++) {
            if (RegionHashComparison.compare(HashStep.draw(seed, RegionHashComparison.REGIONS), quirks)
                    .isPresent()) {
                return OptionalLong.of(seed);
            }
        }
        return OptionalLong.empty();
    }

    /** Leaves out what it differs without. */
    private static List<HashStep> shrink(List<HashStep> steps, Set<HashQuirk> quirks) {
        List<HashStep> least = steps;
        for (int at = least.size() - 1; at >= 0; at = Math.min(at - 1, least.size() - 1)) {
            List<HashStep> shorter = new ArrayList<>(least);
            shorter.remove(at);
            if (RegionHashComparison.compare(shorter, quirks).isPresent()) {
                least = shorter;
                at = least.size();
            }
        }
        return least;
    }

    private static String least(long seed, Set<HashQuirk> quirks) {
        List<HashStep> least = shrink(HashStep.draw(seed, RegionHashComparison.REGIONS), quirks);
        return "seed " + seed + ", "
                + RegionHashComparison.compare(least, quirks).orElseThrow()
                + "\nleast: -Ddirtylog.oracle.replay=\"" + HashStep.write(least) + "\"";
    }

    @Test
    void regions_do_what_the_kernels_do_but_for_what_is_listed() {
        if (!REPLAY.isEmpty()) {
            RegionHashComparison.compare(HashStep.read(REPLAY), OURS).ifPresent(difference -> fail(difference));
            return;
        }
        long begun = System.nanoTime();
        OptionalLong found = first(FIRST, SEQUENCES, OURS);
        found.ifPresent(seed -> fail(least(seed, OURS)));
        System.out.printf(
                "region hash: %d sequences alike in %d ms%n", SEQUENCES, (System.nanoTime() - begun) / 1_000_000);
    }

    @ParameterizedTest
    @EnumSource(HashQuirk.class)
    void each_quirk_makes_a_difference(HashQuirk quirk) {
        OptionalLong found = first(1, 10_000, EnumSet.of(quirk));
        assertTrue(found.isPresent(), () -> quirk + " makes no difference");
        System.out.printf("quirk %-25s %s%n", quirk, least(found.getAsLong(), EnumSet.of(quirk)));
    }

    @Test
    void a_difference_is_made_short_and_can_be_repeated() {
        Set<HashQuirk> other = EnumSet.of(HashQuirk.MARKS_AGAIN);
        long seed = first(1, 10_000, other).orElseThrow();
        List<HashStep> least = shrink(HashStep.draw(seed, RegionHashComparison.REGIONS), other);
        assertTrue(least.size() <= 4, () -> HashStep.write(least));
        Optional<String> again = RegionHashComparison.compare(HashStep.read(HashStep.write(least)), other);
        assertEquals(RegionHashComparison.compare(least, other), again);
    }
}
