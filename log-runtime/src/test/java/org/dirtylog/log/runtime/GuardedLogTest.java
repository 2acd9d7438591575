// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.dirtylog.log.DirtyLog.SyncAnswer;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a log may do to its mirror: nothing, and nothing for longer than its patience. */
@Timeout(20)
class GuardedLogTest {
    private static final RegionSet THREE = RegionSet.of(3);

    // ---- a good log -------------------------------------------------------------------------------------------------

    @Test
    void aLogLivesFromCreateToClose() throws DirtyLogException {
        Rig rig = new Rig();
        rig.running();
        rig.guard.markDirty(THREE);
        rig.guard.flush();
        rig.guard.preSuspend();
        rig.guard.postSuspend();
        assertEquals(LogState.SUSPENDED, rig.guard.state());
        rig.guard.disown();
        rig.guard.close();
        rig.guard.close();
        assertEquals(LogState.CLOSED, rig.guard.state());
        assertFalse(rig.guard.failed());
        assertEquals(1, rig.log.calls.stream().filter("close"::equals).count());
    }

    @Test
    void whatIsSaidIsPassedInItsOrderBeforeTheNextQuestion() throws DirtyLogException {
        Rig rig = new Rig().running();
        rig.guard.setInSync(THREE);
        rig.guard.markClean(THREE);
        rig.guard.markDirty(RegionSet.of(4));
        rig.guard.setOutOfSync(RegionSet.of(5));
        assertEquals(List.of(), rig.log.told);
        rig.guard.isInSync(3);
        assertEquals(List.of("setInSync {3}", "markClean {3}", "markDirty {4}", "setOutOfSync {5}"), rig.log.told);
        assertEquals("isInSync", rig.log.calls.get(rig.log.calls.size() - 1));
        rig.guard.markDirty(RegionSet.of(6));
        rig.guard.preSuspend();
        rig.guard.markClean(RegionSet.of(6));
        rig.guard.postSuspend();
        assertEquals(
                List.of("markDirty", "preSuspend", "markClean", "postSuspend"),
                rig.log.calls.subList(rig.log.calls.size() - 4, rig.log.calls.size()));
    }

    @Test
    void whatIsSaidAndNeverAskedAboutIsPassedTooSoThatItDoesNotPileUp() throws DirtyLogException {
        Rig rig = new Rig().running();
        for (int i = 0; i < 3000; i++) {
            rig.guard.markDirty(THREE);
        }
        assertTrue(rig.log.told.size() >= 2000, rig.log.told.size() + " passed");
    }

