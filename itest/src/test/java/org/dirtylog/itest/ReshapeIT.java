// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator's commands for other legs and another length, while clients write, in the distribution. */
class ReshapeIT {
    private static final String NAME = "g";
    private static final int CLIENTS = 3;
    private static final long BYTES = 16L << 20;
    private static final long LONGER = BYTES + (5L << 20) + 512;

    @TempDir
    Path folder;

    @Test
    void clients_see_no_error_and_file_record_and_table_agree_afterwards() throws Exception {
        Path home = folder.resolve("home");
        Path config = home.resolve("etc/org.dirtylog.mirror-" + NAME + ".cfg");
        StampedBlocks blocks = new StampedBlocks(BYTES);
        String table;
        try (Daemon daemon = Daemon.run(home).awaitStarted()) {
            daemon.command(Scratch.createCommand(folder, NAME, BYTES, 128, "")).good();
            daemon.awaitReady(NAME);
            for (int i = 0; i < 4; i++) {
                Scratch.file(folder, NAME + "-" + i + ".img", LONGER + 12288);
            }
            Files.writeString(config, "# what follows is mine\ncleanAfterMillis = 100\n", StandardOpenOption.APPEND);
            List<StampingClient> clients = StampingClient.start(
                    daemon.nbdSocket(),
                    NAME,
                    blocks,
                    CLIENTS,
                    0,
                    (int) (BYTES / StampedBlocks.BLOCK_BYTES),
                    new Random(7)::nextLong);
            daemon.command("mirror:add-leg " + NAME + " " + leg(2)).good();
            awaitLegs(daemon, 3);
            daemon.command("mirror:replace-leg " + NAME + " 0 " + leg(3)).good();
            awaitLegs(daemon, 3);
            daemon.command("mirror:remove-leg " + NAME + " 1").good();
            daemon.command("mirror:grow " + NAME + " " + LONGER / 512).good();
            awaitLegs(daemon, 2);
            table = daemon.command("mirror:table " + NAME).good().out().strip();
            assertTrue(table.endsWith(" 2 " + leg(3) + " 0 " + leg(2) + " 0"), table);
            assertTrue(table.startsWith("0 " + LONGER / 512 + " mirror "), table);
            daemon.kill();
            long flushes = 0;
            for (StampingClient client : clients) {
                client.finish();
                flushes += client.flushes();
            }
            assertTrue(flushes > 0, "no flush was answered: nothing was tried");
        }
        String written = Files.readString(config);
        assertTrue(written.contains("table = " + table + "\n"), written);
        assertTrue(written.endsWith("# what follows is mine\ncleanAfterMillis = 100\n"), written);
        assertTrue(Files.readString(home.resolve("data/" + NAME + ".record")).contains("superseded=none"));
        try (Daemon daemon = Daemon.run(home)) {
            daemon.awaitReady(NAME);
            awaitLegs(daemon, 2);
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), NAME)) {
                for (int block = 0; block < BYTES / StampedBlocks.BLOCK_BYTES; block++) {
                    blocks.check(
                            block, client.read((long) block * StampedBlocks.BLOCK_BYTES, StampedBlocks.BLOCK_BYTES));
                }
                ByteBuffer last = client.read(LONGER - 512, 512);
                assertEquals(ByteBuffer.allocate(512), last);
            }
            daemon.terminate();
        }
        assertEquals(-1, mismatch(leg(2), leg(3)));
    }

    private Path leg(int index) {
        return folder.resolve(NAME + "-" + index + ".img");
    }

    private static long mismatch(Path one, Path other) throws Exception {
        long at = Files.mismatch(one, other);
        // Behind it lie the labels.
        return at >= LONGER ? -1 : at;
    }

    private static void awaitLegs(Daemon daemon, int count) throws Exception {
        daemon.awaitStatus(NAME, status -> {
            boolean all = status.get("legs").size() == count;
            for (JsonNode leg : status.get("legs")) {
                all &= leg.get("state").asText().equals("current");
            }
            return all;
        });
    }
}
