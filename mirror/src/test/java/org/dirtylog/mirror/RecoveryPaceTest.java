// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** LG-21: neither recovery nor clients starve. */
class RecoveryPaceTest {
    private static final long MIB = 1 << 20;
    private static final long SECOND = 1_000_000_000L;

    private final ThreadTasks tasks = new ThreadTasks();

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private RecoveryPace pace(long floor, long ceiling) {
        Clock stopped = (Clock) Proxy.newProxyInstance(
                Clock.class.getClassLoader(), new Class<?>[] {Clock.class}, (proxy, method, given) -> 0L);
        Devices none = (Devices) Proxy.newProxyInstance(
                Devices.class.getClassLoader(), new Class<?>[] {Devices.class}, (proxy, method, given) -> {
                    throw new AssertionError(method);
                });
        MirrorState mirror = new MirrorState(
                "m", new RegionGeometry(1 << 20, 2048), new Surroundings(tasks, stopped, () -> 7, none));
        return new RecoveryPace(mirror, new RecoveryPolicy(floor, ceiling), tasks.signal("test"), () -> false);
    }

    /** How many MiB are admitted in so many seconds, in regions of a MiB, asked for as soon as that may be of use. */
    private static long admitted(RecoveryPace pace, long from, long seconds, boolean busy) {
        long count = 0;
        long end = from + seconds * SECOND;
        for (long now = from; now < end; ) {
            long until = pace.reserve(MIB, now, busy);
            if (until <= now) {
                count++;
                // Nothing is copied in no time.
                now += SECOND / 1000;
            } else {
                now = Math.min(until, now + 20_000_000);
            }
        }
        return count;
    }

    @Test
    void while_clients_are_there_it_goes_at_its_floor_and_not_slower() {
        long count = admitted(pace(8, 100), 0, 10, true);
        assertTrue(count >= 80 && count <= 82, count + " MiB in 10 s");
    }

    @Test
    void while_nobody_is_there_it_goes_at_its_ceiling() {
        long count = admitted(pace(8, 100), 0, 10, false);
        assertTrue(count > 900 && count <= 1001, count + " MiB in 10 s");
    }

    @Test
    void without_a_ceiling_it_goes_as_fast_as_it_can() {
        assertEquals(10_000, admitted(pace(8, 0), 0, 10, false));
    }

    @Test
    void it_speeds_up_as_soon_as_clients_have_gone() {
        RecoveryPace pace = pace(1, 0);
        long count = admitted(pace, 0, 2, true);
        assertTrue(count >= 2 && count <= 3, count + " MiB in 2 s");
        // They linger for some milliseconds.
        long moment = 2 * SECOND - 1_000_000;
        assertTrue(pace.reserve(MIB, moment, false) > moment);
        assertEquals(2 * SECOND + SECOND / 10, pace.reserve(MIB, 2 * SECOND + SECOND / 10, false));
    }

    @Test
    void a_rate_that_makes_no_sense_is_refused() {
        assertThrows(IllegalArgumentException.class, () -> new RecoveryPolicy(0, 0));
        assertThrows(IllegalArgumentException.class, () -> new RecoveryPolicy(2, 1));
        assertThrows(IllegalArgumentException.class, () -> new RecoveryPolicy(1, RecoveryPolicy.MOST_MIB + 1));
    }
}
