// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.dirtylog.mirror.RegionHashComparison.Step;
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
            if (RegionHashComparison.compare(RegionHashComparison.draw(seed), quirks)
                    .isPresent()) {
                return OptionalLong.of(seed);
            }
        }
        return OptionalLong.empty();
    }

    private static String least(long seed, Set<HashQuirk> quirks) {
        List<Step> least = RegionHashComparison.shrink(RegionHashComparison.draw(seed), quirks);
        return "seed " + seed + ", "
                + RegionHashComparison.compare(least, quirks).orElseThrow()
                + "\nleast: -Ddirtylog.oracle.replay=\"" + RegionHashComparison.write(least) + "\"";
    }

    @Test
    void regions_do_what_the_kernels_do_but_for_what_is_listed() {
        if (!REPLAY.isEmpty()) {
            RegionHashComparison.compare(RegionHashComparison.read(REPLAY), OURS)
                    .ifPresent(difference -> fail(difference));
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
        List<Step> least = RegionHashComparison.shrink(RegionHashComparison.draw(seed), other);
        assertTrue(least.size() <= 4, () -> RegionHashComparison.write(least));
        Optional<String> again =
                RegionHashComparison.compare(RegionHashComparison.read(RegionHashComparison.write(least)), other);
        assertEquals(RegionHashComparison.compare(least, other), again);
    }
}
