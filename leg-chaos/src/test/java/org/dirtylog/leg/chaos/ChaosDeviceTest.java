// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Operation;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.dirtylog.seams.NoSpaceException;
import org.junit.jupiter.api.Test;

/** What each fault does to a request; those that wait have a test of their own. */
class ChaosDeviceTest {
    private static final int SECTOR = 512;

    private final Bench bench = new Bench();

    private static String failure(org.junit.jupiter.api.function.Executable request) {
        return assertThrows(IOException.class, request).getMessage();
    }

    @Test
    void without_rules_everything_is_passed_on() throws Exception {
        BlockDevice device = bench.open("");
        assertEquals("chaos:/leg", device.name());
        assertEquals(Bench.BYTES, device.sizeBytes());
        assertEquals(Bench.BYTES, device.measure());
        assertEquals(512, device.blockBytes());
        assertTrue(device.punchesHoles());
        assertTrue(device.keepsAttributes());
        assertTrue(device.isQuick(Operation.WRITE, 0, 1));
        assertFalse(device.isQuick(Operation.FORCE, 0, 1));
        ByteBuffer from = Bench.filled(700, 3);
        device.write(100, from);
        assertFalse(from.hasRemaining());
        assertEquals(3, bench.below.content[799]);
        ByteBuffer into = ByteBuffer.allocate(10);
        device.read(795, into);
        assertFalse(into.hasRemaining());
        assertArrayEquals(new byte[] {3, 3, 3, 3, 3, 0, 0, 0, 0, 0}, into.array());
        device.zero(100, 1, Zeroing.MAY_PUNCH);
        assertEquals(0, bench.below.content[100]);
        device.force();
        assertEquals(1, bench.below.forces);
        device.setAttribute("label", new byte[] {9});
        assertArrayEquals(new byte[] {9}, device.attribute("label").orElseThrow());
        assertEquals(Optional.empty(), device.attribute("none"));
        device.prefetch(0, 10);
        assertEquals(1, bench.below.prefetches);
        List<Boolean> holes = new ArrayList<>();
        device.extents(0, 10, (bytes, hole, zeroes) -> holes.add(hole));
        assertEquals(List.of(true), holes);
        List<IOException> ends = new ArrayList<>();
        device.submit(on -> on.write(0, Bench.filled(1, 8)), ends::add);
        assertNull(ends.get(0));
        device.close();
        assertTrue(bench.below.closed);
    }

    @Test
    void what_is_out_of_range_is_refused_and_counted_nowhere() throws Exception {
        BlockDevice device = bench.open("tear");
        assertThrows(IllegalArgumentException.class, () -> device.write(Bench.BYTES - 1, Bench.filled(2, 1)));
        assertThrows(IllegalArgumentException.class, () -> device.read(-1, Bench.filled(2, 1)));
        assertEquals(0, bench.counted().matched());
    }

    @Test
    void an_error_ends_what_its_rule_is_about_and_nothing_else() throws Exception {
        BlockDevice device = bench.open("error@write+force");
        assertEquals(
                "cannot write 4096 bytes at 512 of chaos:/leg: Input/output error (rule 'error@write+force')",
                failure(() -> device.write(512, Bench.filled(4096, 1))));
        assertArrayEquals(new byte[Bench.BYTES], bench.below.content);
        failure(device::force);
        assertEquals(
                "cannot set attribute label of chaos:/leg: Input/output error (rule 'error@write+force')",
                failure(() -> device.setAttribute("label", new byte[1])));
        assertEquals(0, bench.below.forces);
        assertEquals(Optional.empty(), bench.below.attribute("label"));
        device.zero(0, 1, Zeroing.KEEP_ALLOCATED);
        device.attribute("label");
        assertEquals(0, Bench.read(device, 0, 1)[0]);
        List<IOException> ends = new ArrayList<>();
        device.submit(on -> on.write(0, Bench.filled(1, 8)), ends::add);
        assertInstanceOf(IOException.class, ends.get(0), "submitted work passes the rules as well");
        assertEquals(4, bench.counted().fired());
    }

    @Test
    void a_full_device_throws_what_the_seams_have_for_it() throws Exception {
        BlockDevice device = bench.open("error=ENOSPC@write");
        NoSpaceException full = assertThrows(NoSpaceException.class, () -> device.write(0, Bench.filled(1, 1)));
        assertTrue(full.getMessage().contains("No space left on device"), full.getMessage());
    }

