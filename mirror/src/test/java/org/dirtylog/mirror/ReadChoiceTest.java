// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReadChoiceTest {
    private static final int ALL = 0b111;

    private final ThreadTasks tasks = new ThreadTasks();
    private final LegSet legs =
            LegSets.of(new Leg[] {leg(0), leg(1), leg(2)}, 1, State.CURRENT, State.CURRENT, State.CURRENT);

    private Leg leg(int index) {
        return new Leg(index, new MemoryDevice("/leg" + index, 1 << 20, false), 0, 1 << 20, tasks);
    }

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private LegReads reads(int index) {
        return legs.leg(index).reads();
    }

    @Test
    void regions_are_dealt_out_in_turn_among_those_that_hold_them() {
        for (long region = 0; region < 9; region++) {
            assertEquals(region % 3, ReadChoice.of(legs, ALL, region, region << 20));
            assertEquals(region % 2 == 0 ? 0 : 2, ReadChoice.of(legs, 0b101, region, region << 20));
        }
        assertEquals(2, ReadChoice.of(legs, 0b100, (1L << 32) - 1, 0));
    }

    @Test
    void the_leg_with_the_fewest_reads_under_way_is_read() {
        reads(1).begin();
        assertEquals(0, ReadChoice.of(legs, ALL, 1, 0));
        reads(0).begin();
        assertEquals(2, ReadChoice.of(legs, ALL, 1, 0));
        reads(2).begin();
        assertEquals(1, ReadChoice.of(legs, ALL, 1, 0));
        reads(2).end(512);
        assertEquals(2, ReadChoice.of(legs, ALL, 1, 0));
    }

    @Test
    void who_reads_on_stays_on_its_leg() {
        reads(2).begin();
        reads(2).end(8192);
        assertEquals(2, ReadChoice.of(legs, ALL, 1, 8192));
        assertEquals(1, ReadChoice.of(legs, ALL, 1, 16384));
    }

    /** Reads of leg 0 take ten times as long: of as many at a time as there are legs it gets few. */
    @Test
    void a_slow_leg_gets_few() {
        long[] freeAt = new long[8];
        int[] legOf = new int[8];
        int[] count = new int[3];
        for (int i = 0; i < 8; i++) {
            legOf[i] = -1;
        }
        for (long now = 0; now < 10_000; now++) {
            for (int client = 0; client < 8; client++) {
                if (freeAt[client] > now) {
                    continue;
                }
                if (legOf[client] >= 0) {
                    reads(legOf[client]).end(now * 4096);
                }
                int chosen = ReadChoice.of(legs, ALL, client, client);
                reads(chosen).begin();
                legOf[client] = chosen;
                count[chosen]++;
                freeAt[client] = now + (chosen == 0 ? 100 : 10);
            }
        }
        assertTrue(count[0] * 5 < count[1] && count[0] * 5 < count[2], count[0] + " " + count[1] + " " + count[2]);
        assertTrue(count[0] > 0 && count[1] < 2 * count[2] && count[2] < 2 * count[1], count[1] + " " + count[2]);
    }
}
