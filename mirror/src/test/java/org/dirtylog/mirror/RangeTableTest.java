// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;
import org.junit.jupiter.api.Test;

/** P9, on one thread: whoever would have to wait says so. */
class RangeTableTest {
    /** Somebody would wait, until the condition holds. */
    private static final class Waits extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient BooleanSupplier condition;

        Waits(BooleanSupplier condition) {
            this.condition = condition;
        }
    }

    private int raised;

    private final RangeTable ranges = new RangeTable(
            new Tasks() {
                @Override
                public void start(String name, Runnable task) {
                    throw new AssertionError(name);
                }

                @Override
                public void startAfter(long delayNanos, String name, Runnable task) {
                    throw new AssertionError(name);
                }

                @Override
                public Signal signal(String name) {
                    return new Signal() {
                        @Override
                        public boolean await(BooleanSupplier condition, long deadlineNanos) {
                            if (!condition.getAsBoolean()) {
                                throw new Waits(condition);
                            }
                            return true;
                        }

                        @Override
                        public void raise() {
                            raised++;
                        }
                    };
                }
            },
            "m");

    private BooleanSupplier waitsToEnter(long region, long start, long end) {
        return assertThrows(Waits.class, () -> ranges.enter(region, start, end)).condition;
    }

    @Test
    void writes_that_overlap_queue_and_those_that_touch_do_not() {
        long first = ranges.enter(5, 100, 200);
        ranges.enter(5, 200, 300);
        ranges.enter(5, 0, 100);
        BooleanSupplier free = waitsToEnter(5, 199, 200);
        assertFalse(free.getAsBoolean());
        ranges.leave(5, first);
        assertEquals(1, raised);
        assertTrue(free.getAsBoolean());
    }

    @Test
    void the_one_that_came_first_goes_first() {
        long first = ranges.enter(0, 0, 10);
        BooleanSupplier second = waitsToEnter(0, 5, 15);
        BooleanSupplier third = waitsToEnter(0, 9, 20);
        ranges.leave(0, first);
        assertTrue(second.getAsBoolean());
        assertFalse(third.getAsBoolean(), "it is behind the second, which it overlaps");
    }

    @Test
    void other_regions_are_not_in_the_way_but_for_those_of_the_same_stripe() {
        ranges.enter(1, 0, 10);
        ranges.enter(2, 0, 10);
        waitsToEnter(65, 9, 10);
    }

    @Test
    void reads_keep_clear_of_writes_that_overlap_them() {
        assertEquals(0, ranges.beginRead(7, 0, 100));
        long ticket = ranges.enter(7, 50, 60);
        ranges.beginRead(7, 0, 50);
        ranges.beginRead(7, 60, 100);
        BooleanSupplier free = assertThrows(Waits.class, () -> ranges.beginRead(7, 59, 61)).condition;
        ranges.leave(7, ticket);
        assertTrue(free.getAsBoolean());
        ranges.beginRead(7, 59, 61);
    }

    @Test
    void a_read_is_told_of_writes_that_began_meanwhile() {
        long begun = ranges.beginRead(3, 10, 20);
        assertTrue(ranges.undisturbed(3, 10, 20, begun));
        ranges.leave(3, ranges.enter(3, 0, 10));
        ranges.leave(3, ranges.enter(3, 20, 30));
        assertTrue(ranges.undisturbed(3, 10, 20, begun));
        ranges.leave(3, ranges.enter(3, 19, 21));
        assertFalse(ranges.undisturbed(3, 10, 20, begun));
        assertTrue(ranges.undisturbed(3, 10, 19, begun));
        assertTrue(ranges.undisturbed(3, 10, 20, ranges.beginRead(3, 10, 20)));
    }

    @Test
    void what_is_not_remembered_counts_as_overlapping() {
        long begun = ranges.beginRead(3, 10, 20);
        for (int i = 0; i < 16; i++) {
            ranges.leave(3, ranges.enter(3, 100, 101));
        }
        assertTrue(ranges.undisturbed(3, 10, 20, begun));
        ranges.leave(3, ranges.enter(3, 100, 101));
        assertFalse(ranges.undisturbed(3, 10, 20, begun));
    }

    @Test
    void the_oldest_that_is_remembered_is_looked_at() {
        long begun = ranges.beginRead(3, 10, 20);
        ranges.leave(3, ranges.enter(3, 10, 11));
        for (int i = 0; i < 15; i++) {
            ranges.leave(3, ranges.enter(3, 100, 101));
        }
        assertFalse(ranges.undisturbed(3, 10, 20, begun));
    }

    @Test
    void a_range_is_left_once() {
        long ticket = ranges.enter(3, 0, 1);
        ranges.leave(3, ticket);
        String said = assertThrows(IllegalStateException.class, () -> ranges.leave(3, ticket))
                .getMessage();
        assertTrue(said.contains("ticket " + ticket), said);
    }

    /** Many at once, more than the table begins with, left in any order. */
    @Test
    void it_agrees_with_a_list() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<long[]> taken = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            long start = random.nextInt(400);
            long end = start + 1 + random.nextInt(3);
            boolean free = taken.stream().noneMatch(range -> range[0] < end && start < range[1]);
            try {
                ranges.beginRead(0, start, end);
                assertTrue(free, "seed " + seed + ", step " + i);
                taken.add(new long[] {start, end, ranges.enter(0, start, end)});
            } catch (Waits e) {
                assertFalse(free, "seed " + seed + ", step " + i);
            }
            while (taken.size() > (i / 1000 % 2 == 0 ? 40 : 3)) {
                ranges.leave(0, taken.remove(random.nextInt(taken.size()))[2]);
            }
        }
    }
}
