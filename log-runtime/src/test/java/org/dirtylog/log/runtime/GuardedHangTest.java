// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.dirtylog.log.DirtyLog.SyncAnswer;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A log that hangs, and a log that comes to its end: nobody waits for either for longer than its patience. */
@Timeout(20)
class GuardedHangTest {
    private static final RegionSet THREE = RegionSet.of(3);

    @ParameterizedTest
    @EnumSource(LogCall.class)
    void whateverHangsFailsTheLogWithinItsPatience(LogCall call) throws Exception {
        Rig rig = call.ready();
        Latch release = new Latch();
        rig.log.at(call.method(), () -> {
            release.await();
            return null;
        });
        long before = System.nanoTime();
        DirtyLogException.Failed hung = assertThrows(DirtyLogException.Failed.class, () -> call.askFor(rig.guard));
        assertTrue(System.nanoTime() - before >= Rig.PATIENCE.toNanos());
        assertTrue(hung.getMessage().contains(call.method() + " has not returned"), hung.getMessage());
        assertEquals(LogState.LOST, rig.guard.state());
        assertEquals(LogStatus.Health.DEAD, rig.guard.status().health());
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        rig.guard.close();
        int calls = rig.log.calls.size();
        release.open();
        rig.awaitNoTask();
        // What the log answers now is nobody's, and it is asked nothing more: not even what was to come after it.
        assertEquals(LogState.CLOSED, rig.guard.state());
        assertEquals(calls, rig.log.calls.size());
    }

    @ParameterizedTest
    @EnumSource(
            value = LogCall.class,
            names = {"MARK_DIRTY", "MARK_CLEAN", "SET_IN_SYNC", "SET_OUT_OF_SYNC"})
    void whoSaysSomethingToALogThatHangsIsNotHeld(LogCall call) throws Exception {
        Rig rig = new Rig().running();
        Latch inside = new Latch();
        Latch release = new Latch();
        rig.log.at("flush", () -> {
            inside.open();
            release.await();
            return FlushResult.COMPLETE;
        });
        Asked flush = new Asked(rig.guard::flush);
        inside.await();
        call.call(rig.guard);
        assertTrue(flush.isUnderWay());
        assertEquals(List.of(), rig.log.told);
        release.open();
        assertEquals(FlushResult.COMPLETE, flush.answer());
        rig.guard.isClean(3);
        assertEquals(1, rig.log.told.size());
    }

    @Test
    void aStatusThatHangsHoldsNobody() throws Exception {
        Rig rig = new Rig().running();
        LogStatus known = rig.guard.status();
        Latch release = new Latch();
        rig.log.at("status", () -> {
            release.await();
            return null;
        });
        assertEquals(known, rig.guard.status());
        assertEquals(known, rig.guard.status());
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        assertFalse(rig.guard.failed());
        // It still has the turn, so whoever needs the log finds out.
        DirtyLogException.Failed failed = assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        assertTrue(failed.getMessage().contains("status has not returned"), failed.getMessage());
        release.open();
        rig.guard.close();
    }

    @Test
    void aPeekThatHangsHoldsNobody() throws Exception {
        Rig rig = new Rig().running();
        Latch release = new Latch();
        rig.log.at("peekInSync", () -> {
            release.await();
            return SyncAnswer.IN_SYNC;
        });
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        release.open();
        assertEquals(FlushResult.COMPLETE, rig.guard.flush());
        assertEquals(SyncAnswer.IN_SYNC, rig.guard.peekInSync(3));
    }

    @Test
    void aPeekDoesNotAnswerForWhatTheLogHasNotHeard() throws Exception {
        Rig rig = new Rig().running();
        assertEquals(SyncAnswer.IN_SYNC, rig.guard.peekInSync(3));
        rig.guard.setOutOfSync(THREE);
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        rig.guard.flush();
        assertEquals(SyncAnswer.IN_SYNC, rig.guard.peekInSync(3));
    }

