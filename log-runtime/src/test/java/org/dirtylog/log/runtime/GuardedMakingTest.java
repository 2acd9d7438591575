// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.RegionGeometry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What may go wrong while a log is made. Whatever it is, nothing of the log is left open. */
@Timeout(20)
class GuardedMakingTest {
    private final Rig rig = Rig.withoutLog();

    private GuardedLog made(String method, TestLog.Act act) throws DirtyLogException {
        return rig.create((spec, host) -> {
            TestLog log = new TestLog(spec);
            log.at(method, act);
            return log;
        });
    }

    private void assertRefused(String why, String method, TestLog.Act act) {
        DirtyLogException.Failed failed = assertThrows(DirtyLogException.Failed.class, () -> made(method, act));
        assertTrue(failed.getMessage().contains(why), failed.getMessage());
        assertEquals(1, rig.log.calls.stream().filter("close"::equals).count());
    }

    @Test
    void aLogWhoseGeometryIsNotTheOneAskedForIsClosedAgain() {
        assertRefused("a log of " + new RegionGeometry(8, 8), "geometry", () -> new RegionGeometry(8, 8));
        assertRefused("a log of null", "geometry", () -> null);
        assertRefused("planted", "geometry", () -> LogCall.raise(new IllegalStateException("planted")));
        assertRefused("planted", "geometry", () -> LogCall.raise(new NoClassDefFoundError("planted")));
    }

    @Test
    void aLogThatHasNoStatusYetIsMadeAllTheSame() throws DirtyLogException {
        for (Throwable planted : new Throwable[] {new NoClassDefFoundError("x"), new IllegalStateException("x")}) {
            GuardedLog guard = made("status", () -> LogCall.raise(planted));
            assertEquals("1 test", guard.status().infoLine());
            assertFalse(guard.failed());
            guard.close();
        }
        assertEquals("1 test", made("status", () -> null).status().infoLine());
    }

    @Test
    void aLogThatHangsBeforeItIsMadeIsClosedWhenItComes() throws Exception {
        for (String method : new String[] {"geometry", "status"}) {
            Latch release = new Latch();
            assertRefused(method.equals("status") ? "status has not" : "create has not", method, () -> {
                release.await();
                return null;
            });
            release.open();
            rig.awaitNoTask();
        }
        Latch release = new Latch();
        rig.log = null;
        assertThrows(
                DirtyLogException.Failed.class,
                () -> rig.create((spec, host) -> {
                    release.await();
                    return new TestLog(spec);
                }));
        release.open();
        rig.awaitNoTask();
        assertTrue(rig.log.calls.contains("close"));
    }

    @Test
    void aTypeThatMakesNothingOrThrowsIsRefused() {
        assertTrue(assertThrows(DirtyLogException.Failed.class, () -> rig.create((spec, host) -> null))
                .getMessage()
                .contains("create answered null"));
        assertTrue(assertThrows(
                        DirtyLogException.Failed.class,
                        () -> rig.create((spec, host) -> LogCall.raise(new StackOverflowError("planted"))))
                .getMessage()
                .contains("create threw"));
    }

    @Test
    void aTypeThatRefusesIsTakenAtItsWord() {
        DirtyLogException.Rejected planted = new DirtyLogException.Rejected("planted");
        assertEquals(
                planted,
                assertThrows(
                        DirtyLogException.Rejected.class, () -> rig.create((spec, host) -> LogCall.raise(planted))));
    }
}
