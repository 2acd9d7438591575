// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cleanings with a log that, having no medium, never asks for the legs to be flushed. */
@Timeout(60)
class LogBookTest {
    private static final RegionGeometry GEOMETRY = new RegionGeometry(64, 8);
    private static final RegionSet THIRD = RegionSet.of(3);

    private final ThreadTasks tasks = new ThreadTasks();
    private final List<MemoryDevice> devices = new ArrayList<>();
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private MirrorState mirror(State second) {
        MirrorState mirror = new MirrorState(
                "m", GEOMETRY, new Surroundings(tasks, new SystemClock(), () -> 7, proxy(Devices.class)));
        Leg[] legs = new Leg[2];
        for (int i = 0; i < 2; i++) {
            devices.add(new MemoryDevice("/leg" + i, GEOMETRY.targetBytes(), false));
            legs[i] = new Leg(i, devices.get(i), 0, GEOMETRY.targetBytes(), tasks);
        }
        mirror.legs(LegSets.of(legs, 0, State.CURRENT, second));
        mirror.table.compareAndSet(3, 0, RegionWord.CLEANING);
        return mirror;
    }

    private <T> T proxy(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, given) -> {
                    if (given != null && !((RegionSet) given[0]).isEmpty()) {
                        told.add(method.getName() + " " + given[0]);
                    }
                    return method.getReturnType() == FlushResult.class ? FlushResult.COMPLETE : null;
                }));
    }

    private void clean(MirrorState mirror) throws Exception {
        LogBook book = new LogBook(mirror, false, count -> {});
        book.start(proxy(DirtyLog.class), new LegFlush(mirror, null));
        book.clean(THIRD);
    }

    /** Seed 576262: a leg that could not be forced afterwards lacked what a clean region held. */
    @Test
    void p17_what_is_called_clean_has_been_forced_on_every_leg() throws Exception {
        MirrorState mirror = mirror(State.CURRENT);
        for (MemoryDevice device : devices) {
            device.write(GEOMETRY.firstByteOf(3), ByteBuffer.wrap(new byte[] {7}));
        }
        clean(mirror);
        assertEquals(RegionWord.CLEAN, mirror.table.get(3));
        for (MemoryDevice device : devices) {
            device.crash(0);
            ByteBuffer kept = ByteBuffer.allocate(1);
            device.read(GEOMETRY.firstByteOf(3), kept);
            assertEquals(7, kept.get(0), device.name());
        }
        assertEquals(List.of("markClean " + THIRD), told);
    }

    @Test
    void p14_p17_without_all_legs_the_region_is_not_cleaned_and_not_in_sync_and_the_log_is_told() throws Exception {
        MirrorState mirror = mirror(State.EXCLUDED);
        clean(mirror);
        assertEquals(RegionWord.OUT_OF_SYNC, RegionWord.state(mirror.table.get(3)));
        assertEquals(List.of("markClean " + THIRD, "markDirty " + THIRD), told);
    }
}
