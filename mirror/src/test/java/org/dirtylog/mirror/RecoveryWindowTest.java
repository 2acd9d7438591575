// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

class RecoveryWindowTest {
    private static final long REGION = 1 << 20;

    /** The sizes that a window takes on legs of which the rate, in regions a second, depends on it: least and most of the last. */
    private static int[] settle(IntToDoubleFunction regionsPerSecond) {
        RecoveryWindow window = new RecoveryWindow();
        long now = 0;
        window.begin(now);
        int least = RecoveryWindow.MOST;
        int most = 0;
        for (int i = 0; i < 40_000; i++) {
            now += (long) (1e9 / regionsPerSecond.applyAsDouble(window.size()));
            window.copied(REGION, now);
            if (i > 20_000) {
                least = Math.min(least, window.size());
                most = Math.max(most, window.size());
            }
        }
        return new int[] {least, most};
    }

    private static void assertWithin(int least, int most, int[] seen) {
        assertTrue(seen[0] >= least && seen[1] <= most, "from " + seen[0] + " to " + seen[1]);
    }

    @Test
    void it_stays_small_where_more_at_a_time_give_no_more() {
        assertWithin(1, 3, settle(size -> 200));
    }

    @Test
    void it_stays_small_where_more_at_a_time_give_less() {
        assertWithin(1, 4, settle(size -> 400.0 / size));
    }

    @Test
    void it_grows_as_long_as_more_at_a_time_give_more() {
        assertWithin(8, 13, settle(size -> 50.0 * Math.min(size, 10)));
    }

    @Test
    void it_grows_to_its_end_where_legs_can_do_everything() {
        assertWithin(24, RecoveryWindow.MOST, settle(size -> 50.0 * size));
    }
}
