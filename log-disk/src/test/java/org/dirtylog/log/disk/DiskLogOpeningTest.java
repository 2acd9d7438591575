// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;

/** What a log makes of what it finds, rule by rule. */
class DiskLogOpeningTest {
    private static final RegionSet SOME = RegionSet.of(3, 64, 99);

    private final DiskLogFixture f = DiskLogFixture.hundred();

    // ---- no record ----

    @Test
    void i11_a_medium_without_the_magic_is_a_new_log_with_every_region_dirty() throws Exception {
        f.open();
        assertEquals(Found.FRESH, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
        assertEquals(f.geometry.allRegions(), f.kernelSees());
        assertEquals(f.geometry.allRegions(), f.log.nextRecovery(1000));
    }

    @Test
    void p33_nosync_counts_where_there_is_no_record() throws Exception {
        f.record.word = InitialSync.ASSUME_IN_SYNC;
        f.open();
        assertEquals(RegionSet.none(), f.dirty());
        assertEquals(RegionSet.none(), f.kernelSees());
    }

    @Test
    void i17_nosync_does_not_erase_recorded_dirt_and_new_regions_are_dirty() throws Exception {
        f.makeKernelLog(SOME);
        f.geometry = new RegionGeometry(110 * 16, 16);
        f.record.word = InitialSync.ASSUME_IN_SYNC;
        f.open();
        assertEquals(Found.UNIDENTIFIED, f.found);
        assertEquals(SOME.plus(RegionSet.range(100, 110)), f.dirty());
    }

    @Test
    void sync_makes_every_region_dirty_whatever_is_recorded() throws Exception {
        f.openWithDirty(SOME).stop();
        f.record.word = InitialSync.FORCE_RESYNC;
        f.open();
        assertEquals(Found.RECORDED, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
        assertEquals(Optional.empty(), f.record.closedCleanly);
    }

    // ---- lengths ----

    @Test
    void i11_i15_regions_beyond_the_count_are_dirty_also_when_they_were_there_before() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        f.geometry = new RegionGeometry(60 * 16, 16);
        f.open().stop();
        f.geometry = new RegionGeometry(100 * 16, 16);
        f.open();
        assertEquals(Found.RECORDED, f.found);
        assertEquals(RegionSet.range(60, 100), f.dirty());
    }

    @Test
    void i16_a_target_that_grew_within_its_last_region_has_that_region_dirty() throws Exception {
        f.geometry = new RegionGeometry(100 * 16 - 7, 16);
        f.openWithDirty(RegionSet.none()).stop();
        f.geometry = new RegionGeometry(100 * 16, 16);
        f.open();
        assertEquals(RegionSet.of(99), f.dirty());
        assertEquals(Optional.empty(), f.record.closedCleanly, "the note of the stop does not speak of it");
    }

    @Test
    void regions_that_the_header_does_not_cover_are_dirty_whatever_the_identity_says() throws Exception {
        f.openWithDirty(RegionSet.none());
        f.poke(8, 50);
        f.open();
        assertEquals(RegionSet.range(50, 100), f.dirty());
    }

    // ---- order ----

    @Test
    void p30_nothing_is_written_before_the_announcement_and_identity_only_after_the_bits_are_forced() throws Exception {
        f.openWithDirty(SOME).stop();
        int writes = f.medium.writes;
        int forces = f.medium.forces;
        byte[] head = Arrays.copyOf(f.medium.content(), 1024);
        f.log = new DiskLogType().create(f.spec(), f.host);
        Opening cutAtTheForceOfTheBits = new DelegatingOpening(f.record) {
            @Override
            public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
                assertEquals(writes, f.medium.writes);
                assertTrue(accepted.isPresent());
                assertEquals(forces + 1, f.medium.forces, "what names the log is on the medium when it is confirmed");
                f.medium.fuse = 1;
                return super.announce(accepted);
            }
        };
        assertThrows(CrashableMedium.PowerCut.class, () -> f.log.resume(cutAtTheForceOfTheBits));
        assertEquals(writes + 1, f.medium.writes);
        assertEquals(forces + 1, f.medium.forces);
        assertArrayEquals(head, Arrays.copyOf(f.medium.content(), 1024), "no identity yet");
    }

