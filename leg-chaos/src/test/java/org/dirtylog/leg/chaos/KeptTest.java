// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.junit.jupiter.api.Test;

/** What a leg keeps beside the medium: the cache that a failing power supply loses, and the snapshot. */
class KeptTest {
    private final Bench bench = new Bench();

    private byte medium(int position) {
        return bench.below.content[position];
    }

    // ---- cache ------------------------------------------------------------------------------------------------------

    @Test
    void what_was_not_forced_is_read_back_and_lost_with_the_power() throws Exception {
        BlockDevice device = bench.open("cache");
        device.write(0, Bench.filled(100, 1));
        device.force();
        assertEquals(1, medium(99));
        device.write(50, Bench.filled(100, 2));
        device.zero(60, 10, Zeroing.MAY_PUNCH);
        assertEquals(2, Bench.read(device, 50, 1)[0]);
        assertEquals(0, Bench.read(device, 65, 1)[0]);
        assertEquals(1, medium(50));
        assertFalse(device.punchesHoles());
        assertEquals(100, bench.leg().report().cachedBytes());
        assertEquals(100, bench.leg().losePower(false));
        assertEquals(1, Bench.read(device, 65, 1)[0]);
        assertEquals(0, Bench.read(device, 120, 1)[0]);
    }

    @Test
    void a_lying_leg_forces_nothing_and_says_that_it_has() throws Exception {
        BlockDevice device = bench.open("lie:1..2");
        device.write(0, Bench.filled(10, 1));
        device.setAttribute("label", new byte[] {1});
        device.force();
        assertEquals(0, bench.below.forces);
        assertEquals(0, medium(0));
        assertArrayEquals(new byte[] {1}, device.attribute("label").orElseThrow());
        bench.leg().losePower(false);
        assertEquals(Optional.empty(), device.attribute("label"));
        assertEquals(0, Bench.read(device, 0, 1)[0]);
        device.write(0, Bench.filled(10, 2));
        device.setAttribute("label", new byte[] {2});
        assertEquals(2, medium(0), "the third force is an honest one");
        assertArrayEquals(new byte[] {2}, bench.below.attributes.get("label"));
    }

    @Test
    void an_orderly_end_writes_the_cache_down_and_so_does_a_fence() throws Exception {
        BlockDevice device = bench.open("lie");
        device.write(0, Bench.filled(10, 1));
        device.close();
        assertEquals(1, medium(0));
        String told = assertThrows(
                        IllegalArgumentException.class, () -> bench.leg().losePower(false))
                .getMessage();
        assertTrue(told.contains("is closed"), told);
        BlockDevice fenced = bench.open("lie");
        fenced.write(0, Bench.filled(10, 2));
        assertTrue(fenced.fence(0));
        assertEquals(2, medium(0));
        assertTrue(bench.below.fenced);
    }

    @Test
    void a_leg_that_is_gone_when_it_is_closed_loses_its_cache() throws Exception {
        BlockDevice device = bench.open("cache");
        device.write(0, Bench.filled(10, 1));
        bench.leg().vanish();
        device.close();
        assertEquals(0, medium(0));
        assertTrue(bench.below.closed);
    }

    @Test
    void taking_the_cache_away_writes_it_down() throws Exception {
        BlockDevice device = bench.open("cache");
        device.write(0, Bench.filled(10, 1));
        bench.leg().set(Rules.NONE);
        assertEquals(1, medium(0));
        device.write(0, Bench.filled(10, 2));
        assertEquals(2, medium(0));
        bench.leg().set(Rules.parse("lie"));
        device.write(0, Bench.filled(10, 3));
        assertEquals(2, medium(0));
        assertEquals(3, Bench.read(device, 0, 1)[0]);
    }

    @Test
    void a_full_cache_makes_room() throws Exception {
        BlockDevice device = bench.open("cache=1K");
        device.write(0, Bench.filled(1024, 1));
        assertEquals(0, medium(0));
        device.write(2048, Bench.filled(1, 1));
        assertEquals(1, medium(0));
        assertEquals(0, bench.leg().report().cachedBytes());
        device.zero(0, 8192, Zeroing.MAY_PUNCH);
        assertEquals(0, medium(0));
    }

    @Test
    void what_is_cached_has_no_place_below_yet() throws Exception {
        BlockDevice device = bench.open("cache");
        List<Boolean> holes = new ArrayList<>();
        device.extents(0, 10, (bytes, hole, zeroes) -> holes.add(hole));
        assertEquals(List.of(false), holes);
    }

    @Test
    void when_the_power_fails_some_sectors_may_land_each_whole_or_not_at_all() throws Exception {
        BlockDevice device = bench.open("cache;seed=5");
        device.write(100, Bench.filled(40 * 512, 1));
        long lost = bench.leg().losePower(true);
        long landed = 0;
        for (byte b : bench.below.content) {
            landed += b;
        }
        assertEquals(40 * 512, lost + landed);
        assertTrue(lost > 2000 && landed > 2000, lost + " lost, " + landed + " landed");
        for (int sector = 1; sector < 40; sector++) {
            assertEquals(medium(sector * 512), medium(sector * 512 + 511));
        }
        assertArrayEquals(bench.below.content, Bench.read(device, 0, Bench.BYTES));
    }