    @Test
    void a_rule_fires_from_a_number_on_up_to_one_and_so_many_times() throws Exception {
        BlockDevice device = bench.open("error@read:3;error@write:2..3;error@zero:times=1");
        Bench.read(device, 0, 1);
        Bench.read(device, 0, 1);
        failure(() -> Bench.read(device, 0, 1));
        failure(() -> Bench.read(device, 0, 1));
        device.write(0, Bench.filled(1, 1));
        failure(() -> device.write(0, Bench.filled(1, 1)));
        failure(() -> device.write(0, Bench.filled(1, 1)));
        device.write(0, Bench.filled(1, 1));
        failure(() -> device.zero(0, 1, Zeroing.MAY_PUNCH));
        device.zero(0, 1, Zeroing.MAY_PUNCH);
    }

    @Test
    void a_range_is_hit_by_what_overlaps_it() throws Exception {
        BlockDevice device = bench.open("error:range=1K..2K");
        device.write(0, Bench.filled(1024, 1));
        device.write(2048, Bench.filled(1024, 1));
        device.force();
        failure(() -> device.write(0, Bench.filled(1025, 1)));
        failure(() -> Bench.read(device, 2047, 1));
        assertEquals(2, bench.counted().matched(), "what is beside the range is not counted");
    }

    @Test
    void a_time_counts_from_the_first_opening() throws Exception {
        bench.nanos = 5_000_000_000L;
        BlockDevice device = bench.open("error@read:t=10s..20s");
        for (int second : new int[] {5, 14, 25}) {
            bench.nanos = second * 1_000_000_000L;
            Bench.read(device, 0, 1);
        }
        for (int second : new int[] {15, 24}) {
            bench.nanos = second * 1_000_000_000L;
            failure(() -> Bench.read(device, 0, 1));
        }
        device.close();
        BlockDevice again = bench.open("error@read:t=10s..20s");
        failure(() -> Bench.read(again, 0, 1));
    }

    @Test
    void chance_is_repeated_by_its_seed_whatever_comes_in_between() throws Exception {
        List<Integer> first = failed(bench.open("error@read:20%;error@zero:50%;seed=11"), false);
        assertTrue(first.size() > 120 && first.size() < 280, first.size() + " of 1000 failed by 20%");
        assertEquals(first, failed(new Bench().open("error@read:20%;error@zero:50%;seed=11"), true));
        assertFalse(first.equals(failed(new Bench().open("error@read:20%;error@zero:50%;seed=12"), false)));
    }

