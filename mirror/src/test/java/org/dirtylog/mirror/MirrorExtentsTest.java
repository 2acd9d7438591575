// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.ExtentVisitor;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Four regions of 1024 bytes, on two legs that begin at byte 4096. */
class MirrorExtentsTest {
    private static final int REGION = 1024;
    private static final int OFFSET = 4096;

    private final ThreadTasks tasks = new ThreadTasks(2);
    private final List<String> told = new ArrayList<>();
    private MirrorState mirror;
    private IOException failure;
    private int runsOfSource;

    @FunctionalInterface
    private interface Call {
        Object on(String method, Object[] arguments) throws Throwable;
    }

    private static <T> T fake(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> call.on(method.getName(), arguments)));
    }

    @BeforeEach
    void make() {
        Surroundings world = new Surroundings(
                tasks, new SystemClock(), new SecureRandomness(), fake(Devices.class, (method, arguments) -> null));
        mirror = new MirrorState("m", new RegionGeometry(8, 2), world);
        BlockDevice device = fake(BlockDevice.class, (method, arguments) -> switch (method) {
            case "name" -> "leg";
            case "extents" -> {
                extents((long) arguments[0], (long) arguments[1], (ExtentVisitor) arguments[2]);
                yield null;
            }
            default -> throw new IllegalStateException(method);
        });
        Leg[] legs = new Leg[2];
        for (int i = 0; i < legs.length; i++) {
            legs[i] = new Leg(i, device, OFFSET, 4 * REGION, tasks);
        }
        mirror.legs(LegSets.of(legs, 0, LegSet.State.CURRENT, LegSet.State.CURRENT));
    }

    @AfterEach
    void end() {
        tasks.close();
    }

    /** Holes of 512 bytes, each before as many of data. */
    private void extents(long position, long bytes, ExtentVisitor visitor) throws IOException {
        for (long at = position; at < position + bytes; at += 512) {
            if (failure != null && at >= OFFSET + REGION) {
                throw failure;
            }
            runsOfSource++;
            boolean hole = at % 1024 == 0;
            if (!visitor.extent(512, hole, hole)) {
                return;
            }
        }
    }

    private void doubt(long region) {
        mirror.table.getAndUpdate(region, word -> word | RegionWord.IN_DOUBT);
    }

    private void tell(int most) {
        told.clear();
        new MirrorExtents(mirror, (bytes, hole, zero) -> {
                    told.add((hole ? "hole " : "data ") + bytes);
                    return told.size() < most;
                })
                .tell(0, 3 * REGION);
    }

    @Test
    void the_source_tells_and_only_what_is_in_doubt_is_called_allocated() {
        doubt(1);
        tell(99);
        assertEquals(List.of("hole 512", "data 512", "data 1024", "hole 512", "data 512"), told);
    }

    @Test
    void who_has_enough_costs_no_more() {
        doubt(2);
        tell(1);
        assertEquals(List.of("hole 512"), told);
        assertEquals(1, runsOfSource);
    }

    @Test
    void what_a_source_cannot_tell_is_called_allocated() {
        failure = new IOException("broken");
        tell(99);
        assertEquals(List.of("hole 512", "data 512", "data 2048"), told);
        mirror.legs().source().latchFailing();
        runsOfSource = 0;
        tell(99);
        assertEquals(List.of("data 3072"), told);
        assertEquals(0, runsOfSource);
    }
}
