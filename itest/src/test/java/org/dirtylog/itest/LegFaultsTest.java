// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.dirtylog.itest.MirrorOnFiles.REGION;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.MirrorStatus.Word;
import org.dirtylog.mirror.RecoveryPolicy;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What legs do wrong, by the numbers of {@code docs/leg-faults.md}, as far as it takes no process of its own. The others are in the
 * classes that the list names.
 */
@Timeout(60)
class LegFaultsTest {
    private static final String LOG = "LOG 1024 nosync";

    @TempDir
    Path folder;

    private MirrorOnFiles on;

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

    private void fail(String call) {
        on.faults.set(call, () -> new IOException("thrown on purpose by a test"));
    }

    private byte[] bytes(int leg) throws IOException {
        return Arrays.copyOf(Files.readAllBytes(on.leg(leg)), MirrorOnFiles.BYTES);
    }

    private void assertEqualLegs() throws Exception {
        on.awaitSync();
        on.stop();
        assertArrayEquals(bytes(0), bytes(1));
    }

    @Test
    void lg1_a_write_that_one_leg_fails_is_answered_once_the_record_says_so() throws Exception {
        on.open(LOG);
        fail("leg1.write");
        on.write(1, 10);
        assertTrue(Files.readString(on.record()).contains("leg.1.state=EXCLUDED"), "before the answer");
        assertEquals("excluded", on.statusOf(1).state());
        assertTrue(on.status().message().contains("leg 1"), on.status().message());
        on.assertReads(1, 10);
    }

