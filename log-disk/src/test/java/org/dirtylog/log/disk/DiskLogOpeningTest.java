// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a log makes of what it finds, rule by rule. */
class DiskLogOpeningTest {
    private static final RegionSet SOME = RegionSet.of(3, 64, 99);

    private final DiskLogFixture f = DiskLogFixture.hundred();

    /** A log with a kernel's header and no identity, some regions dirty. */
    private void kernelLog() throws Exception {
        f.openWithDirty(SOME).stop();
        f.poke(256, new int[128]);
        f.poke(768, new int[128]);
        f.record = new RecordModel(5);
    }

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
        kernelLog();
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

    // ---- versions ----

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 0x02000000, -1})
    void a_version_that_is_not_known_is_refused_and_left_untouched_whatever_the_word(int version) throws Exception {
        kernelLog();
        f.poke(4, version, version >> 8, version >> 16, version >> 24);
        byte[] before = f.medium.content();
        for (InitialSync word : InitialSync.values()) {
            f.record.word = word;
            String message =
                    assertThrows(DirtyLogException.Corrupt.class, f::open).getMessage();
            assertTrue(message.contains("version " + Integer.toUnsignedString(version)), message);
        }
        assertArrayEquals(before, f.medium.content());
    }

    @Test
    void version_1_is_read_as_2_and_written_back_as_2() throws Exception {
        kernelLog();
        f.poke(4, 1);
        f.open();
        assertEquals(SOME, f.dirty());
        assertEquals(2, f.medium.content()[4]);
    }

    @Test
    void an_identity_of_a_newer_dirtylog_is_refused_and_left_untouched() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] content = f.medium.content();
        int at = newest(content);
        content[at + 8] = 2;
        sign(content, at);
        f.medium.put(content);
        String message = assertThrows(DirtyLogException.Corrupt.class, f::open).getMessage();
        assertTrue(message.contains("version 2"), message);
        assertArrayEquals(content, f.medium.content());
    }

    // ---- whose it is ----

    @Test
    void p29_a_log_of_another_mirror_is_refused_with_both_names_and_left_untouched() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] before = f.medium.content();
        f.mirror = UUID.randomUUID();
        f.record = new RecordModel(6);
        String message = assertThrows(DirtyLogException.Rejected.class, f::open).getMessage();
        assertTrue(message.contains(DiskLogFixture.MIRROR.toString()), message);
        assertTrue(message.contains(f.mirror.toString()), message);
        assertTrue(message.contains("mirror:create --adopt-log"), message);
        assertArrayEquals(before, f.medium.content());
    }

    @Test
    void a_log_of_another_mirror_that_is_taken_over_is_all_dirty_and_then_ours() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        f.mirror = UUID.randomUUID();
        f.record = new RecordModel(6);
        f.record.word = InitialSync.ASSUME_IN_SYNC;
        f.record.adoptForeign = true;
        f.open();
        assertEquals(Found.STALE, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
        f.open();
        assertEquals(Found.RECORDED, f.found);
    }

    @Test
    void p29_a_copy_of_an_earlier_run_that_was_put_back_is_stale() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        byte[] copy = f.medium.content();
        f.open();
        f.log.markDirty(SOME);
        f.log.flush();
        f.medium.put(copy);
        f.open();
        assertEquals(Found.STALE, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
    }

    @Test
    void p29_a_log_that_lost_its_identity_is_stale() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        f.poke(256, 0);
        f.poke(768, 0);
        f.open();
        assertEquals(Found.STALE, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
    }

    @Test
    void i16_a_log_for_another_region_size_is_stale() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        f.geometry = new RegionGeometry(1600, 32);
        f.open();
        assertEquals(Found.STALE, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
    }

    @Test
    void p37_a_log_that_was_being_converted_is_stale() throws Exception {
        f.openWithDirty(RegionSet.none()).stop();
        byte[] content = f.medium.content();
        int at = newest(content);
        content[at + 10] = 3;
        sign(content, at);
        f.medium.put(content);
        f.open();
        assertEquals(Found.STALE, f.found);
        assertEquals(f.geometry.allRegions(), f.dirty());
    }

    // ---- other writers ----

    @ParameterizedTest
    @EnumSource(OtherWriter.class)
    void p29_a_log_that_the_kernel_changed_since_the_clean_stop_goes_by_policy(OtherWriter policy) throws Exception {
        f.openWithDirty(SOME).stop();
        f.poke(1024, f.medium.content()[1024] & ~1);
        byte[] before = f.medium.content();
        f.record.policy = policy;
        if (policy == OtherWriter.REFUSE) {
            String message =
                    assertThrows(DirtyLogException.Rejected.class, f::open).getMessage();
            assertTrue(message.contains("otherWriter=adopt"), message);
            assertArrayEquals(before, f.medium.content());
            return;
        }
        f.open();
        assertEquals(Found.REWRITTEN, f.found);
        assertEquals(policy == OtherWriter.ADOPT ? SOME.plus(RegionSet.of(0)) : f.geometry.allRegions(), f.dirty());
    }

    @ParameterizedTest
    @EnumSource(OtherWriter.class)
    void p33_on_a_first_activation_a_record_of_the_kernel_is_believed_whatever_the_policy(OtherWriter policy)
            throws Exception {
        kernelLog();
        f.record.policy = policy;
        f.open();
        assertEquals(Found.UNIDENTIFIED, f.found);
        assertEquals(SOME, f.dirty());
    }

    @ParameterizedTest
    @EnumSource(OtherWriter.class)
    void p29_later_a_record_of_the_kernel_goes_by_policy(OtherWriter policy) throws Exception {
        kernelLog();
        f.record.completed = true;
        f.record.policy = policy;
        if (policy == OtherWriter.REFUSE) {
            assertThrows(DirtyLogException.Rejected.class, f::open);
            return;
        }
        f.open();
        assertEquals(Found.UNIDENTIFIED, f.found);
        assertEquals(policy == OtherWriter.ADOPT ? SOME : f.geometry.allRegions(), f.dirty());
    }

    @Test
    void a_kernel_that_opened_and_closed_our_log_and_changed_nothing_does_not_show() throws Exception {
        f.openWithDirty(SOME).stop();
        f.kernelResumes(100);
        f.open();
        assertEquals(Found.RECORDED, f.found);
        assertEquals(SOME, f.dirty());
    }

    @Test
    void p31_the_digest_is_not_compared_while_an_opening_was_interrupted() throws Exception {
        f.openWithDirty(SOME).stop();
        f.medium.fuse = 1; // the force of the bits
        assertThrows(CrashableMedium.PowerCut.class, f::open);
        f.medium.crash(new java.util.Random(1));
        f.record.closedCleanly = Optional.empty();
        f.poke(1024, f.medium.content()[1024] & ~1);
        f.open();
        assertEquals(Found.RECORDED, f.found);
        assertEquals(SOME.plus(RegionSet.of(0)), f.dirty());
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
                f.medium.fuse = 1;
                return super.announce(accepted);
            }
        };
        assertThrows(CrashableMedium.PowerCut.class, () -> f.log.resume(cutAtTheForceOfTheBits));
        assertEquals(writes + 1, f.medium.writes);
        assertEquals(forces, f.medium.forces);
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
        int at = newest(content);
        assertEquals(1, content[at + 10]);
        assertArrayEquals(new byte[32], Arrays.copyOfRange(content, at + 72, at + 104));
    }

    @Test
    void p31_a_torn_slot_is_none_and_the_other_one_counts() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] content = f.medium.content();
        content[newest(content) + 90] ^= 1;
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

    private static int newest(byte[] content) {
        ByteBuffer b = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        return b.getLong(256) == b.getLong(768) && b.getLong(768 + 64) > b.getLong(256 + 64) ? 768 : 256;
    }

    private static void sign(byte[] content, int at) {
        CRC32C crc = new CRC32C();
        crc.update(content, at, 124);
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(at + 124, (int) crc.getValue());
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