    @Test
    void the_cache_is_the_medium_to_whoever_reads_it_whatever_was_written() throws Exception {
        BlockDevice device = bench.open("cache=3K");
        byte[] model = new byte[Bench.BYTES];
        Random random = new Random(9);
        for (int step = 0; step < 20_000; step++) {
            int position = random.nextInt(2048);
            int length = random.nextInt(300);
            switch (random.nextInt(8)) {
                case 0 -> device.force();
                case 1 -> {
                    device.zero(position, length + 1, Zeroing.MAY_PUNCH);
                    Arrays.fill(model, position, position + length + 1, (byte) 0);
                }
                case 2, 3 ->
                    assertArrayEquals(
                            Arrays.copyOfRange(model, position, position + length),
                            Bench.read(device, position, length));
                default -> {
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    device.write(position, ByteBuffer.wrap(bytes));
                    System.arraycopy(bytes, 0, model, position, length);
                }
            }
        }
        assertArrayEquals(model, Bench.read(device, 0, Bench.BYTES));
        device.force();
        assertArrayEquals(model, bench.below.content);
    }

    @Test
    void what_a_cache_could_not_write_down_it_keeps() throws Exception {
        boolean[] broken = {true};
        MemoryDevice failing = new MemoryDevice(4096) {
            @Override
            public synchronized void write(long positionBytes, ByteBuffer from) throws IOException {
                if (broken[0]) {
                    throw new IOException("broken on purpose by a test");
                }
                super.write(positionBytes, from);
            }
        };
        VolatileCache cache = new VolatileCache(failing);
        cache.limit(1024);
        cache.write(0, Bench.filled(10, 1));
        assertThrows(IOException.class, () -> cache.limit(0));
        assertTrue(cache.isOn());
        broken[0] = false;
        cache.writeBack();
        assertFalse(cache.isOn(), "it was to go as soon as it could");
        assertEquals(1, failing.content[9]);
        assertEquals(0, cache.dropSome(new SplittableRandom(1), 512));
    }

    // ---- snapshot ---------------------------------------------------------------------------------------------------

    @Test
    void a_rollback_brings_back_what_a_snapshot_saw_durably_and_again() throws Exception {
        BlockDevice device = bench.open("");
        device.write(5000, Bench.filled(10, 1));
        bench.leg().takeSnapshot();
        for (int round = 0; round < 2; round++) {
            device.write(0, Bench.filled(6000, 2));
            device.write(100, Bench.filled(10, 3));
            device.zero(Bench.BYTES - 1, 1, Zeroing.MAY_PUNCH);
            int forces = bench.below.forces;
            assertEquals(3 * 4096, bench.leg().report().snapshotBytes().orElseThrow());
            assertEquals(3 * 4096, bench.leg().rollBack(true));
            byte[] expected = new byte[Bench.BYTES];
            Arrays.fill(expected, 5000, 5010, (byte) 1);
            assertArrayEquals(expected, Bench.read(device, 0, Bench.BYTES));
            assertEquals(forces + 1, bench.below.forces);
        }
    }

    @Test
    void attributes_go_back_with_the_bytes_or_stay() throws Exception {
        BlockDevice device = bench.open("");
        device.setAttribute("label", new byte[] {1});
        bench.leg().takeSnapshot();
        device.setAttribute("label", new byte[] {2});
        device.setAttribute("other", new byte[] {2});
        bench.leg().rollBack(false);
        assertArrayEquals(new byte[] {2}, device.attribute("label").orElseThrow());
        bench.leg().rollBack(true);
        assertArrayEquals(new byte[] {1}, device.attribute("label").orElseThrow());
        assertEquals(Optional.empty(), device.attribute("other"), "it was not there at the snapshot");
        device.setAttribute("other", new byte[] {3});
        assertArrayEquals(new byte[] {3}, device.attribute("other").orElseThrow());
    }

    @Test
    void a_snapshot_outlives_closing_and_a_closed_leg_is_rolled_back_too() throws Exception {
        BlockDevice first = bench.open("");
        bench.leg().takeSnapshot();
        first.close();
        BlockDevice second = bench.open("");
        second.write(0, Bench.filled(10, 2));
        second.close();
        assertEquals(4096, bench.leg().rollBack(true));
        assertTrue(bench.below.closed);
        assertEquals(0, Bench.read(bench.open(""), 0, 1)[0]);
    }

    @Test
    void what_was_cached_before_a_snapshot_is_in_it_and_what_was_cached_since_is_not() throws Exception {
        BlockDevice device = bench.open("lie");
        device.write(0, Bench.filled(10, 1));
        bench.leg().takeSnapshot();
        device.write(5, Bench.filled(10, 2));
        bench.leg().rollBack(true);
        assertArrayEquals(new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, Arrays.copyOf(bench.below.content, 11));
        assertArrayEquals(Arrays.copyOf(bench.below.content, 11), Bench.read(device, 0, 11));
    }

    @Test
    void without_a_snapshot_or_with_one_that_became_too_large_nothing_is_rolled_back() throws Exception {
        bench.medium = new byte[(int) Snapshot.MOST_BYTES + 4096];
        BlockDevice device = bench.open("");
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> bench.leg().rollBack(true))
                        .getMessage()
                        .contains("chaos:snapshot /leg"));
        bench.leg().takeSnapshot();
        device.write(0, Bench.filled((int) Snapshot.MOST_BYTES, 2));
        assertEquals(Snapshot.MOST_BYTES, bench.leg().report().snapshotBytes().orElseThrow());
        device.write(Snapshot.MOST_BYTES, Bench.filled(1, 2));
        assertEquals(Optional.empty(), bench.leg().report().snapshotBytes());
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> bench.leg().rollBack(true))
                        .getMessage()
                        .contains("have changed since"));
        assertEquals(2, medium(0));
    }
}
