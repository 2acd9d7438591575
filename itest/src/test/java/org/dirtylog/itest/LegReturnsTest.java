// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.dirtylog.itest.MirrorOnFiles.REGION;
import static org.dirtylog.itest.MirrorOnFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.OptionalInt;
import org.dirtylog.mirror.LegPolicy;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus.Word;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Legs that go, come back, come back older, or are somebody else's: P21 to P25, P34, P45. */
@Timeout(60)
class LegReturnsTest {
    private static final String LOG = "LOG 1024 nosync";

    @TempDir
    Path folder;

    private MirrorOnFiles on;

    /** Legs with room for a label behind the mirrored range, so that any file system will do. */
    @BeforeEach
    void makeLegs() throws IOException {
        on = new MirrorOnFiles(folder, 2);
        on.makeLeg(0, MirrorOnFiles.BYTES + 8192);
        on.makeLeg(1, MirrorOnFiles.BYTES + 8192);
    }

    @AfterEach
    void stop() {
        on.close();
    }

    private void excludeLeg(int leg) throws IOException {
        on.faults.set("leg" + leg + ".write", () -> new IOException("thrown on purpose by a test"));
        on.write(3, 30);
        assertEquals("excluded", on.statusOf(leg).state());
        on.faults.heal();
    }

    private void assertLegsEqual() throws IOException {
        on.stop();
        byte[] leg0 = Arrays.copyOf(Files.readAllBytes(on.leg(0)), MirrorOnFiles.BYTES);
        byte[] leg1 = Arrays.copyOf(Files.readAllBytes(on.leg(1)), MirrorOnFiles.BYTES);
        assertArrayEquals(leg0, leg1);
    }

    private Path copyOf(int leg) throws IOException {
        return Files.copy(on.leg(leg), folder.resolve("copy"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Into the same file, as a restored backup comes. */
    private void putBack(Path copy, int leg) throws IOException {
        Files.write(on.leg(leg), Files.readAllBytes(copy));
    }

    private void eraseLabel(int leg) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(on.leg(leg).toFile(), "rw")) {
            file.setLength(MirrorOnFiles.BYTES);
            file.setLength(MirrorOnFiles.BYTES + 8192);
        }
    }

    @Test
    void lg7_a_leg_that_failed_comes_back_by_a_command_and_gets_what_it_missed() throws Exception {
        on.open(LOG);
        assertEquals("behind", on.statusOf(1).label());
        on.write(1, 10);
        on.awaitSync();
        excludeLeg(1);
        on.write(4, 40);
        on.mirror().device().force();
        assertEquals(Word.DEGRADED, on.status().word());
        assertTrue(
                on.status().message().contains("mirror:resync m --leg 1"),
                on.status().message());
        on.mirror().resync(1, false, false);
        on.awaitSync();
        assertEquals(2L * REGION, on.status().recovery().bytesDone(), "regions 3 and 4 were dirty");
        on.assertReads(4, 40);
        assertLegsEqual();
    }

    @Test
    void a_leg_that_failed_comes_back_at_the_next_start() throws Exception {
        on.open(LOG);
        on.awaitSync();
        excludeLeg(0);
        assertEquals(1, on.status().source(), "leg 0 lacks something now");
        on.write(5, 50);
        on.stop();
        on.open(LOG);
        assertEquals(1, on.status().source());
        assertEquals(on.leg(0).toString(), on.status().legs().get(0).path(), "the table is as it was given");
        on.awaitSync();
        assertEquals(2L * REGION, on.status().recovery().bytesTotal());
        on.assertReads(5, 50);
        assertLegsEqual();
    }

    @Test
    void lg7_a_leg_that_was_absent_is_attached_by_itself_when_it_reappears() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        on.stop();
        Path away = Files.move(on.leg(1), folder.resolve("away"));
        on.open(LOG);
        assertEquals("missing", on.statusOf(1).state());
        on.write(2, 20);
        on.mirror().device().force();
        Files.move(away, on.leg(1));
        on.awaitSync();
        assertEquals((long) REGION, on.status().recovery().bytesDone());
        assertLegsEqual();
    }

