// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LG-5 and LG-6: legs that are slow, or never answer, in the distribution and under clients that others wrote. */
class HungLegIT {
    private static final long MIB = 1 << 20;
    private static final int BLOCK = StampedBlocks.BLOCK_BYTES;

    @TempDir
    Path folder;

    private Path leg(int index) {
        return folder.resolve("leg" + index);
    }

    private String chaos(int index) {
        return "chaos:" + leg(index);
    }

    /** A mirror of 8 MiB, of which both legs do what they are told. */
    private Daemon serve(String... keys) throws Exception {
        Path etc = Files.createDirectories(folder.resolve("home/etc"));
        for (int i = 0; i < 2; i++) {
            Scratch.file(folder, "leg" + i, 8 * MIB);
        }
        Files.writeString(
                etc.resolve("org.dirtylog.mirror-v.cfg"),
                "table = 0 16384 mirror disk 3 " + folder.resolve("log") + " 128 nosync 2 " + chaos(0) + " 0 "
                        + chaos(1) + " 0\n" + String.join("\n", keys) + "\n");
        Daemon daemon = Daemon.run(folder.resolve("home"));
        daemon.awaitReady("v");
        return daemon;
    }

    private void tell(Daemon daemon, int leg, String rules) throws IOException {
        daemon.command("chaos:set " + chaos(leg) + " '" + rules + "'").good();
    }

    private void release(Daemon daemon, int leg) throws IOException {
        daemon.command("chaos:clear " + chaos(leg)).good();
        daemon.command("chaos:release " + chaos(leg)).good();
    }

    private static void awaitExcluded(Daemon daemon, int leg) throws IOException {
        JsonNode status = daemon.awaitStatus(
                "v", now -> now.at("/legs/" + leg + "/state").asText().equals("excluded"));
        assertEquals("degraded", status.get("word").asText());
        String why = status.at("/legs/" + leg + "/note").asText();
        assertTrue(why.contains("hangs: it has not answered for "), why);
        assertEquals("current", status.at("/legs/" + (1 - leg) + "/state").asText());
    }

    /** It is released and comes back; then both are the same. */
    private void bringBack(Daemon daemon, int leg) throws Exception {
        release(daemon, leg);
        daemon.command("mirror:resync v --leg " + leg + " --now").good();
        daemon.awaitInSync("v");
        daemon.terminate();
        assertEquals(-1, Files.mismatch(leg(0), leg(1)));
    }

    private void fio(String uri, int depth) throws Exception {
        Outcome.of(
                        "fio",
                        "--name=v",
                        "--ioengine=nbd",
                        "--uri=" + uri,
                        "--rw=randwrite",
                        "--bs=4k",
                        "--size=8m",
                        "--iodepth=" + depth,
                        "--verify=crc32c",
                        "--verify_fatal=1")
                .good();
    }

    @Test
    void lg6_a_leg_that_hangs_in_writes_is_excluded_and_fio_sees_no_error_one_by_one() throws Exception {
        hangUnderFio(1);
    }

    @Test
    void lg6_a_leg_that_hangs_in_writes_is_excluded_and_fio_sees_no_error_many_at_a_time() throws Exception {
        hangUnderFio(16);
    }

    private void hangUnderFio(int depth) throws Exception {
        try (Daemon daemon = serve("legHungMillis = 1000")) {
            tell(daemon, 1, "hang@write:300");
            fio("nbd+unix:///v?socket=" + daemon.nbdSocket(), depth);
            awaitExcluded(daemon, 1);
            bringBack(daemon, 1);
        }
    }

    @Test
    void lg6_what_hangs_in_the_source_is_read_from_the_other_leg() throws Exception {
        try (Daemon daemon = serve("legHungMillis = 1000")) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                for (int block = 0; block < 8; block++) {
                    client.write((long) block * BLOCK, StampedBlocks.stamp(block, 1), false);
                }
                tell(daemon, 0, "hang@read");
                for (int block = 0; block < 8; block++) {
                    assertEquals(StampedBlocks.stamp(block, 1), client.read((long) block * BLOCK, BLOCK));
                }
            }
            awaitExcluded(daemon, 0);
            assertEquals(1, daemon.status("v").get("source").asInt());
            bringBack(daemon, 0);
        }
    }

    @Test
    void lg6_a_flush_waits_for_no_leg_that_hangs() throws Exception {
        try (Daemon daemon = serve("legHungMillis = 1000")) {
            tell(daemon, 1, "hang@force");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(0, StampedBlocks.stamp(0, 1), false);
                client.flush();
            }
            awaitExcluded(daemon, 1);
            bringBack(daemon, 1);
        }
    }

    @Test
    void lg6_where_no_leg_answers_clients_get_errors_until_one_does() throws Exception {
        try (Daemon daemon = serve("legHungMillis = 500")) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(0, StampedBlocks.stamp(0, 1), true);
                tell(daemon, 0, "hang@write");
                tell(daemon, 1, "hang@write");
                assertThrows(IOException.class, () -> client.write(0, StampedBlocks.stamp(0, 2), false));
                JsonNode status = daemon.status("v");
                assertEquals("failed", status.get("word").asText(), status.toString());
                assertTrue(status.get("message").asText().contains("hangs"), status.toString());
                // The process is served, whatever hangs.
                long begun = System.nanoTime();
                assertThrows(IOException.class, () -> client.write(0, StampedBlocks.stamp(0, 3), false));
                assertTrue(System.nanoTime() - begun < Duration.ofSeconds(10).toNanos());
                release(daemon, 0);
                release(daemon, 1);
                daemon.awaitStatus("v", now -> !now.get("word").asText().equals("failed"));
                client.write(0, StampedBlocks.stamp(0, 4), true);
                assertEquals(StampedBlocks.stamp(0, 4), client.read(0, BLOCK));
            }
        }
    }

    @Test
    void lg6_a_stop_does_not_wait_for_a_leg_that_hangs() throws Exception {
        try (Daemon daemon = serve()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(0, StampedBlocks.stamp(0, 1), true);
                tell(daemon, 1, "hang");
                long begun = System.nanoTime();
                daemon.terminate();
                assertTrue(System.nanoTime() - begun < Duration.ofSeconds(20).toNanos());
            }
        }
    }

    @Test
    void lg5_a_leg_that_is_slow_is_waited_for_and_named() throws Exception {
        try (Daemon daemon = serve("legSlowMillis = 200", "legHungMillis = 20000")) {
            tell(daemon, 1, "delay=2s@write:times=1");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(0, StampedBlocks.stamp(0, 1), true);
            }
            daemon.awaitLog(line -> line.contains("leg 1 (" + chaos(1) + ") is slow"));
            JsonNode status = daemon.status("v");
            assertEquals("running", status.get("word").asText(), status.toString());
            assertTrue(status.get("message").asText().startsWith("slow: leg 1 ("), status.toString());
            assertEquals("current", status.at("/legs/1/state").asText());
        }
    }
}
