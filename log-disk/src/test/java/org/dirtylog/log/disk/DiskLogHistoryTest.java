// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Thousands of seeded histories in which the power is cut at any write or force: in openings, flushes, clean stops, with the
 * target grown, shrunk or cut into other regions in between, and with an old copy of the log put back.
 */
class DiskLogHistoryTest {

    @ParameterizedTest(name = "blocks of {0} bytes, nosync {1}")
    @CsvSource({"512, false", "512, true", "4096, false", "4096, true"})
    void i1_to_i17_p28_to_p32_the_log_never_calls_clean_what_may_differ_and_never_more_dirty_than_need_be(
            int blockBytes, boolean nosync) throws Exception {
        int crashes = 0;
        int stops = 0;
        for (long seed = 0; seed < 1000; seed++) {
            LogHistory history = new LogHistory(seed, blockBytes, nosync);
            try {
                history.run(60);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", blocks of " + blockBytes + " bytes, nosync " + nosync, e);
            }
            crashes += history.crashes;
            stops += history.cleanStops;
        }
        assertTrue(crashes > 8_000, "only " + crashes + " crashes");
        assertTrue(stops > 1_000, "only " + stops + " clean stops");
    }

    @ParameterizedTest
    @CsvSource({"0, 512, false", "7, 4096, true"})
    void a_history_is_repeated_by_its_seed(long seed, int blockBytes, boolean nosync) throws Exception {
        LogHistory one = new LogHistory(seed, blockBytes, nosync);
        one.run(60);
        LogHistory two = new LogHistory(seed, blockBytes, nosync);
        two.run(60);
        assertEquals(one.crashes, two.crashes);
        assertEquals(one.trace.toString(), two.trace.toString());
    }
}
