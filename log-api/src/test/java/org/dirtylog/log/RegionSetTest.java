// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionSetTest {
    private static RegionSet of(BitSet bits) {
        return RegionSet.of(bits.stream().asLongStream().toArray());
    }

    private static BitSet random(Random random) {
        BitSet bits = new BitSet();
        for (int i = random.nextInt(6); i > 0; i--) {
            int first = random.nextInt(60);
            bits.set(first, first + random.nextInt(12));
        }
        return bits;
    }

    @Test
    void sets_of_runs_behave_as_sets_of_bits() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 5000; i++) {
            BitSet a = random(random);
            BitSet b = random(random);
            BitSet both = (BitSet) a.clone();
            both.and(b);
            BitSet either = (BitSet) a.clone();
            either.or(b);
            BitSet only = (BitSet) a.clone();
            only.andNot(b);
            String message = "seed " + seed + ": " + a + " and " + b;
            assertEquals(of(both), of(a).and(of(b)), message);
            assertEquals(of(either), of(a).plus(of(b)), message);
            assertEquals(of(only), of(a).minus(of(b)), message);
            assertEquals(a.cardinality(), of(a).count(), message);
            assertEquals(only.isEmpty(), of(b).containsAll(of(a)), message);
            int probe = random.nextInt(80);
            assertEquals(a.get(probe), of(a).contains(probe), message);
        }
    }

    @Test
    void a_whole_target_costs_one_run() {
        RegionSet all = RegionSet.range(0, 1L << 40);
        assertEquals(1, all.runCount());
        assertEquals(1L << 40, all.count());
        assertEquals((1L << 40) - 1, all.last());
    }

    @Test
    void what_is_no_set_is_refused_with_the_numbers() {
        assertThrows(IllegalArgumentException.class, () -> RegionSet.range(5, 4));
        assertThrows(IllegalArgumentException.class, () -> RegionSet.of(-1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RegionSet.Builder().add(5).add(3));
        assertEquals("{3, 8-11}", RegionSet.of(3, 8, 9, 10, 11).toString());
    }
}
