// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.junit.jupiter.api.Test;

/** What a running log writes, and when it does not. */
class DiskLogTest {

    @Test
    void making_a_log_opens_its_medium_and_reads_and_writes_nothing() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred();
        f.medium.failReads = true;
        DirtyLog log = new DiskLogType().create(f.spec(), f.host);
        assertEquals("/dev/log", f.host.opened);
        assertEquals(1536, f.host.needed);
        assertEquals(0, f.medium.writes);
        assertEquals(0, log.inSyncCount(), "nothing is known before the first resume");
    }

    @Test
    void a_medium_that_is_too_small_is_refused_with_the_bytes_needed_and_given_back() {
        DiskLogFixture f = new DiskLogFixture(4097, 1536, 512);
        String message = assertThrows(DirtyLogException.Rejected.class, f::open).getMessage();
        assertTrue(message.contains("/dev/log has 1536 bytes, needs 2048"), message);
        assertTrue(f.medium.closed);
        DiskLogFixture blocks = new DiskLogFixture(24_577, 4096, 4096);
        message = assertThrows(DirtyLogException.Rejected.class, blocks::open).getMessage();
        assertTrue(message.contains("needs 8192"), message);
    }

    @Test
    void arguments_and_region_counts_that_the_format_cannot_hold_are_refused() {
        DiskLogFixture f = DiskLogFixture.hundred();
        for (List<String> wrong : List.of(List.<String>of(), List.of("/dev/log", "x"))) {
            LogSpec spec = f.spec().withArguments(wrong);
            assertThrows(DirtyLogException.Rejected.class, () -> new DiskLogType().create(spec, f.host));
        }
        LogSpec huge =
                LogSpec.of(UUID.randomUUID(), new RegionGeometry(2L << 32, 2)).withArguments(List.of("/dev/log"));
        String message = assertThrows(DirtyLogException.Rejected.class, () -> new DiskLogType().create(huge, f.host))
                .getMessage();
        assertTrue(message.contains("4294967295"), message);
    }

    @Test
    void shows_itself_in_the_kernels_words() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().open();
        assertEquals("3 disk /dev/log A", f.log.status().infoLine());
        assertEquals("disk 2 /dev/log 16", f.log.status().tableLine());
        LogSpec nosync = f.spec().withInitialSync(LogSpec.InitialSync.ASSUME_IN_SYNC);
        assertEquals(
                "disk 3 /dev/log 16 nosync",
                new DiskLogType().create(nosync, f.host).status().tableLine());
    }

    @Test
    void a_flush_with_nothing_changed_does_no_io() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.of(7));
        int io = f.medium.writes + f.medium.forces + f.host.legFlushes;
        f.log.markDirty(RegionSet.of(7));
        f.log.setInSync(RegionSet.of(9));
        f.log.markClean(RegionSet.of(9));
        f.log.nextRecovery(4);
        f.log.markDirty(RegionSet.of(5));
        f.log.markClean(RegionSet.of(5));
        assertEquals(FlushResult.COMPLETE, f.log.flush());
        assertEquals(io, f.medium.writes + f.medium.forces + f.host.legFlushes);
    }

    @Test
    void i2_marks_are_forced_and_need_no_leg() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.none());
        int forces = f.medium.forces;
        int legFlushes = f.host.legFlushes;
        f.log.markDirty(RegionSet.of(5));
        f.log.flush();
        assertEquals(forces + 1, f.medium.forces);
        assertEquals(legFlushes, f.host.legFlushes);
        assertEquals(RegionSet.of(5), f.kernelSees());
    }

    @Test
    void i3_cleanings_flush_the_legs_and_are_not_worth_a_force() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.of(5));
        int forces = f.medium.forces;
        int legFlushes = f.host.legFlushes;
        f.log.markClean(RegionSet.of(5));
        f.log.flush();
        assertEquals(forces, f.medium.forces);
        assertEquals(legFlushes + 1, f.host.legFlushes);
        assertEquals(RegionSet.none(), f.kernelSees());
    }

    @Test
    void p18_when_the_legs_cannot_be_flushed_cleanings_are_dropped_marks_are_durable_and_the_log_goes_on()
            throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.of(5, 6));
        int forces = f.medium.forces;
        f.log.markClean(RegionSet.of(5, 6));
        f.log.markDirty(RegionSet.of(80));
        f.host.legsFail = true;
        assertEquals(FlushResult.dropped(RegionSet.of(5, 6)), f.log.flush());
        assertEquals(forces + 1, f.medium.forces);
        assertEquals(RegionSet.of(5, 6, 80), f.dirty());
        assertEquals(RegionSet.of(5, 6, 80), f.kernelSees());
        assertEquals("3 disk /dev/log A", f.log.status().infoLine(), "a leg has failed and not the log");

        f.host.legsFail = false;
        assertEquals(FlushResult.COMPLETE, f.log.flush(), "nothing was put off");
        assertEquals(RegionSet.of(5, 6, 80), f.dirty());
        f.log.markClean(RegionSet.of(5));
        f.log.flush();
        assertEquals(RegionSet.of(6, 80), f.kernelSees());
    }

    @Test
    void i6_a_region_out_of_sync_is_dirty_on_the_medium_and_cannot_be_cleaned() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.none());
        f.log.setOutOfSync(RegionSet.of(12));
        f.log.markClean(RegionSet.of(12));
        f.log.flush();
        assertEquals(RegionSet.of(12), f.kernelSees());
        assertEquals(RegionSet.of(12), f.log.nextRecovery(3));
        f.log.setInSync(RegionSet.of(12));
        f.log.markClean(RegionSet.of(12));
        f.log.flush();
        assertEquals(RegionSet.none(), f.kernelSees());
        assertEquals(100, f.log.inSyncCount());
    }

    @Test
    void only_the_blocks_that_changed_are_written_and_neighbours_in_one_go() throws Exception {
        DiskLogFixture f = new DiskLogFixture(40_000, 8192, 512);
        f.openWithDirty(RegionSet.none());
        int writes = f.medium.writes;
        long bytes = f.medium.bytesWritten;
        f.log.markDirty(RegionSet.of(0, 4095, 4096, 8191));
        f.log.flush();
        assertEquals(writes + 1, f.medium.writes, "two blocks of 4096 regions, side by side");
        assertEquals(bytes + 1024, f.medium.bytesWritten);
        f.log.markDirty(RegionSet.of(20_000, 39_999));
        f.log.flush();
        assertEquals(writes + 3, f.medium.writes);
        assertEquals(bytes + 2048, f.medium.bytesWritten);
        assertEquals(RegionSet.of(0, 4095, 4096, 8191, 20_000, 39_999), f.kernelSees());
    }

    @Test
    void p35_a_failed_force_is_final_and_shows_as_f() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.none());
        f.medium.failForces = true;
        f.log.markDirty(RegionSet.of(5));
        assertThrows(DirtyLogException.Failed.class, f.log::flush);
        f.medium.failForces = false;
        int io = f.medium.writes + f.medium.forces;
        assertThrows(DirtyLogException.Failed.class, f.log::flush, "a second force would prove nothing");
        f.log.markDirty(RegionSet.of(6));
        assertThrows(DirtyLogException.Failed.class, f.log::flush);
        f.log.preSuspend();
        assertThrows(DirtyLogException.Failed.class, f.log::postSuspend);
        assertThrows(DirtyLogException.Failed.class, () -> f.log.resume(f.record));
        assertEquals(io, f.medium.writes + f.medium.forces);
        assertEquals("3 disk /dev/log F", f.log.status().infoLine());
        assertEquals(1, f.host.statusChanges);
        assertFalse(f.log.isClean(5));
        assertEquals(RegionSet.of(5, 6), f.dirty(), "what is in memory can be handed over");
    }

    @Test
    void i8_p35_a_failed_write_is_final_and_shows_as_d() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.none());
        f.medium.failWrites = true;
        f.log.markDirty(RegionSet.of(5));
        String message =
                assertThrows(DirtyLogException.Failed.class, f.log::flush).getMessage();
        assertTrue(message.contains("/dev/log") && message.contains("at byte 1024"), message);
        f.medium.failWrites = false;
        assertThrows(DirtyLogException.Failed.class, f.log::flush);
        assertEquals("3 disk /dev/log D", f.log.status().infoLine());
    }

    @Test
    void a_failed_read_changes_nothing_and_may_be_tried_again_but_the_letter_stays() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred();
        f.medium.failReads = true;
        f.log = new DiskLogType().create(f.spec(), f.host);
        assertThrows(DirtyLogException.Failed.class, () -> f.log.resume(f.record));
        assertEquals(0, f.medium.writes);
        f.medium.failReads = false;
        assertEquals(Found.FRESH, f.log.resume(f.record));
        assertEquals("3 disk /dev/log D", f.log.status().infoLine());
    }

    @Test
    void p42_a_log_whose_medium_was_taken_away_fails_and_writes_nothing() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred().openWithDirty(RegionSet.none());
        f.log.close();
        f.log.close();
        byte[] before = f.medium.content();
        f.log.markDirty(RegionSet.of(1));
        assertThrows(DirtyLogException.Failed.class, f.log::flush);
        assertTrue(java.util.Arrays.equals(before, f.medium.content()));
    }

    @Test
    void takes_over_from_a_predecessor_with_both_facts() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred();
        f.log = new DiskLogType().create(f.spec(), f.host);
        Snapshot old = new Snapshot(0, 100, RegionSet.range(2, 6), RegionSet.of(5));
        f.log.resumeFrom(f.record, old);
        assertEquals(old, f.log.snapshot(0, 100));
        assertEquals(RegionSet.range(2, 6), f.kernelSees());
        assertTrue(f.host.legFlushes > 0, "I3");
    }

    @Test
    void the_longest_log_of_the_format_is_searched_and_flushed_by_the_block() throws Exception {
        // 2^22 regions are a quarter of a megabyte and a half; the format's limit differs only in length.
        DiskLogFixture f = new DiskLogFixture(1 << 22, 1024 + (1 << 19), 512);
        f.openWithDirty(RegionSet.of(3_000_000));
        long bytes = f.medium.bytesWritten;
        assertEquals(1 << 22, f.log.inSyncCount());
        f.log.markDirty(RegionSet.of(4_000_000));
        f.log.flush();
        assertEquals(bytes + 512, f.medium.bytesWritten);
        assertEquals(RegionSet.of(3_000_000, 4_000_000), f.kernelSees());
    }
}