    @Test
    void an_announcement_that_cannot_be_recorded_leaves_the_log_untouched_and_usable() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] before = f.medium.content();
        f.log = new DiskLogType().create(f.spec(), f.host);
        assertThrows(
                DirtyLogException.Unavailable.class,
                () -> f.log.resume(new DelegatingOpening(f.record) {
                    @Override
                    public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
                        throw new DirtyLogException.Unavailable("no space");
                    }
                }));
        assertArrayEquals(before, f.medium.content());
        assertEquals(Found.RECORDED, f.log.resume(f.record));
    }

    // ---- clean stop ----

    @Test
    void p32_the_note_of_a_clean_stop_comes_back_with_the_next_opening() throws Exception {
        f.openWithDirty(SOME);
        f.host.legsAgree = true;
        f.stop();
        f.open();
        assertEquals(Optional.of(true), f.record.closedCleanly);
        f.host.legsAgree = false;
        f.stop();
        f.open();
        assertEquals(Optional.of(false), f.record.closedCleanly);
        f.log.setInSync(SOME);
        f.log.markClean(SOME);
        f.stop();
        f.record.closedCleanly = Optional.empty();
        f.open();
        assertEquals(Optional.of(true), f.record.closedCleanly, "where all is clean nothing is in doubt");
        f.record.closedCleanly = Optional.empty();
        f.open();
        assertEquals(Optional.empty(), f.record.closedCleanly, "this time it was not stopped");
    }

    @Test
    void p31_an_open_log_carries_no_digest() throws Exception {
        f.openWithDirty(SOME);
        byte[] content = f.medium.content();
        int at = DiskLogFixture.newest(content);
        assertEquals(1, content[at + 10]);
        assertArrayEquals(new byte[32], Arrays.copyOfRange(content, at + 72, at + 104));
    }

    @Test
    void p31_a_torn_slot_is_none_and_the_other_one_counts() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] content = f.medium.content();
        content[DiskLogFixture.newest(content) + 90] ^= 1;
        f.medium.put(content);
        f.open();
        assertEquals(Found.RECORDED, f.found, "the slot of the opening is still there: an unclean stop");
        assertEquals(SOME, f.dirty());
        assertEquals(Optional.empty(), f.record.closedCleanly);
    }

    @Test
    void a_suspended_log_is_resumed_with_what_it_recorded() throws Exception {
        f.openWithDirty(SOME);
        f.log.preSuspend();
        f.log.postSuspend();
        assertEquals(Found.RECORDED, f.log.resume(f.record));
        assertEquals(SOME, f.dirty());
    }

    @Test
    void a_disowned_log_keeps_its_bits_and_is_adopted_by_a_new_mirror() throws Exception {
        f.openWithDirty(SOME);
        f.log.preSuspend();
        f.log.postSuspend();
        f.log.disown();
        f.log.disown();
        assertEquals(SOME, f.kernelSees());
        f.mirror = UUID.randomUUID();
        f.record = new RecordModel(9);
        f.open();
        assertEquals(Found.UNIDENTIFIED, f.found);
        assertEquals(SOME, f.dirty());
    }

    @Test
    void disowning_does_not_touch_the_log_of_another_mirror() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] before = f.medium.content();
        f.mirror = UUID.randomUUID();
        new DiskLogType().create(f.spec(), f.host).disown();
        assertArrayEquals(before, f.medium.content());
    }

    @Test
    void bytes_that_the_kernel_keeps_are_kept() throws Exception {
        DiskLogFixture blocks = new DiskLogFixture(100, 8192, 4096);
        blocks.openWithDirty(SOME).stop();
        byte[] content = blocks.medium.content();
        for (int at = 16; at < content.length; at++) {
            boolean ours = at >= 256 && at < 384 || at >= 768 && at < 896 || at >= 1024 && at < 1040;
            assertTrue(ours || content[at] == (byte) 0xFF, "byte " + at);
        }
    }

    private static class DelegatingOpening implements Opening {
        private final RecordModel record;

        DelegatingOpening(RecordModel record) {
            this.record = record;
        }

        @Override
        public InitialSync initialSync() {
            return record.initialSync();
        }

        @Override
        public OtherWriter otherWriter() {
            return record.otherWriter();
        }

        @Override
        public Found judge(Optional<LogPair> found) {
            return record.judge(found);
        }

        @Override
        public boolean compareDigest() {
            return record.compareDigest();
        }

        @Override
        public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
            return record.announce(accepted);
        }
    }
}
