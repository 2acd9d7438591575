// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.dirtylog.itest.MirrorOnFiles.REGION;
import static org.dirtylog.itest.MirrorOnFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.MirrorStatus.Word;
import org.dirtylog.mirror.RecoveryPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Legs that are added, removed and replaced, and mirrors that grow, while clients go on: P22, P25, P27, P45. */
@Timeout(60)
class LegChangesTest {
    private static final String LOG = "LOG 1024 nosync";

    @TempDir
    Path folder;

    private MirrorOnFiles on;

    @BeforeEach
    void makeLegs() throws IOException {
        on = new MirrorOnFiles(folder, 2);
        for (int i = 0; i < 4; i++) {
            on.makeLeg(i, MirrorOnFiles.BYTES + 8192);
        }
    }

    @AfterEach
    void stop() {
        on.close();
    }

    private TableLine.Leg leg(int index) {
        return new TableLine.Leg(on.leg(index).toString(), 0);
    }

    private byte[] bytes(int leg, int bytes) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(on.leg(leg)), bytes);
    }

    private void assertEqualLegs(int bytes, int first, int... others) throws IOException {
        for (int other : others) {
            assertArrayEquals(bytes(first, bytes), bytes(other, bytes), "legs " + first + " and " + other);
        }
    }

    private boolean isLabelled(int leg) throws IOException {
        return new String(Files.readAllBytes(on.leg(leg)), StandardCharsets.ISO_8859_1).contains("dirtyleg");
    }

    private String record() throws IOException {
        return Files.readString(on.record());
    }

    private void write(int region, int value) throws IOException {
        on.write(region, value);
    }

    // ---- a leg more -------------------------------------------------------------------------------------------------

    @Test
    void a_leg_that_is_added_gets_everything_and_is_a_leg_like_the_others() throws Exception {
        on.open(LOG);
        write(1, 10);
        on.awaitSync();
        on.mirror().addLeg(leg(2), false);
        assertEquals("stale", on.statusOf(2).state());
        assertEquals(3, on.mirror().table().legs().size());
        write(2, 20);
        on.awaitSync();
        assertEquals("current", on.statusOf(2).state());
        assertEquals((long) MirrorOnFiles.BYTES, on.status().recovery().bytesDone());
        // It serves alone.
        on.mirror().removeLeg(0);
        assertEquals(on.leg(1).toString(), on.statusOf(0).path());
        write(3, 30);
        for (int region = 1; region < 4; region++) {
            on.assertReads(region, 10 * region);
        }
        on.awaitSync();
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 1, 2);
        assertFalse(isLabelled(0), "what is no leg has no label");
    }

    @Test
    void lg23_writes_go_on_while_legs_are_added_and_removed() throws Exception {
        on.open(LOG);
        AtomicInteger rounds = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] writers = new Thread[3];
        boolean[] enough = new boolean[1];
        for (int i = 0; i < writers.length; i++) {
            int region = i;
            writers[i] = new Thread(() -> {
                try {
                    for (int value = 1; !enough[0]; value = value % 100 + 1) {
                        write(region, value);
                        on.assertReads(region, value);
                        if (value % 7 == 0) {
                            on.mirror().device().force();
                        }
                        rounds.incrementAndGet();
                    }
                } catch (IOException | AssertionError e) {
                    failure.set(e);
                }
            });
            writers[i].start();
        }
        for (int i = 0; i < 6; i++) {
            on.mirror().addLeg(leg(2), false);
            on.await(
                    status -> status.legs().stream().allMatch(leg -> leg.state().equals("current")));
            on.mirror().removeLeg(i % 3);
            on.mirror().addLeg(leg(3), false);
            on.mirror().removeLeg(2);
            on.makeLeg(3, MirrorOnFiles.BYTES + 8192);
            // Back to the first two, in whatever order.
            for (int wanted = 0; wanted < 2; wanted++) {
                String path = on.leg(wanted).toString();
                if (on.status().legs().stream().noneMatch(leg -> leg.path().equals(path))) {
                    on.mirror().addLeg(leg(wanted), false);
                    on.await(status ->
                            status.legs().stream().allMatch(leg -> leg.state().equals("current")));
                    on.mirror().removeLeg(indexOf(2));
                }
            }
        }
        enough[0] = true;
        for (Thread writer : writers) {
            writer.join();
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
        assertTrue(rounds.get() > 10, rounds + " rounds");
        on.awaitSync();
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 0, 1);
    }

    private int indexOf(int leg) {
        for (int i = 0; i < on.status().legs().size(); i++) {
            if (on.statusOf(i).path().equals(on.leg(leg).toString())) {
                return i;
            }
        }
        throw new AssertionError("no leg " + leg + " in " + on.status());
    }

    @Test
    void a_file_that_says_the_legs_of_before_is_behind_and_the_record_counts() throws Exception {
        on.open(LOG);
        write(1, 10);
        on.mirror().addLeg(leg(2), false);
        on.awaitSync();
        assertTrue(record().contains("superseded=8192%20"), record());
        on.stop();
        // With the table of before, as after a crash between record and file.
        on.open(LOG);
        assertEquals(3, on.status().legs().size());
        assertEquals(3, on.mirror().table().legs().size());
        on.awaitSync();
        assertEquals(0, on.status().recovery().bytesTotal(), "a clean stop is one, whatever the file says");
        TableLine now = on.mirror().table();
        on.mirror().writeTable(table -> assertEquals(now, table));
        assertTrue(record().contains("superseded=none"), record());
        on.stop();
        // Somebody puts the old file back: that is not what a crash leaves.
        String why = refusal(() -> on.open(LOG));
        assertTrue(why.contains("the table names the legs") && why.contains("mirror:add-leg"), why);
        on.stop();
        on.open(LOG, config -> config.withTable(now));
        assertEquals(3, on.status().legs().size());
    }

    @Test
    void lg10_lg22_a_device_that_cannot_be_a_leg_is_refused_and_nothing_has_changed() throws Exception {
        on.open(LOG);
        on.awaitSync();
        String before = record();
        // LG-22: the same file, under its own name and under another one.
        String twice = refusal(() -> on.mirror().addLeg(leg(1), false));
        assertTrue(twice.contains("is leg 1 already"), twice);
        Path link = Files.createLink(folder.resolve("link"), on.leg(1));
        String same = refusal(() -> on.mirror().addLeg(new TableLine.Leg(link.toString(), 0), false));
        assertTrue(same.contains("is already open in this process as a leg"), same);
        // LG-10.
        on.makeLeg(2, MirrorOnFiles.BYTES - 512);
        String small = refusal(() -> on.mirror().addLeg(leg(2), false));
        assertTrue(small.contains("has 8191 sectors, needs 8192"), small);
        String absent = refusal(() -> on.mirror().addLeg(new TableLine.Leg(folder + "/absent", 0), false));
        assertTrue(absent.contains("there is no such leg"), absent);
        assertEquals(before, record());
        assertEquals(2, on.status().legs().size());
        String two = refusal(() -> on.mirror().removeLeg(0));
        assertTrue(two.contains("mirror:replace-leg m 0"), two);
    }

    @Test
    void a_device_with_the_label_of_another_mirror_is_taken_when_that_is_said() throws Exception {
        try (MirrorOnFiles other = new MirrorOnFiles(Files.createDirectory(folder.resolve("other")), 2)) {
            other.makeLeg(0, MirrorOnFiles.BYTES + 8192);
            other.open(LOG);
            other.stop();
            on.open(LOG);
            TableLine.Leg theirs = new TableLine.Leg(other.leg(0).toString(), 0);
            String why = refusal(() -> on.mirror().addLeg(theirs, false));
            assertTrue(why.contains("it belongs to mirror") && why.contains("--adopt-leg"), why);
            on.mirror().addLeg(theirs, true);
            on.awaitSync();
        }
    }

    // ---- a leg less -------------------------------------------------------------------------------------------------

    @Test
    void a_leg_that_failed_is_removed_and_what_it_lacked_is_no_trouble_any_more() throws Exception {
        on.open(LOG);
        on.mirror().addLeg(leg(2), false);
        on.awaitSync();
        on.faults.set("leg0.write", () -> new IOException("thrown on purpose by a test"));
        write(3, 30);
        assertEquals("excluded", on.statusOf(0).state());
        assertEquals(Word.DEGRADED, on.status().word());
        on.mirror().removeLeg(0);
        on.awaitSync();
        assertEquals(0, on.status().dirty(), "all that are left hold it");
        assertEquals(2, on.status().legs().size());
        on.assertReads(3, 30);
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 1, 2);
    }

    @Test
    void the_last_current_leg_is_not_removed() throws Exception {
        on.open(LOG);
        on.awaitSync();
        on.faults.set("leg2.write", () -> new IOException("thrown on purpose by a test"));
        on.mirror().addLeg(leg(2), false);
        on.await(status -> status.legs().get(2).state().equals("excluded"));
        on.faults.set("leg1.write", () -> new IOException("thrown on purpose by a test"));
        write(1, 10);
        assertEquals("excluded", on.statusOf(1).state());
        String why = refusal(() -> on.mirror().removeLeg(0));
        assertTrue(why.contains("no other leg holds everything that was acknowledged"), why);
        on.faults.heal();
        on.assertReads(1, 10);
    }

    // ---- a leg for another ------------------------------------------------------------------------------------------

    @Test
    void a_leg_serves_until_the_one_that_replaces_it_is_current() throws Exception {
        on.open(LOG);
        write(1, 10);
        on.awaitSync();
        AtomicInteger told = new AtomicInteger();
        on.mirror().onTableChange(told::incrementAndGet);
        on.mirror().suspend();
        on.mirror().resume();
        on.mirror().replaceLeg(0, leg(2), false);
        MirrorStatus.Leg successor = on.statusOf(2);
        assertEquals(OptionalInt.of(0), successor.replaces());
        write(2, 20);
        on.awaitSync();
        on.await(status -> status.legs().size() == 2);
        assertEquals(on.leg(2).toString(), on.statusOf(0).path());
        assertEquals(on.leg(1).toString(), on.statusOf(1).path());
        assertEquals(2, on.mirror().table().legs().size());
        on.await(status -> told.get() == 1);
        write(3, 30);
        on.awaitSync();
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 1, 2);
        assertFalse(Arrays.equals(bytes(0, MirrorOnFiles.BYTES), bytes(1, MirrorOnFiles.BYTES)), "it is out of it");
        assertFalse(isLabelled(0));
        // And with the table of before.
        on.open(LOG);
        assertEquals(on.leg(2).toString(), on.statusOf(0).path());
        on.assertReads(3, 30);
    }

    @Test
    void one_that_is_away_is_replaced_at_once() throws Exception {
        on.open(LOG);
        write(1, 10);
        on.awaitSync();
        on.faults.set("leg0.write", () -> new IOException("thrown on purpose by a test"));
        write(2, 20);
        assertEquals("excluded", on.statusOf(0).state());
        on.mirror().replaceLeg(0, leg(2), false);
        assertEquals(2, on.status().legs().size());
        assertEquals(OptionalInt.empty(), on.statusOf(0).replaces());
        on.awaitSync();
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 1, 2);
    }

    @Test
    void a_replacement_goes_on_after_a_stop_and_can_be_given_up() throws Exception {
        on.open(LOG, slow());
        write(1, 10);
        on.mirror().replaceLeg(1, leg(2), false);
        String twice = refusal(() -> on.mirror().replaceLeg(0, leg(3), false));
        assertTrue(twice.contains("one is replaced at a time"), twice);
        String needed = refusal(() -> on.mirror().removeLeg(1));
        assertTrue(needed.contains("leg 2 is about to replace it"), needed);
        on.stop();
        on.open(LOG, slow());
        assertEquals(OptionalInt.of(1), on.statusOf(2).replaces());
        on.mirror().removeLeg(2);
        assertEquals(2, on.status().legs().size());
        on.mirror().replaceLeg(1, leg(3), false);
        on.stop();
        on.open(LOG);
        on.await(status -> status.legs().size() == 2 && status.word() == Word.RUNNING);
        assertEquals(on.leg(3).toString(), on.statusOf(1).path());
        on.awaitSync();
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES, 0, 3);
    }

    /** So slow that it is still under way in the next line. */
    private static UnaryOperator<MirrorConfig> slow() {
        return config -> config.withRecovery(new RecoveryPolicy(1, 1));
    }

    // ---- a longer mirror --------------------------------------------------------------------------------------------

    private static final int MORE = 3 * REGION + 512;

    private void makeLonger(int... legs) throws IOException {
        for (int leg : legs) {
            on.makeLeg(leg, MirrorOnFiles.BYTES + MORE + 12288);
        }
    }

    private static ByteBuffer zeroes(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    @Test
    void a_mirror_grows_and_what_is_new_is_the_same_on_all_legs() throws Exception {
        for (String log : new String[] {LOG, "core 2 1024 nosync"}) {
            makeLegs();
            on.close();
            on = new MirrorOnFiles(Files.createDirectory(folder.resolve(log.substring(0, 3))), 2);
            on.makeLeg(0, MirrorOnFiles.BYTES + 8192);
            on.makeLeg(1, MirrorOnFiles.BYTES + 8192);
            on.open(log);
            write(1, 10);
            on.awaitSync();
            String short_ = refusal(() -> on.mirror().grow(8192 + MORE / 512));
            assertTrue(short_.contains("leg 0") && short_.contains("truncate -s"), short_);
            makeLonger(0, 1);
            on.mirror().grow(8192 + MORE / 512);
            assertEquals(8192 + MORE / 512, on.mirror().table().targetSectors());
            assertEquals(MirrorOnFiles.BYTES + MORE, on.mirror().device().sizeBytes());
            assertTrue(
                    on.status().recovery().bytesTotal() <= MORE,
                    log + ": only what is new is copied: " + on.status().recovery());
            ByteBuffer read = zeroes(16384);
            on.mirror().device().read(MirrorOnFiles.BYTES - 4096, read);
            assertEquals(zeroes(16384), read.flip(), "no label is left where data is now");
            on.mirror().device().write(MirrorOnFiles.BYTES + MORE - 4096, MirrorOnFiles.bytes(77));
            on.assertReads(1, 10);
            on.awaitSync();
            on.stop();
            assertEqualLegs(MirrorOnFiles.BYTES + MORE, 0, 1);
            // With the table of before, as after a crash between record and file.
            on.open(log);
            assertEquals(8192 + MORE / 512, on.mirror().table().targetSectors());
            on.assertReads(1, 10);
            on.stop();
        }
    }

    @Test
    void a_file_with_a_greater_length_makes_the_mirror_longer_at_the_next_start() throws Exception {
        on.open(LOG);
        write(1, 10);
        on.awaitSync();
        on.stop();
        String why = refusal(() -> on.open(LOG, longer(8192 + MORE / 512)));
        assertTrue(why.contains("make it longer first"), why);
        on.stop();
        makeLonger(0, 1);
        on.open(LOG, longer(8192 + MORE / 512));
        on.awaitSync();
        assertEquals(MirrorOnFiles.BYTES + MORE, on.mirror().device().sizeBytes());
        on.assertReads(1, 10);
        on.stop();
        assertEqualLegs(MirrorOnFiles.BYTES + MORE, 0, 1);
        String shorter = refusal(() -> on.open(LOG));
        assertTrue(shorter.contains("a mirror does not become shorter"), shorter);
    }

    private static UnaryOperator<MirrorConfig> longer(long sectors) {
        return config -> {
            try {
                return config.withTable(
                        config.table().with(sectors, config.table().legs()));
            } catch (TableException e) {
                throw new AssertionError(e);
            }
        };
    }

    @Test
    void a_mirror_of_which_a_leg_is_away_does_not_grow() throws Exception {
        makeLonger(0, 1);
        on.open(LOG);
        on.awaitSync();
        on.faults.set("leg1.write", () -> new IOException("thrown on purpose by a test"));
        write(1, 10);
        String why = refusal(() -> on.mirror().grow(8192 + 1));
        assertTrue(why.contains("leg 1") && why.contains("is not attached"), why);
        String less = refusal(() -> on.mirror().grow(8192));
        assertTrue(less.contains("A mirror does not become shorter"), less);
        on.faults.heal();
    }
}
