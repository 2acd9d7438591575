// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mirrors of which one leg is of the type {@code chaos}, in the distribution and through its commands. */
class ChaosIT {
    private static final long MIB = 1 << 20;
    private static final int BLOCKS = 16;

    @TempDir
    Path folder;

    private Path leg(int index) {
        return folder.resolve("v-" + index + ".img");
    }

    private Daemon run() throws Exception {
        return Daemon.run(folder.resolve("home")).awaitStarted();
    }

    /** Leg 1 is the one that fails. */
    private void create(Daemon daemon, String rules) throws Exception {
        String plain = Scratch.createCommand(folder, "v", MIB, 128, "");
        daemon.command(plain.replace(leg(1).toString(), "chaos:" + leg(1) + rules))
                .good();
        daemon.awaitReady("v");
    }

    private static JsonNode chaos(Daemon daemon) throws Exception {
        return daemon.command("chaos:list --json").json().get(0);
    }

    private static void write(NbdClient client, int generation) throws IOException {
        for (int block = 0; block < BLOCKS; block++) {
            client.write((long) block * StampedBlocks.BLOCK_BYTES, StampedBlocks.stamp(block, generation), true);
        }
    }

    private static void assertReads(NbdClient client, int generation) throws IOException {
        for (int block = 0; block < BLOCKS; block++) {
            assertEquals(
                    StampedBlocks.stamp(block, generation),
                    client.read((long) block * StampedBlocks.BLOCK_BYTES, StampedBlocks.BLOCK_BYTES));
        }
    }

    @Test
    void lg1_a_leg_that_fails_a_write_is_excluded_and_no_client_sees_an_error() throws Exception {
        try (Daemon daemon = run()) {
            // In a table line a percent sign is written %25.
            create(daemon, "?error@write:5;delay=1ms@write:100%25");
            assertEquals("error@write:5", chaos(daemon).at("/rules/0/rule").asText());
            assertEquals(
                    "delay=1ms@write:100%", chaos(daemon).at("/rules/1/rule").asText());
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client, 1);
                assertReads(client, 1);
            }
            JsonNode status =
                    daemon.awaitStatus("v", now -> now.get("word").asText().equals("degraded"));
            assertEquals("current", status.at("/legs/0/state").asText());
            assertEquals("excluded", status.at("/legs/1/state").asText());
            daemon.awaitLog(
                    line -> line.contains(" of chaos:" + leg(1) + ": Input/output error (rule 'error@write:5')"));
            assertTrue(chaos(daemon).at("/rules/0/fired").asLong() >= 1);
        }
    }

    @Test
    void what_hangs_is_answered_when_it_is_released() throws Exception {
        try (Daemon daemon = run()) {
            create(daemon, "");
            daemon.command("chaos:set " + leg(1) + " 'hang@write:times=1'").good();
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                    try {
                        write(client, 1);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                while (chaos(daemon).get("hung").asInt() == 0) {
                    TimeUnit.MILLISECONDS.sleep(10);
                }
                assertThrows(TimeoutException.class, () -> written.get(300, TimeUnit.MILLISECONDS));
                String told =
                        daemon.exec("chaos:release chaos:" + leg(1)).good().out();
                assertTrue(told.startsWith("1 released\n"), told);
                written.get(20, TimeUnit.SECONDS);
                assertReads(client, 1);
            }
            assertEquals("running", daemon.status("v").get("word").asText());
        }
    }

    @Test
    void lg14_a_kill_is_a_power_loss_to_a_leg_that_lies_and_what_it_lost_is_copied_to_it() throws Exception {
        try (Daemon daemon = run()) {
            create(daemon, "");
            daemon.command("chaos:set " + leg(1) + " lie").good();
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client, 1);
            }
            daemon.kill();
        }
        assertEquals(-1, Files.mismatch(leg(1), Scratch.file(folder, "zeroes", MIB)), "the leg did not lie");
        try (Daemon daemon = run()) {
            daemon.awaitReady("v");
            daemon.awaitInSync("v");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                assertReads(client, 1);
            }
            daemon.terminate();
        }
        assertEquals(-1, Files.mismatch(leg(0), leg(1)));
    }

    /** As a disk that was switched off and on again: what it had not been made to keep is gone, and was dirty. */
    @Test
    void lg13_a_leg_that_lost_its_cache_while_it_was_away_gets_what_was_written_since_its_last_force()
            throws Exception {
        try (Daemon daemon = run()) {
            create(daemon, "?cache");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client, 1);
                client.write(0, StampedBlocks.stamp(0, 2), false);
                daemon.command("chaos:vanish " + leg(1)).good();
                daemon.command("chaos:power-loss " + leg(1)).good();
                client.write(StampedBlocks.BLOCK_BYTES, StampedBlocks.stamp(1, 2), false);
                daemon.awaitStatus("v", now -> now.at("/legs/1/state").asText().equals("excluded"));
                daemon.command("chaos:return " + leg(1)).good();
                daemon.command("mirror:resync v --leg 1 --now").good();
                JsonNode status =
                        daemon.awaitStatus("v", now -> now.get("word").asText().equals("running"));
                assertTrue(status.at("/recovery/bytesDone").asLong() <= MIB, "only what was dirty: " + status);
                assertEquals(StampedBlocks.stamp(0, 2), client.read(0, StampedBlocks.BLOCK_BYTES));
            }
            daemon.terminate();
        }
        assertEquals(-1, Files.mismatch(leg(0), leg(1)));
    }
}
