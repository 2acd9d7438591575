// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.disk.GoldenLog;
import org.dirtylog.log.disk.oracle.KernelLog.Beside;
import org.dirtylog.log.disk.oracle.KernelLog.Word;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The model does what a real kernel was seen to do, byte for byte: so much of the oracle is not our reading of the kernel. */
class KernelLogGoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    /** One image, and one of the mirrors that the kernel created on it later. */
    record Later(String name, Map<String, String> values, String at) {
        String value(String key) {
            return values.get(at + key);
        }

        @Override
        public String toString() {
            return name + " as " + value("/table");
        }
    }

    static List<Later> later() throws Exception {
        List<Later> all = new ArrayList<>();
        for (String name : names()) {
            Map<String, String> values = values(name);
            for (int i = 0; values.containsKey("/later_create/" + i + "/table"); i++) {
                all.add(new Later(name, values, "/later_create/" + i));
            }
        }
        return all;
    }

    private static List<String> names() throws Exception {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".json") && !file.equals("refusals.json"))
                    .map(file -> file.replace(".json", ""))
                    .sorted()
                    .toList();
        }
    }

    private static Map<String, String> values(String name) throws Exception {
        return GoldenLog.flatten(Files.readString(FOLDER.resolve(name + ".json")));
    }

    private static byte[] image(String name) throws Exception {
        return Files.readAllBytes(FOLDER.resolve(name + ".log"));
    }

    /** A mirror's log as its table line asks for it. */
    private static KernelLog log(Platter device, String table) {
        String[] words = table.split(" ");
        Word word = words[4].equals("2") ? Word.DEFAULT : words[7].equals("sync") ? Word.SYNC : Word.NOSYNC;
        return new KernelLog(
                Quirk.kernel(), device, () -> {}, Long.parseLong(words[1]), Long.parseLong(words[6]), word);
    }

    private static Platter device(byte[] content, Map<String, String> values) {
        return new Platter(Arrays.copyOf(content, 8192), Integer.parseInt(values.get("/log_block_bytes")));
    }

    /** Copies until nothing is offered, or so many regions; answers which. */
    private static RegionSet recover(KernelLog log, int most) {
        RegionSet.Builder copied = new RegionSet.Builder();
        for (int i = 0; i < most; i++) {
            OptionalInt next = log.getResyncWork();
            if (next.isEmpty()) {
                break;
            }
            copied.add(next.getAsInt());
            log.clearRegion(next.getAsInt());
            log.setRegionSync(next.getAsInt(), true);
            log.flush();
        }
        return copied.build();
    }

    @Test
    void all_recordings_are_here() throws Exception {
        assertTrue(later().size() >= 40, "found " + later());
    }

    @ParameterizedTest
    @MethodSource("later")
    void a_resume_counts_offers_and_writes_what_the_kernel_did(Later later) throws Exception {
        Platter device = device(image(later.name), later.values);
        KernelLog log = log(device, later.value("/table"));
        log.resume(Beside.NOTHING);
        assertEquals(Long.parseLong(later.value("/in_sync_at_resume")), log.getSyncCount());
        assertEquals(GoldenLog.regions(later.value("/log_after_resume/not_clean")), log.dirty());
        assertTrue(
                later.value("/status_at_resume").endsWith(" " + log.statusInfo("7:2")),
                later.value("/status_at_resume") + " and not " + log.statusInfo("7:2"));
        assertTrue(
                later.value("/table").contains(" " + log.statusTable("/dev/loop2") + " 2 "),
                log.statusTable("/dev/loop2"));
        int length = KernelArea.areaBytes(log.regions, device.blockBytes());
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(device.durable, length));
        assertEquals(later.value("/log_after_resume_sha256"), HexFormat.of().formatHex(sum));
        assertEquals(GoldenLog.regions(later.value("/regions_copied")), recover(log, log.regions));
        assertEquals(log.regions, log.getSyncCount());
        assertEquals(GoldenLog.regions(later.value("/log_after_remove/not_clean")), log.dirty());
    }

    /** What lay on the device before, as far as no image of it was kept, and how many regions were copied. */
    @ParameterizedTest
    @CsvSource({
        "a1-fresh-none-synced, 0, 0",
        "a2-partly-synced, 0, 37",
        "b1-in-sync-removed, 0, 100",
        "b2-in-sync-idle, 0, 100",
        "c1-dirty-in-flight, 0, 100",
        "c2-dirty-many, 0, 1000",
        "c3-written-then-quiet, 0, 100",
        "c4-leg-failed, 0, 100",
        "d1-nosync, 0, 0",
        "d2-sync-word, b1-in-sync-removed, 0",
        "e1-grown, before, 0",
        "e2-grown-nosync, before, 0",
        "f1-shrunk, before, 0",
        "f2-shrunk-to-64, before, 0",
        "g-1-regions, 0, 1",
        "g-7-regions, 0, 7",
        "g-8-regions, 0, 8",
        "g-31-regions, 0, 31",
        "g-33-regions, 0, 33",
        "g-63-regions, 0, 63",
        "g-64-regions, 0, 64",
        "g-65-regions, 0, 65",
        "g-127-regions, 0, 127",
        "g-129-regions, 0, 129",
        "g-1001-regions, 0, 0",
        "k1-4k-log-device, a5, 0"
    })
    void the_recorded_steps_lead_to_the_recorded_image(String name, String before, int copied) throws Exception {
        Map<String, String> values = values(name);
        Platter device = device(before(name, before), values);
        KernelLog log = log(device, values.get("/table"));
        log.resume(Beside.NOTHING);
        assertEquals(copied, recover(log, copied).count());
        int[] written = IntStream.iterate(0, i -> values.containsKey("/regions_written/" + i), i -> i + 1)
                .map(i -> Integer.parseInt(values.get("/regions_written/" + i)))
                .toArray();
        Arrays.stream(written).forEach(log::markRegion);
        log.flush();
        if (name.startsWith("c3-")) {
            Arrays.stream(written).forEach(log::clearRegion);
            log.flush();
        } else if (name.startsWith("c4-")) {
            Arrays.stream(written).forEach(r -> log.setRegionSync(r, false));
            log.flush();
        }
        byte[] recorded = image(name);
        assertArrayEquals(recorded, Arrays.copyOf(device.now, recorded.length));
    }

    private static byte[] before(String name, String what) throws Exception {
        byte[] content = new byte[8192];
        if (what.equals("a5")) {
            Arrays.fill(content, (byte) 0xA5);
        }
        return what.equals("before") ? image(name + ".before") : what.length() > 6 ? image(what) : content;
    }
}
