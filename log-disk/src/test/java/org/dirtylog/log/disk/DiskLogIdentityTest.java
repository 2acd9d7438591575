// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose log it is, and what becomes of logs that are another's or that another wrote. */
class DiskLogIdentityTest {
    private static final RegionSet SOME = RegionSet.of(3, 64, 99);

    private final DiskLogFixture f = DiskLogFixture.hundred();

    // ---- versions ----

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 0x02000000, -1})
    void a_version_that_is_not_known_is_refused_and_left_untouched_whatever_the_word(int version) throws Exception {
        f.makeKernelLog(SOME);
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
        f.makeKernelLog(SOME);
        f.poke(4, 1);
        f.open();
        assertEquals(SOME, f.dirty());
        assertEquals(2, f.medium.content()[4]);
    }

    @Test
    void an_identity_of_a_newer_dirtylog_is_refused_and_left_untouched() throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] content = f.medium.content();
        int at = DiskLogFixture.newest(content);
        content[at + 8] = 2;
        DiskLogFixture.sign(content, at);
        f.medium.put(content);
        String message = assertThrows(DirtyLogException.Corrupt.class, f::open).getMessage();
        assertTrue(message.contains("version 2"), message);
        assertArrayEquals(content, f.medium.content());
    }

    @ParameterizedTest
    @CsvSource({
        "10, 9", // a state that there is none of
        "71, 128", // a negative sequence number
        "33, 3", // a region size that is no power of two
        "46, 127", // more regions than the format has
        "55, 128", // a negative generation
        "11, 3", // a flag that there is none of
        "12, 127", // another length
        "104, 1", // what this slot format does not have
        "123, 255"
    })
    void an_identity_that_makes_no_sense_though_its_checksum_matches_is_refused_and_left_untouched(int at, int value)
            throws Exception {
        f.openWithDirty(SOME).stop();
        byte[] content = f.medium.content();
        int slot = DiskLogFixture.newest(content);
        content[slot + at] = (byte) value;
        DiskLogFixture.sign(content, slot);
        f.medium.put(content);
        String message = assertThrows(DirtyLogException.Corrupt.class, f::open).getMessage();
        assertTrue(message.contains("makes no sense"), message);
        assertArrayEquals(content, f.medium.content());
        String report = LogReport.of("log", "log", f.medium, Optional.empty()).json();
        assertTrue(report.contains("\"trouble\""), report);
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
        int at = DiskLogFixture.newest(content);
        content[at + 10] = 3;
        DiskLogFixture.sign(content, at);
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

    @Test
    void a_rewritten_log_is_believed_for_regions_that_lay_wholly_within_the_target_when_it_was_closed()
            throws Exception {
        f.geometry = new RegionGeometry(1590, 16);
        f.openWithDirty(RegionSet.of(7)).stop();
        f.poke(1024, f.medium.content()[1024] & ~1);
        f.record.policy = OtherWriter.ADOPT;
        f.geometry = new RegionGeometry(1600, 16);
        f.open();
        assertEquals(Found.REWRITTEN, f.found);
        assertEquals(RegionSet.of(0, 7, 99), f.dirty());
    }

    @ParameterizedTest
    @EnumSource(OtherWriter.class)
    void p33_on_a_first_activation_a_record_of_the_kernel_is_believed_whatever_the_policy(OtherWriter policy)
            throws Exception {
        f.makeKernelLog(SOME);
        f.record.policy = policy;
        f.open();
        assertEquals(Found.UNIDENTIFIED, f.found);
        assertEquals(SOME, f.dirty());
    }

    @ParameterizedTest
    @EnumSource(OtherWriter.class)
    void p29_later_a_record_of_the_kernel_goes_by_policy(OtherWriter policy) throws Exception {
        f.makeKernelLog(SOME);
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
}
