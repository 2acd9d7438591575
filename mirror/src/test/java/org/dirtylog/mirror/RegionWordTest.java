// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class RegionWordTest {
    private static final List<Long> STATES = List.of(
            RegionWord.CLEAN, RegionWord.DIRTY, RegionWord.CLEANING, RegionWord.OUT_OF_SYNC, RegionWord.RECOVERING);

    private static final long FULL = (1L << 20) - 1
            | RegionWord.COPY_WANTED
            | RegionWord.TOUCHED
            | RegionWord.IN_DOUBT
            | RegionWord.lacking((1 << RegionWord.MAX_LEGS) - 1);

    @Test
    void no_part_of_a_word_touches_another() {
        for (long state : STATES) {
            long word = state | FULL;
            assertEquals(state, RegionWord.state(word));
            assertEquals((1 << 20) - 1, RegionWord.count(word));
            assertEquals(1023, RegionWord.lacks(word));
            for (long other : STATES) {
                assertEquals(other | FULL, RegionWord.in(word, other));
            }
            assertEquals(5, RegionWord.lacks(RegionWord.lacking(word, 5)));
            assertEquals(word, RegionWord.lacking(RegionWord.lacking(word, 5), 1023));
            for (long flag : List.of(RegionWord.COPY_WANTED, RegionWord.TOUCHED, RegionWord.IN_DOUBT)) {
                assertTrue(RegionWord.has(word, flag));
                assertFalse(RegionWord.has(word & ~flag, flag));
            }
        }
    }

    @Test
    void P1_P2_writers_are_admitted_where_the_bit_is_dirty_and_no_copy_is_wanted() {
        for (long state : STATES) {
            boolean admits = state == RegionWord.DIRTY || state == RegionWord.OUT_OF_SYNC;
            assertEquals(admits, RegionWord.admits(state));
            assertEquals(admits, RegionWord.admits(state | FULL & ~RegionWord.COPY_WANTED));
            assertFalse(RegionWord.admits(state | RegionWord.COPY_WANTED));
        }
    }

    @Test
    void P6_there_is_something_to_copy_where_legs_may_differ_or_one_that_is_attached_lacks_it() {
        assertTrue(RegionWord.needsCopy(RegionWord.IN_DOUBT, 0));
        assertTrue(RegionWord.needsCopy(RegionWord.lacking(4), 6));
        assertFalse(RegionWord.needsCopy(RegionWord.lacking(4), 3));
        assertFalse(RegionWord.needsCopy(RegionWord.OUT_OF_SYNC, 7));
    }

    @Test
    void what_is_shown_is_its_condition_and_all_flags_that_matter() {
        assertEquals(RegionCondition.CLEAN, RegionWord.condition(RegionWord.CLEAN));
        assertEquals(RegionCondition.DIRTY, RegionWord.condition(RegionWord.DIRTY | 3));
        assertEquals(RegionCondition.DIRTY, RegionWord.condition(RegionWord.CLEANING));
        assertEquals(RegionCondition.OUT_OF_SYNC, RegionWord.condition(RegionWord.OUT_OF_SYNC | RegionWord.IN_DOUBT));
        assertEquals(RegionCondition.RECOVERING, RegionWord.condition(RegionWord.RECOVERING));
        assertEquals(
                "OUT_OF_SYNC count 2 in doubt copy wanted lacks 3",
                RegionWord.text(RegionWord.OUT_OF_SYNC
                        | 2
                        | RegionWord.IN_DOUBT
                        | RegionWord.COPY_WANTED
                        | RegionWord.lacking(3)));
        assertEquals("CLEAN count 0", RegionWord.text(0));
    }
}