    @Test
    void lg2_a_write_that_every_leg_fails_is_an_error_and_excludes_nobody() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        fail("leg0.write");
        fail("leg1.write");
        assertThrows(IOException.class, () -> on.write(1, 11));
        on.faults.heal();
        assertEquals("current", on.statusOf(0).state());
        assertEquals("current", on.statusOf(1).state());
        on.assertReads(1, 10);
        on.write(1, 12);
        on.assertReads(1, 12);
        assertEqualLegs();
    }

    /** All that was written since its last force is dirty for it, whichever of it the medium has lost. */
    @Test
    void lg4_what_a_leg_that_cannot_be_forced_has_lost_is_copied_to_it() throws Exception {
        on.open(LOG, config -> config.withCleanAfter(Duration.ofHours(1)));
        for (int region = 0; region < 6; region++) {
            on.write(region, 10 + region);
        }
        fail("leg1.force");
        on.mirror().device().force();
        assertEquals("excluded", on.statusOf(1).state());
        on.faults.heal();
        // As the kernel drops its pages: two of the six are gone.
        try (RandomAccessFile leg = new RandomAccessFile(on.leg(1).toFile(), "rw")) {
            leg.seek(2L * REGION);
            leg.write(new byte[4096]);
            leg.seek(5L * REGION);
            leg.write(new byte[4096]);
        }
        on.mirror().resync(1, false, true);
        on.await(status -> status.word() == Word.RUNNING);
        assertEquals(6L * REGION, on.status().recovery().bytesDone());
        on.stop();
        assertArrayEquals(bytes(0), bytes(1));
    }

    @Test
    void lg10_a_leg_that_is_too_small_is_refused_with_what_it_has_and_needs() throws Exception {
        on.makeLeg(1, MirrorOnFiles.BYTES - 512);
        String why = MirrorOnFiles.refusal(() -> on.open(LOG));
        assertTrue(why.contains("has 8191 sectors, needs 8192"), why);
        on.stop();
        on.makeLeg(1, MirrorOnFiles.BYTES + 8192);
        on.open(LOG);
        on.stop();
        // And at a later start it is missing.
        on.makeLeg(1, MirrorOnFiles.BYTES - 512);
        on.open(LOG);
        assertEquals("missing", on.statusOf(1).state());
        assertTrue(
                on.statusOf(1).note().contains("has 8191 sectors"),
                on.statusOf(1).note());
    }

    @Test
    void lg11_a_leg_that_shrinks_is_excluded_and_one_that_grows_is_the_same_leg() throws Exception {
        on.open(LOG);
        on.write(1, 10);
        on.awaitSync();
        on.makeLeg(0, MirrorOnFiles.BYTES + (1 << 20));
        on.write(1, 11);
        on.mirror().device().force();
        assertEquals("current", on.statusOf(0).state());
        on.makeLeg(1, REGION);
        on.write(1, 12);
        on.mirror().device().force();
        assertEquals("excluded", on.statusOf(1).state());
        on.assertReads(1, 12);
        on.stop();
        on.open(LOG);
        assertEquals("excluded", on.statusOf(1).state());
        assertTrue(
                on.statusOf(1).note().contains("sectors, needs 8192"),
                on.statusOf(1).note());
    }

    @Test
    void lg15_overlapping_writes_leave_the_same_bytes_on_all_legs() throws Exception {
        on.open(LOG);
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        Thread[] writers = new Thread[6];
        for (int i = 0; i < writers.length; i++) {
            Random random = new Random(i);
            byte value = (byte) (i + 1);
            writers[i] = new Thread(() -> {
                try {
                    for (int n = 0; n < 400; n++) {
                        // All within 64 KiB, across the border of two regions.
                        int from = REGION - 32768 + 512 * random.nextInt(100);
                        byte[] bytes = new byte[512 * (1 + random.nextInt(28))];
                        Arrays.fill(bytes, value);
                        on.mirror().device().write(from, ByteBuffer.wrap(bytes));
                    }
                } catch (IOException e) {
                    trouble.set(e);
                }
            });
            writers[i].start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertEquals(null, trouble.get());
        assertEqualLegs();
    }

    @Test
    void lg16_neighbours_within_a_sector_do_not_lose_each_others_bytes() throws Exception {
        on.open(LOG);
        Thread[] writers = new Thread[4];
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        for (int i = 0; i < writers.length; i++) {
            int mine = i;
            writers[i] = new Thread(() -> {
                try {
                    for (int n = 0; n < 300; n++) {
                        on.mirror().device().write(4096 + 100 * mine + 7, ByteBuffer.wrap(filled(100, (byte)
                                (mine + n % 2 + 1))));
                    }
                } catch (IOException e) {
                    trouble.set(e);
                }
            });
            writers[i].start();
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertEquals(null, trouble.get());
        for (int i = 0; i < writers.length; i++) {
            ByteBuffer read = ByteBuffer.allocate(100);
            on.mirror().device().read(4096 + 100 * i + 7, read);
            assertArrayEquals(filled(100, (byte) (i + 2)), read.array());
        }
        assertEqualLegs();
    }

    private static byte[] filled(int length, byte value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        return bytes;
    }

    /** One leg cannot punch holes, and writes zeroes. */
    @Test
    void lg17_zeroes_are_the_same_on_a_leg_that_has_no_holes() throws Exception {
        on.open(LOG);
        for (int region = 0; region < 4; region++) {
            on.mirror().device().write((long) region * REGION, ByteBuffer.wrap(filled(REGION, (byte) 9)));
        }
        for (Zeroing zeroing : Zeroing.values()) {
            on.mirror().device().zero(REGION - 700, 2100, zeroing);
            on.mirror().device().zero(2L * REGION + 512 * zeroing.ordinal(), 512, zeroing);
        }
        fail("leg1.zero");
        on.mirror().device().zero(3L * REGION, 8192, Zeroing.MAY_PUNCH);
        assertEquals("excluded", on.statusOf(1).state(), "what it does not zero it lacks");
        on.faults.heal();
        on.mirror().resync(1, false, true);
        ByteBuffer read = ByteBuffer.allocate(2100);
        on.mirror().device().read(REGION - 700, read);
        assertArrayEquals(new byte[2100], read.array());
        assertEqualLegs();
    }

    @Test
    void lg19_a_write_into_a_region_that_is_copied_is_on_all_legs() throws Exception {
        on.open("core 2 1024 nosync");
        on.stop();
        // All is in doubt, and copied at two regions a second.
        on.open("core 1 1024", config -> config.withRecovery(new RecoveryPolicy(1, 2)));
        for (int value = 1; on.status().inSync() < on.status().regions() && value < 120; value++) {
            for (int region = 0; region < 8; region++) {
                on.write(region, value);
                on.assertReads(region, value);
            }
        }
        assertEqualLegs();
    }

    @Test
    void lg20_without_the_source_another_current_leg_is_the_source_and_a_stale_one_never() throws Exception {
        on.close();
        on = new MirrorOnFiles(folder, 3);
        for (int i = 0; i < 3; i++) {
            on.makeLeg(i, MirrorOnFiles.BYTES + 8192);
        }
        on.open("core 2 1024 nosync");
        on.write(1, 10);
        on.awaitSync();
        // Leg 2 lacks something, the others are in doubt.
        fail("leg2.write");
        on.write(2, 20);
        on.faults.heal();
        on.stop();
        on.open("core 1 1024", config -> config.withRecovery(new RecoveryPolicy(1, 1)));
        assertEquals("stale", on.statusOf(2).state());
        fail("leg0.write");
        fail("leg0.read");
        on.write(3, 30);
        assertEquals("excluded", on.statusOf(0).state());
        assertEquals(1, on.status().source());
        on.assertReads(1, 10);
        on.assertReads(2, 20);
        on.assertReads(3, 30);
        // Now only the stale one would be left: what needs the last current leg is an error, and not old data.
        fail("leg1.read");
        if (on.statusOf(2).state().equals("stale")) {
            assertThrows(IOException.class, () -> on.assertReads(7, 0));
        }
        assertEquals("current", on.statusOf(1).state());
        on.faults.heal();
        on.assertReads(2, 20);
    }

    /** While it is added, writes are under way everywhere: each is on the new leg, or copied to it. */
    @Test
    void lg23_a_leg_that_is_added_under_load_misses_nothing() throws Exception {
        on.open(LOG);
        on.makeLeg(2, MirrorOnFiles.BYTES + 8192);
        CountDownLatch running = new CountDownLatch(4);
        boolean[] enough = new boolean[1];
        AtomicReference<Throwable> trouble = new AtomicReference<>();
        Thread[] writers = new Thread[4];
        for (int i = 0; i < writers.length; i++) {
            int share = i;
            writers[i] = new Thread(() -> {
                try {
                    running.countDown();
                    for (int n = 0; !enough[0]; n++) {
                        on.write((share + 4 * (n % 2)) % 8, 1 + (n + share) % 100);
                    }
                } catch (IOException e) {
                    trouble.set(e);
                }
            });
            writers[i].start();
        }
        running.await();
        on.mirror().addLeg(new TableLine.Leg(on.leg(2).toString(), 0), false);
        on.await(status -> status.legs().get(2).state().equals("current"));
        enough[0] = true;
        for (Thread writer : writers) {
            writer.join();
        }
        assertEquals(null, trouble.get());
        on.awaitSync();
        on.stop();
        assertArrayEquals(bytes(0), bytes(2));
        assertArrayEquals(bytes(0), bytes(1));
    }
}
