// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.function.UnaryOperator;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;

/** A mirror {@code m} on files of a folder, without a framework: {@code leg0} and so on, {@code log}, {@code data/m.record}. */
final class MirrorOnFiles implements AutoCloseable {
    static final int BYTES = 4 << 20;
    static final int REGION = 512 * 1024;

    final Path folder;
    final Faults faults = new Faults();
    final ThreadTasks threads = new ThreadTasks();
    private final SystemClock clock = new SystemClock();
    private final int legs;
    private Mirror mirror;

    MirrorOnFiles(Path folder, int legs) throws IOException {
        this.folder = folder;
        this.legs = legs;
        for (int i = 0; i < legs; i++) {
            makeLeg(i, BYTES);
        }
    }

    void makeLeg(int index, long bytes) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(leg(index).toFile(), "rw")) {
            file.setLength(bytes);
        }
    }

    Path leg(int index) {
        return folder.resolve("leg" + index);
    }

    Path record() {
        return folder.resolve("data/m.record");
    }

    Mirror mirror() {
        return mirror;
    }

    MirrorStatus status() {
        return mirror.status();
    }

    MirrorStatus.Leg statusOf(int leg) {
        return status().legs().get(leg);
    }

    /** A mirror that was not opened yet, with a log such as {@code core 1 1024} or {@code LOG 1024 nosync}. */
    void make(String log, Tasks tasks, UnaryOperator<MirrorConfig> change) throws Exception {
        TypeRegistry types = new TypeRegistry(tasks, clock);
        types.add(faults.of(new CoreLogType()), Map.of());
        types.add(faults.of(new DiskLogType()), Map.of());
        Surroundings world = new Surroundings(
                tasks,
                clock,
                new SecureRandomness(),
                faults.of(new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks)));
        int words = log.startsWith("LOG") ? log.split(" ").length : 0;
        StringBuilder line = new StringBuilder("0 " + BYTES / 512 + " mirror "
                + log.replace("LOG", "disk " + words + " " + folder.resolve("log")) + " " + legs);
        for (int i = 0; i < legs; i++) {
            line.append(' ').append(leg(i)).append(" 0");
        }
        MirrorConfig usual = MirrorConfig.of("m", TableLine.parse(line.toString(), types::parametersOf));
        mirror = new Mirror(change.apply(usual.withCleanAfter(Duration.ofMillis(200))), world, types);
    }

    void open(String log) throws Exception {
        open(log, config -> config);
    }

    void open(String log, UnaryOperator<MirrorConfig> change) throws Exception {
        make(log, threads, change);
        mirror.open();
    }

    /** Until it looks as it is to look. */
    void await(Predicate<MirrorStatus> condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.test(mirror.status())) {
            assertTrue(System.nanoTime() < end, () -> "still: " + mirror.status());
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    void awaitSync() throws InterruptedException {
        await(status -> status.word() == MirrorStatus.Word.RUNNING && status.dirty() == 0);
    }

    static ByteBuffer bytes(int value) {
        byte[] bytes = new byte[4096];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    void write(int region, int value) throws IOException {
        mirror.device().write((long) region * REGION, bytes(value));
    }

    void assertReads(int region, int value) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(4096);
        mirror.device().read((long) region * REGION, read);
        assertArrayEquals(bytes(value).array(), read.array());
    }

    void stop() {
        if (mirror != null) {
            mirror.stop();
            mirror = null;
        }
    }

    /** The reason for which something is refused. */
    static String refusal(Refused what) {
        try {
            what.run();
        } catch (MirrorException e) {
            return e.getMessage();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it was not refused");
    }

    /** Something that is to be refused. */
    interface Refused {
        void run() throws Exception;
    }

    @Override
    public void close() {
        faults.heal();
        stop();
        threads.close();
    }
}
