// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands {@code mirror:*} as they are typed, and what they leave behind. */
class CommandsIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Path home() {
        return folder.resolve("home");
    }

    private Path leg(int index) {
        return folder.resolve("v-" + index + ".img");
    }

    private Daemon withMirror() throws Exception {
        Daemon daemon = Daemon.run(home()).awaitStarted();
        daemon.command(Scratch.createCommand(folder, "v", MIB, 128, "")).good();
        daemon.awaitReady("v");
        return daemon;
    }

    private static ByteBuffer noise() {
        return StampedBlocks.stamp(3, 7);
    }

    @Test
    void table_prints_the_line_that_makes_the_same_mirror() throws Exception {
        try (Daemon daemon = withMirror()) {
            String line = "0 2048 mirror disk 3 " + folder.resolve("v.log") + " 128 nosync 2 " + leg(0) + " 0 " + leg(1)
                    + " 0";
            assertEquals(line + "\n", daemon.exec("mirror:table v").good().out());
            assertEquals("v: " + line + "\n", daemon.exec("mirror:table").good().out());
            assertEquals(
                    line,
                    daemon.exec("mirror:table v --json").json().get("table").asText());
        }
    }

    @Test
    void a_suspended_mirror_holds_what_is_asked_of_it_until_it_is_resumed() throws Exception {
        try (Daemon daemon = withMirror();
                NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
            assertEquals("v suspended\n", daemon.exec("mirror:suspend v").good().out());
            assertEquals("suspended", daemon.status("v").get("word").asText());
            CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
                try {
                    client.write(0, noise(), true);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThrows(TimeoutException.class, () -> written.get(300, TimeUnit.MILLISECONDS));
            assertEquals(-1, Files.mismatch(leg(0), Scratch.file(folder, "zeroes", MIB)), "written while suspended");
            JsonNode resumed = daemon.exec("mirror:resume --json v").json();
            assertEquals("running", resumed.get("word").asText());
            written.get(20, TimeUnit.SECONDS);
            assertEquals(noise(), client.read(0, StampedBlocks.BLOCK_BYTES));
        }
    }

    @Test
    void a_removed_mirror_is_gone_and_its_legs_and_bits_stay() throws Exception {
        try (Daemon daemon = withMirror()) {
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(4096, noise(), true);
            }
            assertEquals("", daemon.exec("mirror:remove v").good().out());
            assertEquals("", daemon.exec("mirror:list").good().out());
            assertEquals(1, daemon.exec("mirror:status v").code());
            assertThrows(IOException.class, () -> new NbdClient(daemon.nbdSocket(), "v").close());
            assertFalse(Files.exists(home().resolve("etc/org.dirtylog.mirror-v.cfg")));
            assertEquals(-1, Files.mismatch(leg(0), leg(1)));
            assertEquals(
                    new BitSet(), DiskLogFile.dirtyRegions(folder.resolve("v.log"), 16), "the log is closed clean");
            // Its place in the log is free: the same files make a mirror again, without --adopt-log.
            String again = Scratch.createCommand(folder, "v", MIB, 128, "");
            assertEquals("v running\n", daemon.exec(again).good().out());
        }
    }

    @Test
    void a_leg_that_cannot_be_written_is_excluded_and_told_of() throws Exception {
        long limit = 64 * MIB;
        Path near = Scratch.file(folder, "near.img", MIB);
        Path far = Scratch.file(folder, "far.img", limit + MIB);
        String table = "0 2048 mirror core 2 128 nosync 2 " + near + " 0 " + far + " " + limit / 512;
        try (Daemon daemon = Daemon.runWithin(limit, home()).awaitStarted()) {
            daemon.exec("mirror:create v '" + table + "'").good();
            daemon.awaitReady("v");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                client.write(0, noise(), true);
                assertEquals(noise(), client.read(0, StampedBlocks.BLOCK_BYTES));
            }
            Outcome told = daemon.exec("mirror:status v").good();
            assertEquals("0 2048 mirror 2 " + near + " " + far + " 15/16 1 AD 1 core\n", told.out());
            assertTrue(told.err().contains("v is degraded: "), told.err());
            JsonNode status = daemon.exec("mirror:status v --json").json();
            assertEquals("degraded", status.get("word").asText());
            assertEquals("current", status.at("/legs/0/state").asText());
            assertEquals("excluded", status.at("/legs/1/state").asText());
            assertEquals(limit / 512, status.at("/legs/1/offset").asLong());
            assertEquals(15, status.get("inSync").asLong(), "a leg that is excluded lacks what was written since");
        }
    }
}