    @Test
    void without_degraded_starts_an_absent_leg_is_waited_for_and_nothing_is_written() throws Exception {
        on.open(LOG);
        on.awaitSync();
        on.stop();
        byte[] record = Files.readAllBytes(on.record());
        byte[] log = Files.readAllBytes(folder.resolve("log"));
        Path away = Files.move(on.leg(1), folder.resolve("away"));
        LegPolicy waiting = LegPolicy.DEFAULT.withStartDegraded(false);
        on.make(LOG, on.threads, config -> config.withLegs(waiting));
        MirrorException waits =
                assertThrows(MirrorException.class, () -> on.mirror().open());
        assertTrue(waits.isWaiting());
        assertTrue(
                waits.getMessage().contains("leg 1") && waits.getMessage().contains("startDegraded"),
                waits.getMessage());
        assertArrayEquals(record, Files.readAllBytes(on.record()));
        assertArrayEquals(log, Files.readAllBytes(folder.resolve("log")));
        Files.move(away, on.leg(1));
        on.open(LOG, config -> config.withLegs(waiting));
        on.awaitSync();
    }

    @Test
    void a_leg_that_was_excluded_already_is_not_waited_for() throws Exception {
        on.open(LOG);
        on.awaitSync();
        excludeLeg(1);
        on.stop();
        Files.delete(on.leg(1));
        on.open(LOG, config -> config.withLegs(LegPolicy.DEFAULT.withStartDegraded(false)));
        assertEquals(Word.DEGRADED, on.status().word());
        on.assertReads(3, 30);
    }

