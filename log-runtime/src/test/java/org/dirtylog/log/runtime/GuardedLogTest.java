// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;

class GuardedLogTest {

    @Test
    void aLogLivesFromCreateToClose() throws DirtyLogException {
        Rig rig = new Rig();
        rig.running();
        rig.guard.markDirty(RegionSet.of(3));
        rig.guard.flush();
        rig.guard.preSuspend();
        rig.guard.postSuspend();
        assertEquals(LogState.SUSPENDED, rig.guard.state());
        rig.guard.close();
        rig.guard.close();
        assertEquals(LogState.CLOSED, rig.guard.state());
        assertFalse(rig.guard.failed());
        assertEquals(1, rig.log.calls.stream().filter("close"::equals).count());
    }

    @Test
    void aFlushThatHangsFailsTheLogWithinItsPatience() throws Exception {
        Rig rig = new Rig().running();
        Latch release = new Latch();
        rig.log.at("flush", () -> {
            release.await();
            return null;
        });
        long before = System.nanoTime();
        DirtyLogException.Failed hung = assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        assertTrue(System.nanoTime() - before >= Rig.PATIENCE.toNanos());
        assertTrue(hung.getMessage().contains("flush has not returned"), hung.getMessage());
        assertEquals(LogState.LOST, rig.guard.state());
        release.open();
        rig.guard.close();
    }
}
