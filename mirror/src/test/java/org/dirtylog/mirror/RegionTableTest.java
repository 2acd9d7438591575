// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RegionTableTest {
    private static final long HUGE = 1L << 40;

    private static List<String> runs(RegionTable table) {
        List<String> runs = new ArrayList<>();
        table.forEach((first, end, word) -> runs.add(first + "-" + end + " " + RegionWord.text(word)));
        return runs;
    }

    @Test
    void a_new_table_is_clean_and_costs_nothing_to_visit() {
        RegionTable table = new RegionTable(HUGE);
        assertEquals(0, table.get(HUGE - 1));
        assertEquals(List.of(), runs(table));
    }

    @Test
    void a_uniform_table_is_visited_in_few_runs_also_at_the_largest_size() {
        RegionTable table = new RegionTable(HUGE);
        table.fill(0, HUGE, RegionWord.OUT_OF_SYNC);
        assertEquals(RegionWord.OUT_OF_SYNC, table.get(HUGE / 2 + 7));
        long[] regions = new long[1];
        table.forEach((first, end, word) -> {
            regions[0] += end - first;
            return true;
        });
        assertEquals(HUGE, regions[0]);
    }

    @Test
    void one_region_of_a_uniform_part_can_change_alone() {
        RegionTable table = new RegionTable(5000);
        table.fill(0, 5000, RegionWord.OUT_OF_SYNC);
        assertTrue(table.compareAndSet(4999, RegionWord.OUT_OF_SYNC, RegionWord.DIRTY));
        assertEquals(RegionWord.OUT_OF_SYNC, table.get(4998));
        assertEquals(RegionWord.DIRTY, table.get(4999));
    }

    @Test
    void P1_writers_enter_dirty_and_out_of_sync_only() {
        RegionTable table = new RegionTable(10);
        for (long state : new long[] {RegionWord.CLEAN, RegionWord.CLEANING, RegionWord.RECOVERING}) {
            table.fill(0, 10, state);
            assertFalse(RegionWord.admits(table.tryEnter(3)));
            assertEquals(state, table.get(3));
        }
        for (long state : new long[] {RegionWord.DIRTY, RegionWord.OUT_OF_SYNC}) {
            table.fill(0, 10, state);
            assertTrue(RegionWord.admits(table.tryEnter(3)));
            assertTrue(RegionWord.admits(table.tryEnter(3)));
            assertEquals(2, RegionWord.count(table.get(3)));
            assertEquals(1, RegionWord.count(table.leave(3)));
        }
    }

    @Test
    void P2_a_region_that_the_copier_wants_admits_nobody() {
        RegionTable table = new RegionTable(10);
        table.fill(3, 4, RegionWord.OUT_OF_SYNC | RegionWord.COPY_WANTED);
        assertFalse(RegionWord.admits(table.tryEnter(3)));
        assertEquals(0, RegionWord.count(table.get(3)));
    }

    @Test
    void leaving_a_region_that_nobody_entered_is_a_mistake() {
        RegionTable table = new RegionTable(10);
        assertThrows(IllegalStateException.class, () -> table.leave(3));
    }

    @Test
    void it_agrees_with_a_map_under_random_changes_and_trims() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RegionTable table = new RegionTable(3_000_000);
        TreeMap<Long, Long> model = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            long region = random.nextBoolean() ? random.nextInt(3000) : random.nextInt(3_000_000);
            long word = random.nextInt(3) == 0 ? 0 : RegionWord.DIRTY + random.nextInt(3);
            table.getAndUpdate(region, before -> word);
            model.put(region, word);
            if (i % 50 == 0) {
                table.trim(region);
            }
        }
        model.forEach((region, word) -> assertEquals(word, table.get(region), "region " + region + ", seed " + seed));
        List<String> expected = new ArrayList<>();
        model.forEach((region, word) -> {
            if (word != 0) {
                expected.add(region + "-" + (region + 1) + " " + RegionWord.text(word));
            }
        });
        assertEquals(expected, runs(table), "seed " + seed);
    }

    @Test
    void no_change_is_lost_to_a_trim_at_the_same_time() throws InterruptedException {
        RegionTable table = new RegionTable(1024);
        AtomicBoolean stop = new AtomicBoolean();
        Thread trimmer = new Thread(() -> {
            while (!stop.get()) {
                table.trim(0);
            }
        });
        trimmer.start();
        try {
            for (int i = 0; i < 200_000; i++) {
                int region = i & 1023;
                table.getAndUpdate(region, word -> RegionWord.DIRTY);
                assertEquals(RegionWord.DIRTY, table.get(region));
                table.getAndUpdate(region, word -> 0);
            }
        } finally {
            stop.set(true);
            trimmer.join();
        }
    }

    @Test
    void allWordsAreChangedAndWhatIsUniformStaysSo() {
        RegionTable table = new RegionTable(1L << 40);
        table.fill(1L << 21, 1L << 22, RegionWord.DIRTY);
        table.compareAndSet(5, 0, RegionWord.DIRTY | 1);
        table.updateAll(word -> RegionWord.in(word, RegionWord.OUT_OF_SYNC) | RegionWord.lacking(2));
        long expected = RegionWord.OUT_OF_SYNC | RegionWord.lacking(2);
        for (long region : new long[] {0, 4, 6, 1024, 1L << 21, (1L << 22) - 1, 1L << 22, (1L << 40) - 1}) {
            assertEquals(expected, table.get(region), "region " + region);
        }
        assertEquals(expected | 1, table.get(5));
        long[] runs = new long[2];
        table.forEach((first, end, word) -> {
            assertEquals(runs[1], first, "after run " + runs[0]);
            runs[0]++;
            runs[1] = end;
            return true;
        });
        assertTrue(runs[0] < 3 << 20, runs[0] + " runs");
        assertEquals(1L << 40, runs[1]);
        table.updateAll(word -> RegionWord.count(word) > 0 ? word : RegionWord.CLEAN);
        assertEquals(expected | 1, table.get(5));
        assertEquals(0, table.get(4));
        assertEquals(0, table.get(1L << 22));
    }

    /** At all three levels, with ends inside, at and beyond the borders of leaves, and a last one that is shorter. */
    @Test
    void a_run_is_filled_and_nothing_beside_it() {
        long count = (3L << 20) + 1500;
        long[][] runs = {
            {0, 1},
            {1, 1023},
            {0, 1024},
            {1, 1024},
            {1023, 1025},
            {1024, 2048},
            {1000, 3000},
            {0, 1 << 20},
            {1 << 20, 2 << 20},
            {5, (1 << 20) + 5},
            {(1 << 20) - 1, (2 << 20) + 1},
            {3 << 20, count},
            {count - 1, count},
            {0, count}
        };
        for (long[] run : runs) {
            RegionTable table = new RegionTable(count);
            table.fill(run[0], run[1], RegionWord.DIRTY);
            long[] covered = new long[3];
            covered[0] = Long.MAX_VALUE;
            table.forEach((first, end, word) -> {
                assertEquals(RegionWord.DIRTY, word);
                assertTrue(covered[1] <= first, "in ascending order");
                covered[0] = Math.min(covered[0], first);
                covered[1] = end;
                covered[2] += end - first;
                return true;
            });
            assertEquals(run[0], covered[0]);
            assertEquals(run[1], covered[1]);
            assertEquals(run[1] - run[0], covered[2]);
            table.fill(run[0], run[1], 0);
            assertEquals(List.of(), runs(table));
        }
    }

    @Test
    void a_visitor_that_has_enough_sees_no_more() {
        RegionTable table = new RegionTable(3L << 20);
        table.fill(0, 1, RegionWord.DIRTY);
        table.fill(2048, 3072, RegionWord.DIRTY);
        table.fill(1 << 20, 2 << 20, RegionWord.DIRTY);
        for (int enough = 1; enough <= 3; enough++) {
            int[] seen = {0, enough};
            table.forEach((first, end, word) -> ++seen[0] < seen[1]);
            assertEquals(enough, seen[0]);
        }
    }

    @Test
    void a_change_of_what_is_not_there_any_more_does_not_happen() {
        RegionTable table = new RegionTable(10);
        assertFalse(table.compareAndSet(3, RegionWord.DIRTY, RegionWord.OUT_OF_SYNC));
        assertEquals(0, table.get(3));
        assertEquals(0, table.getAndUpdate(3, word -> RegionWord.DIRTY));
        assertEquals(RegionWord.DIRTY, table.getAndUpdate(3, word -> word + 1));
        assertEquals(RegionWord.DIRTY + 1, table.get(3));
        assertEquals(10, table.regionCount());
    }

    /** P2: who enters leaves a trace, by which the cleaner knows that the region is in use. */
    @Test
    void a_writer_that_enters_is_seen_after_it_left() {
        RegionTable table = new RegionTable(10);
        table.fill(0, 10, RegionWord.DIRTY);
        assertEquals(RegionWord.DIRTY, table.tryEnter(2));
        assertEquals(RegionWord.DIRTY | RegionWord.TOUCHED | 1, table.get(2));
        assertEquals(RegionWord.DIRTY | RegionWord.TOUCHED, table.leave(2));
    }

    @Test
    void a_part_that_is_all_clean_costs_nothing_again_and_one_that_is_not_stays_what_it_is() {
        RegionTable table = new RegionTable(4096);
        table.fill(1024, 1026, RegionWord.DIRTY);
        table.trim(1024);
        assertEquals(List.of("1024-1025 DIRTY count 0", "1025-1026 DIRTY count 0"), runs(table));
        assertTrue(table.compareAndSet(1024, RegionWord.DIRTY, 0));
        table.trim(1030);
        assertEquals(List.of("1025-1026 DIRTY count 0"), runs(table));
        assertTrue(table.compareAndSet(1024, 0, RegionWord.OUT_OF_SYNC), "what was moved is back");
        table.fill(1024, 1026, 0);
        table.trim(1024);
        assertEquals(List.of(), runs(table));
        assertTrue(table.compareAndSet(1024, 0, RegionWord.DIRTY));
        // There is nothing to give back where a part is uniform, or was never touched.
        table.fill(2048, 3072, RegionWord.DIRTY);
        table.trim(2048);
        table.trim(0);
        assertEquals(List.of("1024-1025 DIRTY count 0", "2048-3072 DIRTY count 0"), runs(table));
    }
}
