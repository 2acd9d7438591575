// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LG-3: what one leg cannot read is read from another one, and rewritten. */
class ReadErrorIT {
    private static final long MIB = 1 << 20;
    private static final int BLOCK = StampedBlocks.BLOCK_BYTES;
    private static final int BLOCKS = 64;

    @TempDir
    Path folder;

    private Path leg(int index) {
        return folder.resolve("v-" + index + ".img");
    }

    /** Leg 0 is the source, and the one that fails. */
    private Daemon serve() throws Exception {
        Daemon daemon = Daemon.run(folder.resolve("home")).awaitStarted();
        daemon.command(Scratch.createCommand(folder, "v", MIB, 128, "").replace(leg(0).toString(), "chaos:" + leg(0)))
                .good();
        daemon.awaitReady("v");
        return daemon;
    }

    private static void write(NbdClient client) throws IOException {
        for (int block = 0; block < BLOCKS; block++) {
            client.write((long) block * BLOCK, StampedBlocks.stamp(block, 1), false);
        }
    }

    private static void assertReads(NbdClient client) throws IOException {
        for (int block = 0; block < BLOCKS; block++) {
            assertEquals(StampedBlocks.stamp(block, 1), client.read((long) block * BLOCK, BLOCK));
        }
    }

    @Test
    void lg3_a_range_that_can_be_rewritten_is_and_its_leg_stays() throws Exception {
        try (Daemon daemon = serve()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client);
                daemon.command("chaos:set " + leg(0) + " 'error@read:range=16K..20K,times=1'")
                        .good();
                assertReads(client);
                JsonNode status = daemon.awaitStatus(
                        "v", now -> now.at("/legs/0/rewritten").asLong() == 1);
                assertEquals(1, status.at("/legs/0/readErrors").asLong());
                assertEquals("current", status.at("/legs/0/state").asText());
                assertReads(client);
                assertEquals(1, daemon.status("v").at("/legs/0/readErrors").asLong());
            }
            assertEquals("running", daemon.status("v").get("word").asText());
            daemon.terminate();
            assertEquals(-1, Files.mismatch(leg(0), leg(1)));
        }
    }

    @Test
    void regions_are_read_from_both_legs_by_turns() throws Exception {
        try (Daemon daemon = serve()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                for (int i = 0; i < 160; i++) {
                    // 16 regions of 64 KiB; never what comes behind the read before.
                    client.read(i * 7 % 16 * 64L * 1024, BLOCK);
                }
            }
            JsonNode status = daemon.status("v");
            assertEquals(80, status.at("/legs/0/reads").asLong(), status.toString());
            assertEquals(80, status.at("/legs/1/reads").asLong(), status.toString());
        }
    }

    @Test
    void lg3_a_leg_that_cannot_read_what_was_just_written_is_excluded() throws Exception {
        try (Daemon daemon = serve()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client);
                daemon.command("chaos:set " + leg(0) + " 'error@read:range=16K..20K'")
                        .good();
                assertReads(client);
                daemon.awaitStatus("v", now -> now.at("/legs/0/state").asText().equals("excluded"));
                assertReads(client);
            }
            daemon.command("chaos:clear " + leg(0)).good();
            daemon.command("mirror:resync v --leg 0 --now").good();
            daemon.awaitInSync("v");
            daemon.terminate();
            assertEquals(-1, Files.mismatch(leg(0), leg(1)));
        }
    }

    @Test
    void lg3_what_no_leg_can_read_is_an_error_and_excludes_nobody() throws Exception {
        try (Daemon daemon = serve()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                write(client);
                daemon.command("chaos:set " + leg(0) + " 'error@read:range=16K..20K'")
                        .good();
                Files.write(leg(1), new byte[0]);
                IOException refused = null;
                try {
                    client.read(16 * 1024, BLOCK);
                } catch (IOException e) {
                    refused = e;
                }
                assertTrue(refused != null, "read though no leg can");
                assertEquals("current", daemon.status("v").at("/legs/0/state").asText());
            }
        }
    }
}