    @Test
    void whatIsSaidDuringASuspensionIsNotPassedInTheNextRun() throws Exception {
        Rig rig = new Rig().running();
        rig.guard.preSuspend();
        rig.log.at("postSuspend", () -> {
            Thread other = new Thread(() -> rig.guard.markDirty(THREE));
            other.start();
            join(other);
            return null;
        });
        rig.guard.postSuspend();
        rig.guard.resume(rig.opening);
        rig.guard.flush();
        assertEquals(List.of(), rig.log.told);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void timeInTheHostIsNotTheLogs() throws DirtyLogException {
        Rig rig = new Rig().running();
        rig.host.legs = () -> pause(2 * Rig.PATIENCE.toMillis());
        rig.log.at("flush", () -> {
            flushLegs(rig);
            return FlushResult.COMPLETE;
        });
        assertEquals(FlushResult.COMPLETE, rig.guard.flush());
    }

    private static void flushLegs(Rig rig) {
        try {
            rig.seenHost.flushLegs();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- what throws ------------------------------------------------------------------------------------------------

    static Stream<Arguments> throwers() {
        List<Arguments> all = new ArrayList<>();
        for (LogCall call : LogCall.values()) {
            all.add(Arguments.of(call, new IllegalArgumentException("planted")));
            all.add(Arguments.of(call, new NoClassDefFoundError("planted")));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("throwers")
    void whateverALogThrowsEndsWithTheLog(LogCall call, Throwable planted) throws Exception {
        Rig rig = call.ready();
        rig.log.at(call.method(), () -> LogCall.raise(planted));
        DirtyLogException.Failed failed = assertThrows(DirtyLogException.Failed.class, () -> call.askFor(rig.guard));
        assertTrue(failed.getMessage().contains(call.method() + " threw"), failed.getMessage());
        assertTrue(failed.getMessage().contains("planted"), failed.getMessage());
        assertEquals(LogState.LOST, rig.guard.state());
        assertEquals(LogStatus.Health.DEAD, rig.guard.status().health());
        rig.guard.markDirty(THREE);
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        rig.guard.close();
    }

    @ParameterizedTest
    @MethodSource("throwers")
    void aFailureOfTheMediumIsToldAsItIsByWhateverSeesIt(LogCall call, Throwable unused) throws Exception {
        if (call.isMessage()) {
            return;
        }
        Rig rig = call.ready();
        DirtyLogException.Failed planted = new DirtyLogException.Failed("planted", null);
        rig.log.at(call.method(), () -> LogCall.raise(planted));
        assertEquals(planted, assertThrows(DirtyLogException.Failed.class, () -> call.askFor(rig.guard)));
        assertEquals(planted, rig.guard.failure().orElseThrow());
        assertTrue(rig.guard.state().hasFailed());
        rig.guard.close();
    }

    @Test
    void afterAFailureOfTheMediumTheLogIsToldDoubtOnlyAndAnswersQuestions() throws DirtyLogException {
        Rig rig = new Rig().running();
        rig.log.at("flush", () -> {
            throw new DirtyLogException.Failed("planted", null);
        });
        rig.guard.markDirty(RegionSet.of(1));
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        assertEquals(LogState.FAILED, rig.guard.state());
        rig.guard.markDirty(RegionSet.of(2));
        rig.guard.markClean(RegionSet.of(3));
        rig.guard.setInSync(RegionSet.of(4));
        rig.guard.setOutOfSync(RegionSet.of(5));
        rig.guard.snapshot(0, Rig.REGIONS);
        assertEquals(List.of("markDirty {1}", "markDirty {2}", "setOutOfSync {5}"), rig.log.told);
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        assertEquals(1, rig.log.calls.stream().filter("flush"::equals).count());
    }

    @Test
    void aStatusThatThrowsSpoilsNoFlush() throws DirtyLogException {
        Rig rig = new Rig().running();
        LogStatus before = rig.guard.status();
        for (Throwable planted : List.of(new NoClassDefFoundError("planted"), new IllegalStateException("planted"))) {
            rig.log.at("status", () -> LogCall.raise(planted));
            assertEquals(before, rig.guard.status());
            rig.seenHost.statusChanged();
            assertEquals(FlushResult.COMPLETE, rig.guard.flush());
            assertFalse(rig.guard.failed());
        }
        rig.log.at("peekInSync", () -> LogCall.raise(new NoClassDefFoundError("planted")));
        assertEquals(SyncAnswer.UNKNOWN, rig.guard.peekInSync(3));
        assertFalse(rig.guard.failed());
    }

    // ---- what hangs -------------------------------------------------------------------------------------------------

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

    // ---- what is nonsense -------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(LogCall.class)
    void anAnswerThatIsNoneFailsTheLog(LogCall call) throws Exception {
        for (Object nonsense : call.nonsense()) {
            Rig rig = call.ready();
            rig.log.at(call.method(), () -> nonsense.equals(LogCall.NULL) ? null : nonsense);
            DirtyLogException.Failed failed =
                    assertThrows(DirtyLogException.Failed.class, () -> call.askFor(rig.guard), "" + nonsense);
            assertTrue(failed.getMessage().contains(call.method() + " answered"), failed.getMessage());
            assertEquals(LogState.LOST, rig.guard.state());
            rig.guard.close();
        }
    }

    @Test
    void aRegionIsNotClaimedTwice() throws DirtyLogException {
        Rig rig = new Rig().running();
        rig.log.at("nextRecovery", () -> THREE);
        assertEquals(THREE, rig.guard.nextRecovery(1));
        rig.guard.setOutOfSync(THREE);
        assertEquals(THREE, rig.guard.nextRecovery(1));
        DirtyLogException failed = assertThrows(DirtyLogException.Failed.class, () -> rig.guard.nextRecovery(1));
        assertTrue(failed.getMessage().contains("claimed already"), failed.getMessage());
    }

    @Test
    void regionsThatAreNotThereAndStatesThatAreNotRightAreTheCallersFault() throws DirtyLogException {
        Rig rig = new Rig();
        assertThrows(IllegalStateException.class, () -> rig.guard.markDirty(THREE));
        assertThrows(IllegalStateException.class, rig.guard::flush);
        rig.running();
        RegionSet none = RegionSet.of(Rig.REGIONS);
        assertThrows(IllegalArgumentException.class, () -> rig.guard.markDirty(none));
        assertThrows(IllegalArgumentException.class, () -> rig.guard.setInSync(none));
        assertThrows(IllegalArgumentException.class, () -> rig.guard.isClean(-1));
        assertThrows(IllegalArgumentException.class, () -> rig.guard.peekInSync(Rig.REGIONS));
        assertThrows(IllegalArgumentException.class, () -> rig.guard.nextRecovery(0));
        assertThrows(IllegalArgumentException.class, () -> rig.guard.snapshot(3, 2));
        assertThrows(IllegalStateException.class, rig.guard::postSuspend);
        assertEquals(FlushResult.COMPLETE, rig.guard.flush());
    }

    // ---- what comes back --------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(LogCall.class)
    void aLogThatCallsItselfThroughItsGuardIsToldSoAndDoesNotWaitForItself(LogCall call) throws Exception {
        Rig rig = call.ready();
        List<String> seen = new CopyOnWriteArrayList<>();
        rig.log.at(call.method(), () -> {
            for (LogCall again : LogCall.values()) {
                try {
                    again.call(rig.guard);
                    seen.add(again + " was passed");
                } catch (IllegalStateException expected) {
                    seen.addAll(
                            expected.getMessage().contains("from within " + call.method())
                                    ? List.of()
                                    : List.of(again + ": " + expected));
                }
            }
            rig.guard.status();
            rig.guard.peekInSync(3);
            return LogCall.raise(new IllegalStateException("enough"));
        });
        assertThrows(DirtyLogException.Failed.class, () -> call.askFor(rig.guard));
        assertEquals(List.of(), seen);
        rig.guard.close();
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
