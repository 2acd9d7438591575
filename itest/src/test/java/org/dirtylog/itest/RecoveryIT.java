// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the distribution copies. */
class RecoveryIT {
    private static final int MIB = 1 << 20;
    private static final int BLOCK = StampedBlocks.BLOCK_BYTES;

    @TempDir
    Path folder;

    private Path leg(int index) {
        return folder.resolve("leg" + index);
    }

    /** A mirror that has to be copied whole, since nobody says that its legs are the same. */
    private Daemon serve(int mib, String... keys) throws Exception {
        Path etc = Files.createDirectories(folder.resolve("home/etc"));
        Files.writeString(
                etc.resolve("org.dirtylog.mirror-v.cfg"),
                "table = 0 " + mib * 2048 + " mirror disk 2 " + folder.resolve("log") + " 1024 2 " + leg(0) + " 0 "
                        + leg(1) + " 0\n" + String.join("\n", keys) + "\n");
        Daemon daemon = Daemon.run(folder.resolve("home"));
        daemon.awaitReady("v");
        return daemon;
    }

    private static void fill(Path file, long at, int bytes, int seed) throws Exception {
        byte[] content = new byte[bytes];
        new Random(seed).nextBytes(content);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content), at);
        }
    }

    private static long allocated(Path file) throws Exception {
        return Long.parseLong(Outcome.of("stat", "-c", "%b", file.toString())
                        .good()
                        .out()
                        .trim())
                * 512;
    }

    @Test
    void lg21_copying_and_clients_both_get_on_and_the_ceiling_holds() throws Exception {
        for (int i = 0; i < 2; i++) {
            Scratch.file(folder, "leg" + i, 64L * MIB);
            fill(leg(i), 0, 64 * MIB, i);
        }
        long begun = System.nanoTime();
        try (Daemon daemon = serve(64, "recoveryFloorMiB = 8", "recoveryCeilingMiB = 16")) {
            int written = 0;
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                JsonNode status = daemon.status("v");
                while (!status.get("word").asText().equals("running")) {
                    for (int i = 0; i < 50; i++) {
                        long at = (long) (written * 31 % (64 * MIB / BLOCK)) * BLOCK;
                        client.write(at, StampedBlocks.stamp(written++, 1), false);
                    }
                    status = daemon.status("v");
                }
                client.flush();
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            assertTrue(seconds > 3.5, "64 MiB were copied in " + seconds + " s");
            assertTrue(written > 200, written + " writes in " + seconds + " s");
            daemon.terminate();
        }
        assertEquals(-1, Files.mismatch(leg(0), leg(1)));
    }

    @Test
    void holes_stay_holes_and_allocated_zeroes_stay_allocated() throws Exception {
        Scratch.file(folder, "leg0", 64L * MIB);
        Scratch.file(folder, "leg1", 64L * MIB);
        fill(leg(0), 5L * MIB, MIB, 1);
        try (FileChannel channel = FileChannel.open(leg(0), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(MIB), 20L * MIB);
        }
        // What is there on the copy goes, also where the source has a hole.
        fill(leg(1), 0, 64 * MIB, 2);
        try (Daemon daemon = serve(64)) {
            daemon.awaitInSync("v");
            daemon.terminate();
        }
        assertEquals(-1, Files.mismatch(leg(0), leg(1)));
        long source = allocated(leg(0));
        long copy = allocated(leg(1));
        assertTrue(copy >= 2L * MIB && copy < 8L * MIB, "the copy takes " + copy + " bytes, the source " + source);
    }
}
