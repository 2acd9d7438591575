// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * Crashes the production classes for a minute, or as long as {@code -Ddirtylog.sim.seconds} says; in a build, with at most so many
 * seeds that it finds today what it found yesterday. What fails prints its seed and
 * the command that replays it. On JDKs without cheap coroutines fewer histories fit; the number is printed.
 */
class SimulatorTest {
    private static final long SECONDS = Long.getLong("dirtylog.sim.seconds", 60);
    private static final long FIRST = Long.getLong("dirtylog.sim.first", 1);

    private static final long LAST = SECONDS > 60 ? Long.MAX_VALUE : FIRST + 29_999;

    @Test
    void nothing_that_must_not_happen_happens_in_any_crash() {
        Tally tally = new Tally();
        long begun = System.nanoTime();
        long end = new Runs(Options.usual())
                .run(
                        FIRST,
                        LAST == Long.MAX_VALUE ? LAST : LAST + 1,
                        tally,
                        () -> System.nanoTime() - begun > SECONDS * 1_000_000_000L);
        System.out.println("simulator: " + tally.line(FIRST, end, (System.nanoTime() - begun) / 1e9, Options.usual()));
        assertEquals(0, tally.failed(), tally.failures());
        assertTrue(tally.crashes() > tally.histories(), "histories crash more than once on the average");
    }
}
