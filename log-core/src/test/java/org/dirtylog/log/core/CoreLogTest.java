// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.junit.jupiter.api.Test;

class CoreLogTest {
    private static final RegionGeometry TEN = new RegionGeometry(10_000, 1024);
    private static final RegionSet ALL = TEN.allRegions();

    private static LogSpec spec() {
        return LogSpec.of(UUID.randomUUID(), TEN);
    }

    private static DirtyLog resumed(InitialSync initialSync) throws DirtyLogException {
        DirtyLog log = new CoreLogType().create(spec().withInitialSync(initialSync), new NoHost());
        assertEquals(Found.FRESH, log.resume(new FirstOpening(initialSync)));
        return log;
    }

    @Test
    void a_new_log_knows_nothing_so_all_regions_are_dirty_and_out_of_sync() throws Exception {
        for (InitialSync word : List.of(InitialSync.AS_RECORDED, InitialSync.FORCE_RESYNC)) {
            DirtyLog log = resumed(word);
            assertEquals(0, log.inSyncCount());
            assertFalse(log.isClean(0));
            assertEquals(ALL, log.nextRecovery(100));
        }
    }

    @Test
    void nosync_on_the_first_resume_makes_all_regions_clean() throws Exception {
        DirtyLog log = resumed(InitialSync.ASSUME_IN_SYNC);
        assertEquals(10, log.inSyncCount());
        assertTrue(log.isClean(9));
        assertTrue(log.nextRecovery(1).isEmpty());
    }

    @Test
    void i17_nosync_does_not_count_on_a_later_resume_of_the_same_log() throws Exception {
        DirtyLog log = resumed(InitialSync.ASSUME_IN_SYNC);
        log.setOutOfSync(RegionSet.of(4));
        log.preSuspend();
        log.postSuspend();
        assertEquals(Found.RECORDED, log.resume(new FirstOpening(InitialSync.ASSUME_IN_SYNC)));
        assertEquals(RegionSet.of(4), log.snapshot(0, 10).outOfSync());
    }

    @Test
    void sync_does_not_throw_away_what_the_same_log_knows() throws Exception {
        DirtyLog log = resumed(InitialSync.FORCE_RESYNC);
        log.setInSync(ALL);
        log.markClean(RegionSet.range(0, 7));
        log.preSuspend();
        log.postSuspend();
        assertEquals(Found.RECORDED, log.resume(new FirstOpening(InitialSync.FORCE_RESYNC)));
        assertEquals(7, log.inSyncCount());
    }

    @Test
    void i12_what_is_dirty_at_a_resume_is_out_of_sync() throws Exception {
        DirtyLog log = resumed(InitialSync.ASSUME_IN_SYNC);
        log.markDirty(RegionSet.of(2));
        assertTrue(log.isInSync(2));
        log.preSuspend();
        log.postSuspend();
        log.resume(new FirstOpening(InitialSync.AS_RECORDED));
        assertFalse(log.isInSync(2));
        assertEquals(RegionSet.of(2), log.nextRecovery(5));
    }

    @Test
    void i6_out_of_sync_implies_dirty_and_cleaning_such_a_region_has_no_effect() throws Exception {
        DirtyLog log = resumed(InitialSync.ASSUME_IN_SYNC);
        log.setOutOfSync(RegionSet.of(3));
        assertFalse(log.isClean(3));
        log.markClean(RegionSet.range(2, 5));
        assertFalse(log.isClean(3));
        log.setInSync(RegionSet.of(3));
        assertFalse(log.isClean(3), "in sync, and dirty until it is cleaned");
        log.markClean(RegionSet.of(3));
        assertTrue(log.isClean(3));
    }

    @Test
    void i24_r8_the_count_is_of_regions_and_not_of_calls() throws Exception {
        DirtyLog log = resumed(InitialSync.AS_RECORDED);
        log.setInSync(RegionSet.of(1));
        log.setInSync(RegionSet.of(1, 2));
        assertEquals(2, log.inSyncCount());
        log.setOutOfSync(RegionSet.of(2, 3));
        log.setOutOfSync(RegionSet.of(2));
        assertEquals(1, log.inSyncCount());
    }

