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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a log may do to its mirror: nothing. What hangs is in {@link GuardedHangTest}. */
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
        assertThrows(IllegalArgumentException.class, () -> rig.guard.nextRecovery(1, none));
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
}
