// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LG-9 and LG-12: what changed on one leg behind the mirror's back is found, named, and rewritten when that is asked for. */
class ScrubIT {
    private static final int MIB = 1 << 20;
    private static final int BLOCK = StampedBlocks.BLOCK_BYTES;

    @TempDir
    Path folder;

    private Path leg(int index) {
        return folder.resolve("leg" + index);
    }

    /** A mirror of 8 MiB. */
    private Daemon serve(int legs) throws Exception {
        Path etc = Files.createDirectories(folder.resolve("home/etc"));
        StringBuilder table =
                new StringBuilder("table = 0 16384 mirror disk 3 " + folder.resolve("log") + " 128 nosync " + legs);
        for (int i = 0; i < legs; i++) {
            Scratch.file(folder, "leg" + i, 8L * MIB);
            table.append(' ').append(leg(i)).append(" 0");
        }
        Files.writeString(etc.resolve("org.dirtylog.mirror-v.cfg"), table + "\n");
        Daemon daemon = Daemon.run(folder.resolve("home"));
        daemon.awaitReady("v");
        try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
            for (int block = 0; block < 64; block++) {
                client.write((long) block * BLOCK, StampedBlocks.stamp(block, 1), false);
            }
            client.flush();
        }
        return daemon;
    }

    private static void flip(Path leg, long at) throws Exception {
        try (FileChannel channel = FileChannel.open(leg, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            channel.write(ByteBuffer.wrap(new byte[] {(byte) ~one.get(0)}), at);
        }
    }

    private static JsonNode scrub(Daemon daemon, String options) throws Exception {
        daemon.command("mirror:scrub v --rate 1000" + options).good();
        JsonNode status =
                daemon.awaitStatus("v", now -> !now.at("/scrub/state").asText().equals("running"));
        assertEquals("done", status.at("/scrub/state").asText(), status.toString());
        assertEquals(8L * MIB, status.at("/scrub/bytesDone").asLong());
        assertEquals(0, status.at("/scrub/bytesSkipped").asLong());
        return status.get("scrub");
    }

    @Test
    void lg12_of_two_legs_nobody_knows_which_is_right_and_nothing_is_changed_before_somebody_says() throws Exception {
        try (Daemon daemon = serve(2)) {
            assertEquals("never", daemon.status("v").at("/scrub/state").asText());
            assertEquals(0, scrub(daemon, "").get("differences").asInt());
            // The source is the one that rots.
            flip(leg(0), 3 * BLOCK + 700);
            flip(leg(0), 5L * MIB);
            JsonNode found = scrub(daemon, "");
            assertEquals(2, found.get("differences").asInt());
            assertEquals(3 * BLOCK / 512 + 1, found.at("/found/0/sector").asLong());
            assertEquals(1, found.at("/found/0/sectors").asLong());
            assertEquals("0 | 1", found.at("/found/0/legs").asText());
            assertTrue(found.at("/found/0/majority").isNull());
            assertEquals(5L * MIB / 512, found.at("/found/1/sector").asLong());
            daemon.awaitLog(
                    line -> line.contains("its legs differ in 1 sectors from sector 25 on, the same are 0 | 1"));

            Outcome asked = daemon.command("mirror:scrub v --repair");
            assertNotEquals(0, asked.code());
            assertTrue(asked.err().contains("nobody knows which is right"), asked.err());

            assertEquals(2, scrub(daemon, " --repair --from 1").get("mended").asInt());
            assertEquals(1, daemon.status("v").get("source").asInt());
            assertEquals(0, scrub(daemon, "").get("differences").asInt());
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                assertEquals(StampedBlocks.stamp(3, 1), client.read(3 * BLOCK, BLOCK));
            }
            daemon.terminate();
            assertEquals(-1, Files.mismatch(leg(0), leg(1)));
        }
    }

    @Test
    void lg12_with_three_legs_the_majority_is_offered_and_believed_when_told() throws Exception {
        try (Daemon daemon = serve(3)) {
            flip(leg(1), 2 * BLOCK);
            flip(leg(0), 9 * BLOCK);
            JsonNode found = scrub(daemon, "");
            assertEquals("0 2 | 1", found.at("/found/0/legs").asText());
            assertEquals(0, found.at("/found/0/majority").asInt());
            assertEquals("0 | 1 2", found.at("/found/1/legs").asText());
            assertEquals(1, found.at("/found/1/majority").asInt());
            assertEquals(0, found.get("mended").asInt());
            assertEquals(2, scrub(daemon, " --repair").get("mended").asInt());
            assertEquals(0, scrub(daemon, "").get("differences").asInt());
            daemon.terminate();
            assertEquals(-1, Files.mismatch(leg(0), leg(1)));
            assertEquals(-1, Files.mismatch(leg(0), leg(2)));
        }
    }

    @Test
    void lg9_what_others_wrote_to_a_leg_is_found_while_clients_write() throws Exception {
        try (Daemon daemon = serve(2)) {
            flip(leg(1), 6L * MIB);
            daemon.command("mirror:scrub v --rate 4").good();
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "v")) {
                for (int i = 0; daemon.status("v").at("/scrub/state").asText().equals("running"); i++) {
                    for (int block = 0; block < 64; block++) {
                        client.write((long) block * 16 * BLOCK, StampedBlocks.stamp(block, i), false);
                    }
                }
            }
            JsonNode scrub = daemon.status("v").get("scrub");
            assertEquals(1, scrub.get("differences").asInt(), scrub.toString());
            assertEquals(6L * MIB / 512, scrub.at("/found/0/sector").asLong());
        }
    }

    @Test
    void a_scrub_ends_when_it_is_told_to_and_when_its_mirror_is_suspended() throws Exception {
        try (Daemon daemon = serve(2)) {
            daemon.command("mirror:scrub v --rate 1").good();
            Outcome second = daemon.command("mirror:scrub v");
            assertTrue(second.code() != 0 && second.err().contains("is under way"), second.err());
            daemon.command("mirror:scrub v --stop").good();
            assertEquals("stopped", daemon.status("v").at("/scrub/state").asText());
            daemon.command("mirror:scrub v --rate 1").good();
            daemon.command("mirror:suspend v").good();
            daemon.command("mirror:resume v").good();
            daemon.awaitStatus("v", now -> now.at("/scrub/state").asText().equals("stopped"));
            assertEquals(0, scrub(daemon, "").get("differences").asInt());
        }
    }
}
