// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;

class RecoveryCursorTest {

    @Test
    void hands_out_in_ascending_order_and_starts_over_at_the_end() {
        RegionBits inSync = RegionBits.ones(1000);
        inSync.clear(RegionSet.of(3, 4, 500, 999));
        RecoveryCursor cursor = new RecoveryCursor(inSync);
        assertEquals(RegionSet.of(3), cursor.claim(1));
        assertEquals(RegionSet.of(4, 500), cursor.claim(2));
        cursor.release(RegionSet.of(3));
        assertEquals(RegionSet.of(3, 999), cursor.claim(10), "999 lies ahead, 3 is offered again after the end");
        assertTrue(cursor.claim(10).isEmpty());
    }

    @Test
    void i22_a_region_whose_claim_ended_without_success_is_offered_again() {
        RegionBits inSync = RegionBits.zeros(5);
        RecoveryCursor cursor = new RecoveryCursor(inSync);
        assertEquals(RegionSet.range(0, 5), cursor.claim(5));
        cursor.release(RegionSet.of(2));
        assertEquals(RegionSet.of(2), cursor.claim(5));
        cursor.releaseAll();
        assertEquals(5, cursor.claim(5).count());
    }

    @Test
    void i21_no_region_is_ever_claimed_twice_and_none_is_left_out() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int size = 1 + random.nextInt(200);
            RegionBits inSync = RegionBits.zeros(size);
            RecoveryCursor cursor = new RecoveryCursor(inSync);
            RegionSet claimed = RegionSet.none();
            for (int step = 0; step < 300; step++) {
                int max = 1 + random.nextInt(8);
                RegionSet got = cursor.claim(max);
                assertTrue(got.and(claimed).isEmpty(), "seed " + seed);
                RegionSet free = inSync.zerosIn(0, size).minus(claimed);
                assertEquals(Math.min(max, free.count()), got.count(), "seed " + seed);
                assertTrue(free.containsAll(got), "seed " + seed);
                claimed = claimed.plus(got);
                assertEquals(claimed.count(), cursor.claims());
                long region = random.nextInt(size);
                RegionSet one = RegionSet.of(region);
                if (random.nextBoolean()) {
                    inSync.set(one);
                } else if (random.nextInt(3) == 0) {
                    inSync.clear(one);
                }
                cursor.release(one);
                claimed = claimed.minus(one);
            }
        }
    }

    @Test
    void what_is_wanted_comes_first_and_the_rest_in_its_order() {
        RegionBits inSync = RegionBits.zeros(10);
        inSync.set(7, 8);
        RecoveryCursor cursor = new RecoveryCursor(inSync);
        assertEquals(RegionSet.range(0, 2), cursor.claim(2));
        // 7 is in sync, 1 is claimed.
        assertEquals(RegionSet.of(2, 8), cursor.claim(2, RegionSet.of(1, 7, 8)));
        assertEquals(RegionSet.of(9), cursor.claim(1, RegionSet.of(5, 9).minus(RegionSet.of(5))));
        assertEquals(RegionSet.range(3, 7), cursor.claim(9, RegionSet.none()));
        assertEquals(RegionSet.none(), cursor.claim(9, RegionSet.of(3)));
        cursor.release(RegionSet.of(3));
        assertEquals(RegionSet.of(3), cursor.claim(1, RegionSet.of(3)));
    }
}
