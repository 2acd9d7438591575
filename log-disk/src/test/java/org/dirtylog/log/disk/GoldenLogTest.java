// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logs that a real kernel wrote, adopted by a new mirror with the kernel's answer or a safer one, and handed back. */
class GoldenLogTest {
    static final Path FOLDER = Path.of("src/test/resources/golden");

    static List<GoldenLog> recordings() throws Exception {
        List<GoldenLog> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path json :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                if (!json.endsWith("refusals.json")) {
                    all.addAll(GoldenLog.read(json));
                }
            }
        }
        return all;
    }

    @Test
    void all_recordings_are_here() throws Exception {
        assertTrue(recordings().size() >= 40, "found " + recordings());
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void a_new_mirror_adopts_it_with_the_kernels_answer_or_a_safer_one_and_the_kernel_reads_the_same_from_us(
            GoldenLog golden) throws Exception {
        CrashableMedium medium = CrashableMedium.of(golden.image(), golden.blockBytes());
        RecordModel record = new RecordModel(1);
        record.word = golden.word();
        LogSpec spec = LogSpec.of(UUID.randomUUID(), golden.geometry()).withArguments(List.of("log"));
        DirtyLog log = new DiskLogType().create(spec, new TestHost(medium));
        if (golden.version() > 2) {
            assertRefused(golden, log, record, medium);
            return;
        }
        log.resume(record);
        record.complete();

        RegionSet dirty = log.snapshot(0, golden.regions()).dirty();
        if (golden.word() == InitialSync.ASSUME_IN_SYNC) {
            // Safer: a record outweighs nosync.
            KernelModel asRecorded = KernelModel.resume(golden.image(), golden.regions(), "");
            assertEquals(asRecorded.dirty(), dirty);
        } else {
            assertEquals(golden.inSync(), log.inSyncCount(), "regions in sync");
            assertEquals(golden.notClean(), dirty, "regions the kernel then copied");
        }
        assertEquals(
                dirty,
                KernelModel.resume(medium.content(), golden.regions(), "").dirty(),
                "what the kernel reads");
        assertKept(golden, medium.content());
    }

    /** Beside our slots, everything that the kernel keeps is kept. */
    private static void assertKept(GoldenLog golden, byte[] written) {
        byte[] kernels = KernelModel.resume(
                        golden.image(), golden.regions(), golden.word().kernelWord())
                .written();
        if (golden.word() == InitialSync.ASSUME_IN_SYNC) {
            kernels = KernelModel.resume(golden.image(), golden.regions(), "").written();
        }
        int at = 256;
        int end = at + IdentitySlot.BYTES;
        Arrays.fill(kernels, at, end, (byte) 0);
        Arrays.fill(written, at, end, (byte) 0);
        assertArrayEquals(kernels, written);
    }

    private static void assertRefused(GoldenLog golden, DirtyLog log, RecordModel record, CrashableMedium medium)
            throws Exception {
        try {
            log.resume(record);
            fail("opened");
        } catch (DirtyLogException.Corrupt e) {
            assertTrue(e.getMessage().contains("version " + golden.version()), e.getMessage());
        }
        assertEquals(0, golden.inSync(), "the kernel believes none of it either");
        assertArrayEquals(golden.image(), medium.content(), "left untouched");
        assertEquals(0, medium.writes);
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void log_show_with_a_table_tells_the_same_without_touching_it(GoldenLog golden) throws Exception {
        CrashableMedium medium = CrashableMedium.of(golden.image(), golden.blockBytes());
        Activation would = Activation.of("log", medium, golden.geometry(), golden.word());
        assertEquals(golden.regions(), would.regions());
        if (golden.word() != InitialSync.ASSUME_IN_SYNC) {
            assertEquals(golden.inSync(), would.inSync());
        }
        assertEquals(golden.version() > 2 ? "rejected" : "alive", would.health());
        assertEquals(golden.version() > 2, !would.reason().isEmpty());
        if (golden.version() <= 2) {
            assertEquals(golden.regions() - would.inSync(), would.resync().count());
        }
        assertArrayEquals(golden.image(), medium.content());
        assertEquals(0, medium.writes + medium.forces);
    }

    @Test
    void i14_an_image_with_a_count_beyond_32_bits_counts_as_the_kernel_counts() throws Exception {
        byte[] image = Files.readAllBytes(FOLDER.resolve("b1-in-sync-removed.log"));
        assertEquals(100, inSync(withCount(image, -1L)), "2^64-1, as LVM writes it: all bits are valid");
        assertEquals(0, inSync(withCount(image, 1L << 40)), "2^40 has no lower bits");
        assertEquals(5, inSync(withCount(image, (1L << 32) + 5)));
        assertEquals(99, inSync(withCount(image, 99)));
        assertEquals(100, inSync(withCount(image, 101)));
    }

    @Test
    void i13_ones_beyond_the_last_region_count_for_nothing() throws Exception {
        byte[] image = Files.readAllBytes(FOLDER.resolve("b1-in-sync-removed.log"));
        Arrays.fill(image, 1024 + 13, image.length, (byte) 0xFF);
        image[1024 + 12] = (byte) 0xFF;
        assertEquals(100, inSync(image));
    }

    private static byte[] withCount(byte[] image, long count) {
        byte[] changed = image.clone();
        for (int i = 0; i < 8; i++) {
            changed[8 + i] = (byte) (count >>> 8 * i);
        }
        return changed;
    }

    private static long inSync(byte[] image) throws Exception {
        RegionGeometry hundred = new RegionGeometry(1600, 16);
        DirtyLog log = new DiskLogType()
                .create(
                        LogSpec.of(UUID.randomUUID(), hundred).withArguments(List.of("log")),
                        new TestHost(CrashableMedium.of(image, 512)));
        log.resume(new RecordModel(3));
        assertEquals(
                KernelModel.resume(image, 100, "").dirty(), log.snapshot(0, 100).dirty());
        return log.inSyncCount();
    }
}
