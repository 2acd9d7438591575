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
        long[] runs = new long[1];
        table.forEach((first, end, word) -> {
            runs[0]++;
            return true;
        });
        assertTrue(runs[0] < 3 << 20, runs[0] + " runs");
        table.updateAll(word -> RegionWord.count(word) > 0 ? word : RegionWord.CLEAN);
        assertEquals(expected | 1, table.get(5));
        assertEquals(0, table.get(4));
        assertEquals(0, table.get(1L << 22));
    }
}
