// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RegionCopierTest {
    private static final RegionGeometry GEOMETRY = new RegionGeometry(64, 8);

    private final ThreadTasks tasks = new ThreadTasks();
    private final AtomicBoolean paused = new AtomicBoolean();

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private MirrorState mirror() {
        Devices none = (Devices) Proxy.newProxyInstance(
                Devices.class.getClassLoader(), new Class<?>[] {Devices.class}, (proxy, method, given) -> {
                    throw new AssertionError(method + " is not called");
                });
        MirrorState mirror = new MirrorState("m", GEOMETRY, new Surroundings(tasks, new SystemClock(), () -> 7, none));
        Leg[] legs = new Leg[2];
        for (int i = 0; i < 2; i++) {
            MemoryDevice device = new MemoryDevice("/leg" + i, GEOMETRY.targetBytes(), false);
            legs[i] = new Leg(i, device, 0, GEOMETRY.targetBytes(), tasks);
        }
        mirror.legs(LegSets.of(legs, 0, State.CURRENT, State.CURRENT));
        return mirror;
    }

    /** Seed 55337: the second one thought it had the region, and let writers in while the first one was still writing. */
    @Test
    void p6_a_region_that_another_copy_has_is_not_touched_when_the_mirror_is_suspended() throws Exception {
        MirrorState mirror = mirror();
        RegionCopier copier = new RegionCopier(mirror, null, region -> {}, paused::get, region -> {});
        long owned = RegionWord.RECOVERING | RegionWord.IN_DOUBT;
        mirror.table.compareAndSet(3, 0, owned);
        CompletableFuture<Boolean> second = new CompletableFuture<>();
        tasks.start("second", () -> {
            try {
                second.complete(copier.copy(3));
            } catch (Exception e) {
                second.completeExceptionally(e);
            }
        });
        TimeUnit.MILLISECONDS.sleep(50);
        paused.set(true);
        mirror.regionsChanged.raise();
        assertFalse(second.get(20, TimeUnit.SECONDS));
        assertEquals(RegionWord.text(owned), RegionWord.text(mirror.table.get(3)));
    }
}