    @Test
    void lg8_an_older_copy_is_noticed_not_touched_and_copied_fully_by_a_command() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        on.stop();
        Path copy = copyOf(1);
        on.open(LOG);
        on.write(1, 11);
        on.awaitSync();
        on.stop();
        putBack(copy, 1);
        on.open(LOG);
        assertEquals("missing", on.statusOf(1).state());
        assertTrue(on.statusOf(1).note().contains("older"), on.statusOf(1).note());
        on.assertReads(1, 11);
        on.write(2, 20);
        on.mirror().device().force();
        assertArrayEquals(Files.readAllBytes(copy), Files.readAllBytes(on.leg(1)));
        String partly = refusal(() -> on.mirror().resync(1, false, true));
        assertTrue(partly.contains("older"), partly);
        on.mirror().resync(1, true, true);
        on.awaitSync();
        assertEquals(MirrorOnFiles.BYTES, on.status().recovery().bytesDone());
        assertLegsEqual();
    }

    @Test
    void lg8_a_copy_without_its_label_is_noticed_and_not_touched() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        on.stop();
        eraseLabel(1);
        byte[] bare = Files.readAllBytes(on.leg(1));
        on.open(LOG);
        assertEquals("missing", on.statusOf(1).state());
        assertTrue(on.statusOf(1).note().contains("no label"), on.statusOf(1).note());
        on.write(2, 20);
        on.stop();
        assertArrayEquals(bare, Files.readAllBytes(on.leg(1)));
    }

    @Test
    void lg20_a_stale_leg_alone_is_never_the_source_across_restarts() throws Exception {
        on.open(LOG);
        on.awaitSync();
        excludeLeg(0);
        on.stop();
        Path away = Files.move(on.leg(1), folder.resolve("away"));
        for (int i = 0; i < 2; i++) {
            String waits = refusal(() -> on.open(LOG));
            assertTrue(waits.contains("waiting for") && waits.contains("leg1"), waits);
        }
        Files.move(away, on.leg(1));
        on.open(LOG);
        on.assertReads(3, 30);
        on.awaitSync();
        assertLegsEqual();
    }

    @Test
    void a_home_put_back_from_a_backup_does_not_win_over_the_legs() throws Exception {
        on.open(LOG);
        on.awaitSync();
        on.stop();
        byte[] backup = Files.readAllBytes(on.record());
        on.open(LOG);
        on.write(1, 10);
        on.stop();
        Files.write(on.record(), backup);
        String refused = refusal(() -> on.open(LOG));
        assertTrue(refused.contains("label of epoch") && refused.contains("mirror:rebuild m"), refused);
        assertArrayEquals(backup, Files.readAllBytes(on.record()));
    }

    @Test
    void a_leg_of_another_mirror_refuses_the_opening_by_name() throws Exception {
        on.open(LOG);
        on.awaitSync();
        on.stop();
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        try (MirrorOnFiles other = new MirrorOnFiles(elsewhere, 2)) {
            other.makeLeg(0, MirrorOnFiles.BYTES + 8192);
            other.makeLeg(1, MirrorOnFiles.BYTES + 8192);
            other.open(LOG);
            other.awaitSync();
            other.stop();
            Files.copy(other.leg(1), on.leg(1), StandardCopyOption.REPLACE_EXISTING);
            String refused = refusal(() -> on.open(LOG));
            assertTrue(refused.contains("leg 1") && refused.contains("belongs to mirror"), refused);

            // Made anew, with legs that are another mirror's.
            other.stop();
            Files.delete(other.record());
            Files.delete(elsewhere.resolve("log"));
            String made = refusal(() -> other.open(LOG));
            assertTrue(made.contains("--adopt-legs") && made.contains("mirror:rebuild"), made);
            other.open(LOG, config -> config.withLegs(LegPolicy.DEFAULT.withAdopt(true)));
            other.awaitSync();
        }
    }

    @Test
    void a_lost_record_is_rebuilt_from_the_labels_once_a_source_is_named() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        excludeLeg(0);
        on.write(1, 11);
        on.stop();
        Files.delete(on.record());
        on.make(LOG, on.threads, config -> config);
        refusal(() -> on.mirror().open());
        String proposal = refusal(() -> on.mirror().rebuild(OptionalInt.empty()));
        assertTrue(proposal.contains("mirror:rebuild m --source 1"), proposal);
        assertFalse(Files.exists(on.record()));
        on.mirror().rebuild(OptionalInt.of(1));
        on.mirror().open();
        assertEquals(1, on.status().source());
        on.assertReads(1, 11);
        on.awaitSync();
        assertEquals(MirrorOnFiles.BYTES, on.status().recovery().bytesTotal(), "all is dirty");
        assertLegsEqual();
    }

    @Test
    void where_no_current_leg_comes_back_another_one_can_be_named() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        excludeLeg(0);
        on.stop();
        Path lost = Files.move(on.leg(1), folder.resolve("lost"));
        on.make(LOG, on.threads, config -> config);
        refusal(() -> on.mirror().open());
        String proposal = refusal(() -> on.mirror().rebuild(OptionalInt.empty()));
        assertTrue(proposal.contains("lacks acknowledged writes"), proposal);
        refusal(() -> on.mirror().rebuild(OptionalInt.of(1)));
        on.mirror().rebuild(OptionalInt.of(0));
        on.mirror().open();
        on.assertReads(1, 10);
        on.stop();
        // What was overruled comes back by a full copy only.
        Files.move(lost, on.leg(1));
        on.open(LOG);
        assertEquals("missing", on.statusOf(1).state());
        on.mirror().resync(1, true, false);
        on.awaitSync();
        assertLegsEqual();
    }

    @Test
    void a_leg_that_fails_again_and_again_is_given_a_rest() throws Exception {
        on.open(LOG);
        on.awaitSync();
        excludeLeg(1);
        on.mirror().resync(1, false, false);
        excludeLeg(1);
        String rest = refusal(() -> on.mirror().resync(1, false, false));
        assertTrue(rest.contains("--now"), rest);
        on.mirror().resync(1, false, true);
        on.awaitSync();
        assertLegsEqual();
    }

    @Test
    void a_mirror_that_is_removed_takes_its_labels_with_it() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        on.mirror().dissolve();
        for (int i = 0; i < 2; i++) {
            String leg = new String(Files.readAllBytes(on.leg(i)), StandardCharsets.ISO_8859_1);
            assertFalse(leg.contains("dirtyleg"), "leg " + i);
        }
        assertFalse(Files.exists(on.record()));
        on.open("LOG 1024");
        on.assertReads(1, 10);
    }

    @Test
    void labels_are_written_outside_of_the_mirrored_range() throws Exception {
        byte[] before = new byte[MirrorOnFiles.BYTES];
        Arrays.fill(before, (byte) 5);
        for (int i = 0; i < 2; i++) {
            try (RandomAccessFile file = new RandomAccessFile(on.leg(i).toFile(), "rw")) {
                file.write(before);
            }
        }
        on.open(LOG);
        on.stop();
        for (int i = 0; i < 2; i++) {
            ByteBuffer leg = ByteBuffer.wrap(Files.readAllBytes(on.leg(i)));
            assertEquals(ByteBuffer.wrap(before), leg.slice(0, MirrorOnFiles.BYTES));
        }
    }
}