    @Test
    void a_claim_ends_with_a_report_or_with_the_suspension() throws Exception {
        DirtyLog log = resumed(InitialSync.AS_RECORDED);
        assertEquals(RegionSet.range(0, 4), log.nextRecovery(4));
        log.setOutOfSync(RegionSet.of(1));
        log.setInSync(RegionSet.of(0));
        assertEquals(RegionSet.range(4, 10).plus(RegionSet.of(1)), log.nextRecovery(20));
        log.preSuspend();
        log.postSuspend();
        log.resume(new FirstOpening(InitialSync.AS_RECORDED));
        assertEquals(0, log.inSyncCount(), "region 0 was in sync, but never cleaned");
        assertEquals(ALL, log.nextRecovery(20));
    }

    @Test
    void takes_over_from_a_predecessor_with_both_facts() throws Exception {
        DirtyLog log = new CoreLogType().create(spec(), new NoHost());
        Snapshot old = new Snapshot(0, 10, RegionSet.range(2, 6), RegionSet.of(5));
        log.resumeFrom(new FirstOpening(InitialSync.AS_RECORDED), old);
        assertEquals(old, log.snapshot(0, 10));
        assertEquals(DirtyLog.SyncAnswer.IN_SYNC, log.peekInSync(4));
        assertEquals(DirtyLog.SyncAnswer.OUT_OF_SYNC, log.peekInSync(5));
    }

    @Test
    void a_flush_needs_neither_legs_nor_medium() throws Exception {
        DirtyLog log = resumed(InitialSync.ASSUME_IN_SYNC);
        log.markDirty(RegionSet.of(1));
        log.markClean(RegionSet.of(1));
        assertEquals(FlushResult.COMPLETE, log.flush());
    }

    @Test
    void shows_itself_in_the_kernels_words() throws Exception {
        assertEquals("1 core", resumed(InitialSync.AS_RECORDED).status().infoLine());
        assertEquals("core 1 1024", resumed(InitialSync.AS_RECORDED).status().tableLine());
        assertEquals(
                "core 2 1024 nosync",
                resumed(InitialSync.ASSUME_IN_SYNC).status().tableLine());
    }

    @Test
    void refuses_arguments_of_its_own_and_more_regions_than_it_can_keep() {
        LogSpec withDevice = spec().withArguments(List.of("/dev/sdx"));
        String message = assertThrows(
                        DirtyLogException.Rejected.class, () -> new CoreLogType().create(withDevice, new NoHost()))
                .getMessage();
        assertTrue(message.contains("/dev/sdx"), message);
        LogSpec huge = LogSpec.of(UUID.randomUUID(), new RegionGeometry((1L << 41) + 2, 2));
        assertThrows(DirtyLogException.Rejected.class, () -> new CoreLogType().create(huge, new NoHost()));
    }

    @Test
    void covers_two_to_the_forty_regions() throws Exception {
        LogSpec large = LogSpec.of(UUID.randomUUID(), new RegionGeometry(1L << 41, 2));
        DirtyLog log = new CoreLogType().create(large, new NoHost());
        log.resume(new FirstOpening(InitialSync.ASSUME_IN_SYNC));
        log.setOutOfSync(RegionSet.of(1L << 39));
        assertEquals((1L << 40) - 1, log.inSyncCount());
        assertEquals(RegionSet.of(1L << 39), log.nextRecovery(1));
    }

    private record FirstOpening(InitialSync initialSync) implements Opening {
        @Override
        public OtherWriter otherWriter() {
            return OtherWriter.DIRTY;
        }

        @Override
        public Found judge(Optional<LogPair> found) {
            throw new AssertionError("a log without a medium has no identity");
        }

        @Override
        public boolean compareDigest() {
            throw new AssertionError("a log without a medium has no digest");
        }

        @Override
        public LogPair announce(Optional<LogPair> accepted) {
            throw new AssertionError("a log without a medium writes nothing");
        }
    }

    private static final class NoHost implements LogHost {
        @Override
        public void flushLegs() throws IOException {
            throw new IOException("not to be called");
        }

        @Override
        public LogMedium openMedium(String path, long needBytes) {
            throw new AssertionError("a log without a medium opens none");
        }

        @Override
        public void statusChanged() {}

        @Override
        public void recoveryChanged() {}

        @Override
        public void release(RegionSet regions) {}
    }
}