    private static List<Integer> failed(BlockDevice device, boolean withZeroes) throws IOException {
        List<Integer> failed = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            try {
                Bench.read(device, 0, 1);
            } catch (IOException e) {
                failed.add(i);
            }
            if (withZeroes) {
                try {
                    device.zero(0, 1, Zeroing.MAY_PUNCH);
                } catch (IOException e) {
                    // Another rule; what becomes of the reads is not to depend on it.
                    assertTrue(e.getMessage().contains("error@zero"), e.getMessage());
                }
            }
        }
        return failed;
    }

    @Test
    void a_seed_that_was_not_given_is_drawn_and_told() throws Exception {
        bench.open("error@read:20%");
        assertEquals(7, bench.leg().report().seed());
    }

    @Test
    void of_several_rules_that_end_a_request_the_first_counts() throws Exception {
        BlockDevice device = bench.open("error=EIO@write:times=1;error=ENOSPC@write");
        assertFalse(
                assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1))) instanceof NoSpaceException);
        assertThrows(NoSpaceException.class, () -> device.write(0, Bench.filled(1, 1)));
        assertEquals(1, bench.leg().report().rules().get(1).matched());
    }

    // ---- torn and short ---------------------------------------------------------------------------------------------

    /** Which sectors of the device are full of that value; each is so whole or not at all. */
    private List<Integer> sectorsOf(int value) {
        List<Integer> found = new ArrayList<>();
        for (int sector = 0; sector < Bench.BYTES / SECTOR; sector++) {
            int start = sector * SECTOR;
            byte[] bytes = Arrays.copyOfRange(bench.below.content, start, start + SECTOR);
            int same = 0;
            for (byte b : bytes) {
                same += b == value ? 1 : 0;
            }
            assertTrue(same == 0 || same == SECTOR, "sector " + sector + " is torn itself");
            if (same == SECTOR) {
                found.add(sector);
            }
        }
        return found;
    }

    @Test
    void a_write_torn_behind_a_prefix_leaves_its_first_sectors_and_fails() throws Exception {
        BlockDevice device = bench.open("tear@write;seed=3");
        int most = 0;
        for (int value = 1; value <= 20; value++) {
            int filled = value;
            String told = failure(() -> device.write(SECTOR, Bench.filled(8 * SECTOR, filled)));
            assertTrue(told.contains("only a part was done"), told);
            List<Integer> there = sectorsOf(value);
            assertTrue(there.size() < 8, "all of it was written");
            for (int i = 0; i < there.size(); i++) {
                assertEquals(i + 1, there.get(i));
            }
            most = Math.max(most, there.size());
        }
        assertTrue(most > 2, "never more than " + most + " sectors were written");
    }

    @Test
    void a_scattered_write_leaves_sectors_here_and_there() throws Exception {
        BlockDevice device = bench.open("tear=scatter@write;seed=3");
        boolean hole = false;
        for (int value = 1; value <= 20; value++) {
            int filled = value;
            failure(() -> device.write(0, Bench.filled(16 * SECTOR, filled)));
            List<Integer> there = sectorsOf(value);
            assertTrue(there.size() < 16, "all of it was written");
            hole |= !there.isEmpty() && there.get(there.size() - 1) != there.size() - 1;
        }
        assertTrue(hole, "all were prefixes");
    }

    @Test
    void a_silent_tear_is_told_to_nobody() throws Exception {
        BlockDevice device = bench.open("tear=prefix+silent;seed=3");
        ByteBuffer from = Bench.filled(8 * SECTOR, 1);
        device.write(0, from);
        assertFalse(from.hasRemaining());
        assertTrue(sectorsOf(1).size() < 8);
        Arrays.fill(bench.below.content, (byte) 5);
        device.zero(0, 8 * SECTOR, Zeroing.MAY_PUNCH);
        assertTrue(sectorsOf(5).size() > Bench.BYTES / SECTOR - 8);
    }

    @Test
    void a_tear_happens_between_sectors_of_the_device_not_of_the_request() throws Exception {
        BlockDevice device = bench.open("tear=scatter@write;seed=4");
        for (int i = 0; i < 20; i++) {
            Arrays.fill(bench.below.content, (byte) 0);
            failure(() -> device.write(100, Bench.filled(3 * SECTOR, 1)));
            byte[] now = bench.below.content;
            assertEquals(now[100], now[SECTOR - 1]);
            assertEquals(now[SECTOR], now[2 * SECTOR - 1]);
            assertEquals(now[3 * SECTOR], now[3 * SECTOR + 99]);
            assertEquals(0, now[99]);
            assertEquals(0, now[3 * SECTOR + 100]);
        }
    }

    @Test
    void a_large_range_is_scattered_in_longer_pieces() throws Exception {
        bench.medium = new byte[8 << 20];
        BlockDevice device = bench.open("tear=scatter;seed=1");
        Arrays.fill(bench.below.content, (byte) 1);
        failure(() -> device.zero(0, 8 << 20, Zeroing.MAY_PUNCH));
        assertTrue(bench.below.zeroings > 200 && bench.below.zeroings <= 1024, bench.below.zeroings + " pieces");
    }

    @Test
    void a_short_write_leaves_its_first_bytes_and_fails() throws Exception {
        BlockDevice device = bench.open("short;seed=1");
        failure(() -> device.write(0, Bench.filled(1000, 1)));
        int there = 0;
        while (bench.below.content[there] == 1) {
            there++;
        }
        assertTrue(there > 0 && there < 1000 && there % SECTOR != 0, there + " bytes");
        assertEquals(0, bench.below.content[there + 1]);
    }

    @Test
    void a_short_read_fills_a_part_and_fails() throws Exception {
        BlockDevice device = bench.open("short@read;seed=1");
        Arrays.fill(bench.below.content, (byte) 1);
        ByteBuffer into = ByteBuffer.allocate(1000);
        failure(() -> device.read(0, into));
        assertTrue(into.position() > 0 && into.position() < 1000, into.toString());
        assertEquals(1000, into.limit());
        assertEquals(0, into.get(999));
    }

    // ---- states -----------------------------------------------------------------------------------------------------

    @Test
    void a_leg_that_is_read_only_can_be_read_and_forced() throws Exception {
        BlockDevice device = bench.open("read-only");
        assertTrue(failure(() -> device.write(0, Bench.filled(1, 1))).contains("Read-only"));
        failure(() -> device.zero(0, 1, Zeroing.MAY_PUNCH));
        failure(() -> device.setAttribute("label", new byte[1]));
        Bench.read(device, 0, 1);
        device.attribute("label");
        device.force();
    }

    @Test
    void a_leg_that_shrinks_fails_behind_its_end_and_is_shorter_when_it_is_opened_again() throws Exception {
        BlockDevice device = bench.open("shrink=4K:t=1s..2s");
        bench.nanos = 1_000_000_000L;
        assertEquals(Bench.BYTES, device.sizeBytes());
        assertTrue(failure(() -> Bench.read(device, 4000, 97)).contains("something has truncated it"));
        Bench.read(device, 4000, 96);
        failure(() -> device.write(4096, Bench.filled(1, 1)));
        failure(device::force);
        failure(device::measure);
        failure(() -> device.setAttribute("label", new byte[1]));
        device.attribute("label");
        failure(() -> device.prefetch(4000, 97));
        failure(() -> device.extents(0, Bench.BYTES, (bytes, hole, zeroes) -> true));
        device.close();
        BlockDevice again = bench.open("shrink=4K:t=1s..2s");
        assertEquals(4096, again.sizeBytes());
        again.force();
        bench.nanos = 2_000_000_000L;
        assertEquals(Bench.BYTES, again.measure());
    }

    @Test
    void a_leg_that_vanishes_fails_in_all_it_does_and_in_opening_until_it_returns() throws Exception {
        BlockDevice device = bench.open("");
        bench.leg().vanish();
        assertTrue(failure(() -> Bench.read(device, 0, 1)).contains("comes back with chaos:return /leg"));
        failure(() -> device.write(0, Bench.filled(1, 1)));
        failure(device::force);
        failure(device::measure);
        failure(() -> device.attribute("label"));
        failure(() -> device.prefetch(0, 1));
        device.close();
        failure(() -> bench.open(""));
        bench.leg().comeBack();
        Bench.read(bench.open(""), 0, 1);
    }

    @Test
    void a_rule_lets_a_leg_vanish_between_two_times() throws Exception {
        BlockDevice device = bench.open("vanish:t=1s..2s");
        Bench.read(device, 0, 1);
        bench.nanos = 1_500_000_000L;
        assertTrue(failure(() -> Bench.read(device, 0, 1)).contains("by rule 'vanish:t=1s..2s'"));
        device.close();
        failure(() -> bench.open("vanish:t=1s..2s"));
        assertEquals(2, bench.counted().fired());
        bench.nanos = 2_000_000_000L;
        Bench.read(bench.open("vanish:t=1s..2s"), 0, 1);
    }

    @Test
    void rot_turns_one_stored_bit_over_and_says_nothing() throws Exception {
        BlockDevice device = bench.open("rot@read:times=1;rot@write:2..2;seed=1");
        assertEquals(1, bitsOf(Bench.read(device, 1000, 100)), "what is read is what is stored");
        assertEquals(1, bitsOf(bench.below.content));
        Bench.read(device, 1000, 100);
        device.write(0, ByteBuffer.allocate(Bench.BYTES));
        assertEquals(0, bitsOf(bench.below.content));
        device.write(2000, ByteBuffer.allocate(100));
        assertEquals(1, bitsOf(Arrays.copyOfRange(bench.below.content, 2000, 2100)));
        assertEquals(1, bitsOf(bench.below.content));
    }

    @Test
    void what_an_error_ends_does_not_rot() throws Exception {
        BlockDevice device = bench.open("rot@read;short@read:1..1");
        failure(() -> Bench.read(device, 0, 100));
        assertEquals(0, bitsOf(bench.below.content));
        assertEquals(0, bench.counted().matched());
        Bench.read(device, 0, 100);
        assertEquals(1, bitsOf(bench.below.content));
    }

    private static int bitsOf(byte[] bytes) {
        int bits = 0;
        for (byte b : bytes) {
            bits += Integer.bitCount(b & 0xFF);
        }
        return bits;
    }
}
