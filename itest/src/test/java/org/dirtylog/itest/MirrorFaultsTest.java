// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.MirrorStatus.Word;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mirror over real files of which single calls throw: whatever they throw, nothing hangs and nothing is taken back. */
@Timeout(60)
class MirrorFaultsTest {
    private static final int BYTES = 4 << 20;
    private static final int REGION = 512 * 1024;

    @TempDir
    Path folder;

    private final ThreadTasks threads = new ThreadTasks();
    private final SystemClock clock = new SystemClock();
    private final Faults faults = new Faults();
    private Mirror mirror;

    @BeforeEach
    void makeLegs() throws IOException {
        for (String leg : new String[] {"leg0", "leg1"}) {
            try (RandomAccessFile file =
                    new RandomAccessFile(folder.resolve(leg).toFile(), "rw")) {
                file.setLength(BYTES);
            }
        }
    }

    @AfterEach
    void stop() {
        faults.heal();
        if (mirror != null) {
            mirror.stop();
        }
        threads.close();
    }

    private void open(String log, boolean failOnLogLoss, Tasks tasks) throws Exception {
        TypeRegistry types = new TypeRegistry(tasks, clock);
        types.add(faults.of(new CoreLogType()), Map.of());
        types.add(faults.of(new DiskLogType()), Map.of());
        Surroundings world = new Surroundings(
                tasks,
                clock,
                new SecureRandomness(),
                faults.of(new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks)));
        String line = "0 " + BYTES / 512 + " mirror " + log.replace("LOG", "disk 3 " + folder.resolve("log")) + " 2 "
                + folder.resolve("leg0") + " 0 " + folder.resolve("leg1") + " 0";
        MirrorConfig usual = MirrorConfig.of("m", TableLine.parse(line, types::parametersOf));
        mirror = new Mirror(
                new MirrorConfig(
                        "m",
                        "m",
                        usual.table(),
                        usual.otherWriter(),
                        false,
                        failOnLogLoss,
                        usual.patience(),
                        Duration.ofMillis(200),
                        usual.hotRegions()),
                world,
                types);
        mirror.open();
    }

    private void open(String log) throws Exception {
        open(log, false, threads);
    }

    private void await(Predicate<MirrorStatus> condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.test(mirror.status())) {
            assertTrue(System.nanoTime() < end, () -> "still: " + mirror.status());
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static ByteBuffer bytes(int value) {
        byte[] bytes = new byte[4096];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private void write(int region, int value) throws IOException {
        mirror.device().write((long) region * REGION, bytes(value));
    }

    private void assertReads(int region, int value) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(4096);
        mirror.device().read((long) region * REGION, read);
        assertArrayEquals(bytes(value).array(), read.array());
    }

    @Test
    void a_leg_that_throws_something_odd_from_a_force_is_excluded_and_the_flush_succeeds() throws Exception {
        open("LOG 1024 nosync");
        write(1, 7);
        faults.set("leg1.force", () -> new IllegalStateException("thrown on purpose by a test"));
        mirror.device().force();
        assertEquals("excluded", mirror.status().legs().get(1).state());
        assertReads(1, 7);
        write(2, 8);
        mirror.device().force();
    }

    @Test
    void no_memory_in_a_read_is_a_failure_of_that_leg_and_the_other_is_read() throws Exception {
        open("LOG 1024 nosync");
        write(1, 7);
        faults.set("leg0.read", () -> new OutOfMemoryError("thrown on purpose by a test"));
        assertReads(1, 7);
    }

    @Test
    void a_flush_needs_no_thread_but_its_own() throws Exception {
        Tasks withoutForces = new Tasks() {
            @Override
            public void start(String name, Runnable task) {
                if (!name.endsWith("/force")) {
                    threads.start(name, task);
                }
            }

            @Override
            public void startAfter(long delayNanos, String name, Runnable task) {
                threads.startAfter(delayNanos, name, task);
            }

            @Override
            public Signal signal(String name) {
                return threads.signal(name);
            }
        };
        open("LOG 1024 nosync", false, withoutForces);
        write(1, 7);
        mirror.device().force();
        await(status -> status.dirty() == 0);
    }

    @Test
    void writers_are_sent_away_from_a_region_whose_cleaning_the_log_did_not_survive() throws Exception {
        open("LOG 1024 nosync", true, threads);
        write(1, 7);
        faults.set("log.write", () -> new IOException("thrown on purpose by a test"));
        await(status -> status.word() == Word.LOG_FAILED);
        assertThrows(IOException.class, () -> write(1, 8));
        assertThrows(IOException.class, () -> write(2, 8));
        faults.heal();
        mirror.suspend();
        mirror.resume();
        write(1, 9);
        assertReads(1, 9);
    }

    @Test
    void a_log_that_does_not_answer_is_told_of_and_holds_up_no_suspension() throws Exception {
        open("LOG 1024 nosync");
        faults.set("dirtyLog.flush", () -> new DirtyLogException.Unavailable("thrown on purpose by a test"));
        threads.start("a write that waits", () -> {
            try {
                write(1, 7);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        await(status -> status.word() == Word.LOG_FAILED);
        assertTrue(
                mirror.status().message().contains("does not answer"),
                mirror.status().message());
        mirror.suspend();
        faults.heal();
        mirror.resume();
        await(status -> status.word() == Word.RUNNING);
        write(1, 8);
    }

    @Test
    void a_leg_becomes_current_once_the_record_can_be_written_again() throws Exception {
        open("LOG 1024 sync");
        faults.set("record.write", () -> new IOException("thrown on purpose by a test"));
        await(status -> status.inSync() == status.regions());
        TimeUnit.MILLISECONDS.sleep(300);
        assertEquals("stale", mirror.status().legs().get(1).state());
        assertEquals(Word.RECOVERING, mirror.status().word());
        faults.heal();
        await(status -> status.word() == Word.RUNNING);
        assertEquals("current", mirror.status().legs().get(1).state());
    }

    @Test
    void a_leg_that_was_truncated_is_excluded_when_its_end_is_written() throws Exception {
        open("LOG 1024 nosync");
        write(1, 7);
        mirror.device().force();
        try (RandomAccessFile leg = new RandomAccessFile(folder.resolve("leg0").toFile(), "rw")) {
            leg.setLength(0);
        }
        mirror.device().write(BYTES - 4096, bytes(8));
        assertEquals("excluded", mirror.status().legs().get(0).state());
        assertReads(1, 7);
    }
}