    @Test
    void whileTheLogIsBusyItsStatusIsTheLastOneAndIsAskedForBehind() throws Exception {
        Rig rig = new Rig().running();
        Latch inside = new Latch();
        Latch release = new Latch();
        rig.log.at("flush", () -> {
            inside.open();
            release.await();
            return FlushResult.COMPLETE;
        });
        Asked flush = new Asked(rig.guard::flush);
        inside.await();
        int asked = rig.log.calls.size();
        assertEquals(LogStatus.Health.ALIVE, rig.guard.status().health());
        assertEquals(asked, rig.log.calls.size());
        release.open();
        flush.answer();
        assertEquals("status", rig.log.calls.get(asked));
    }

    @Test
    void aFlushThatWasForcedInVainStaysFThoughTheLogIsGivenUp() throws DirtyLogException {
        Rig rig = new Rig();
        rig.log.at("resume", () -> {
            rig.log.at(
                    "status",
                    () -> new LogStatus(
                            "test", LogStatus.Health.FLUSH_FAILED, List.of("m", "F"), rig.spec.tableArguments()));
            rig.seenHost.statusChanged();
            throw new DirtyLogException.Failed("could not force", null);
        });
        assertThrows(DirtyLogException.Failed.class, rig::running);
        assertEquals(LogState.LOST, rig.guard.state());
        assertEquals("3 test m F", rig.guard.status().infoLine());
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(LogCall.class)
    void nothingIsPassedToAClosedLog(LogCall call) throws Exception {
        Rig rig = call.ready();
        rig.guard.close();
        int calls = rig.log.calls.size();
        assertThrows(IllegalStateException.class, () -> call.call(rig.guard));
        assertEquals(LogStatus.Health.ALIVE, rig.guard.status().health());
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        assertEquals(calls, rig.log.calls.size());
    }

    @ParameterizedTest
    @EnumSource(LogCall.class)
    void aLogIsClosedWhileACallHangs(LogCall call) throws Exception {
        Rig rig = call.ready();
        Latch inside = new Latch();
        Latch release = new Latch();
        rig.log.at(call.method(), () -> {
            inside.open();
            release.await();
            return null;
        });
        Asked asked = new Asked(() -> {
            call.askFor(rig.guard);
            return null;
        });
        inside.await();
        rig.guard.close();
        assertEquals(LogState.CLOSED, rig.guard.state());
        assertThrows(DirtyLogException.Failed.class, asked::answer);
        assertTrue(rig.log.calls.contains("close"));
        release.open();
        rig.awaitNoTask();
    }

    @Test
    void whoWaitsForItsTurnWhenTheLogIsClosedComesTooLate() throws Exception {
        Rig rig = new Rig().running();
        Latch inside = new Latch();
        Latch release = new Latch();
        rig.log.at("flush", () -> {
            inside.open();
            release.await();
            return FlushResult.COMPLETE;
        });
        Asked flush = new Asked(rig.guard::flush);
        inside.await();
        Asked waiter = new Asked(() -> rig.guard.isClean(3));
        rig.guard.close();
        assertThrows(DirtyLogException.Failed.class, flush::answer);
        assertThrows(IllegalStateException.class, waiter::answer);
        release.open();
    }

    @Test
    void aCloseThatThrowsOrHangsIsLeftBehind() throws Exception {
        Rig thrower = new Rig().running();
        thrower.log.at("close", () -> LogCall.raise(new NoClassDefFoundError("planted")));
        thrower.guard.close();
        assertTrue(thrower.guard.failure().orElseThrow().getMessage().contains("close threw"));
        Rig hanger = new Rig().running();
        Latch release = new Latch();
        hanger.log.at("close", () -> {
            release.await();
            return null;
        });
        hanger.guard.close();
        assertEquals(LogState.CLOSED, hanger.guard.state());
        release.open();
        hanger.awaitNoTask();
    }

    @Test
    void aLogThatIsAbandonedHoldsNobody() throws Exception {
        Rig rig = new Rig().running();
        Latch inside = new Latch();
        Latch release = new Latch();
        rig.log.at("snapshot", () -> {
            inside.open();
            release.await();
            return new Snapshot(0, 1, RegionSet.none(), RegionSet.none());
        });
        Asked asked = new Asked(() -> rig.guard.snapshot(0, 1));
        inside.await();
        rig.guard.abandon();
        assertThrows(DirtyLogException.Failed.class, asked::answer);
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        release.open();
        rig.guard.close();
        rig.awaitNoTask();
        assertEquals(1, rig.log.calls.stream().filter("close"::equals).count());
    }
}
