// SPDX-License-Identifier: Apache-2.0
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.log.runtime.TypeRegistry;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.RecordFolder;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;

/**
 * What a log and a mirror cost without a client: marks a force, marks in small and large logs, memory, garbage, log calls, and recovery
 * against a plain copy. Prints one line a figure. Run by {@code bench/log}.
 */
final class LogBench {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Random RANDOM = new Random(7);

    private LogBench() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        Path disk = Files.createTempDirectory(Path.of(arguments[1]), "log-bench");
        Path memory = Files.createTempDirectory(Path.of("/dev/shm"), "log-bench");
        try {
            memoryOfLogs();
            marksAForce(disk, rounds);
            marksByRegions(memory, "memory", rounds);
            marksByRegions(disk, "disk", rounds);
            fastPath(disk);
            recovery(disk, rounds);
        } finally {
            delete(disk);
            delete(memory);
        }
    }

    private static void say(String what, String format, Object... values) {
        System.out.println(what + "\t" + String.format(format, values));
    }

    private static String spread(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return String.format(
                "%.2f (%.2f to %.2f)", sorted.get(sorted.size() / 2), sorted.get(0), sorted.get(sorted.size() - 1));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    // ---- a log alone ------------------------------------------------------------------------------------------------

    /** Whatever it finds is the record of this mirror. */
    private static final class AnyOpening implements Opening {
        @Override
        public LogSpec.InitialSync initialSync() {
            return LogSpec.InitialSync.ASSUME_IN_SYNC;
        }

        @Override
        public OtherWriter otherWriter() {
            return OtherWriter.DIRTY;
        }

        @Override
        public boolean adoptForeign() {
            return false;
        }

        @Override
        public org.dirtylog.log.Found judge(Optional<LogPair> found) {
            return found.isEmpty() ? org.dirtylog.log.Found.FRESH : org.dirtylog.log.Found.RECORDED;
        }

        @Override
        public boolean compareDigest() {
            return false;
        }

        @Override
        public void closedCleanly(boolean legsAgree) {}

        @Override
        public LogPair announce(Optional<LogPair> accepted) {
            return new LogPair(1, 1);
        }
    }

    /** A host of which the medium is a file, forced as a mirror forces it. */
    private static final class FileHost implements LogHost {
        private final Devices devices;

        FileHost(Devices devices) {
            this.devices = devices;
        }

        @Override
        public LogMedium openMedium(String path, long needBytes) {
            try {
                BlockDevice device = devices.openMedium(path, needBytes, Devices.Missing.CREATE);
                return (LogMedium) Proxy.newProxyInstance(
                        LogBench.class.getClassLoader(), new Class<?>[] {LogMedium.class}, (proxy, method, values) -> {
                            try {
                                return BlockDevice.class
                                        .getMethod(method.getName(), method.getParameterTypes())
                                        .invoke(device, values);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void flushLegs() {}

        @Override
        public boolean legsAgree() {
            return true;
        }

        @Override
        public void statusChanged() {}

        @Override
        public void recoveryChanged() {}

        @Override
        public void release(RegionSet regions) {}
    }

    private static DirtyLog diskLog(Path folder, String name, long regions, ThreadTasks tasks) throws Exception {
        Devices devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        LogSpec spec = LogSpec.of(new UUID(1, regions), new RegionGeometry(regions * 2, 2))
                .withInitialSync(LogSpec.InitialSync.ASSUME_IN_SYNC)
                .withArguments(List.of(folder.resolve(name).toString()));
        DirtyLog log = new DiskLogType().create(spec, new FileHost(devices));
        log.resume(new AnyOpening());
        return log;
    }

    /**
     * A mark and its flush, in a log of 2^20 regions and in one of 2^32 - 1, in turns; in both among 2^20 regions, so that they differ in
     * nothing but the length of the log.
     */
    private static void marksByRegions(Path folder, String where, int rounds) throws Exception {
        long window = 1L << 20;
        long[] counts = {window, (1L << 32) - 1};
        try (ThreadTasks tasks = new ThreadTasks()) {
            DirtyLog[] logs = {
                diskLog(folder, "small-" + where, counts[0], tasks), diskLog(folder, "large-" + where, counts[1], tasks)
            };
            List<Double> ratios = new ArrayList<>();
            List<Double> small = new ArrayList<>();
            for (int round = 0; round <= rounds; round++) {
                double[] median = new double[2];
                int first = round % 2;
                for (int i = 0; i < 2; i++) {
                    int which = first ^ i;
                    long[] took = new long[where.equals("disk") ? 300 : 5000];
                    for (int n = 0; n < took.length; n++) {
                        RegionSet region = RegionSet.of(counts[which] - window + RANDOM.nextInt((int) window));
                        long begun = System.nanoTime();
                        logs[which].markDirty(region);
                        logs[which].flush();
                        took[n] = System.nanoTime() - begun;
                    }
                    Arrays.sort(took);
                    median[which] = took[took.length / 2] / 1000.0;
                }
                if (round > 0) {
                    small.add(median[0]);
                    ratios.add(median[1] / median[0]);
                }
            }
            say("mark + flush, 2^20 regions, log on " + where, "%s us", spread(small));
            say("the same with 2^32 - 1 regions, times as long", "%s", spread(ratios));
            for (DirtyLog log : logs) {
                log.close();
            }
        }
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(100);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** A log in memory of which every other region is dirty, and in another stretch out of sync. */
    private static void memoryOfLogs() throws Exception {
        long regions = 1L << 26;
        LogSpec spec = LogSpec.of(new UUID(1, 1), new RegionGeometry(regions * 2, 2))
                .withInitialSync(LogSpec.InitialSync.ASSUME_IN_SYNC);
        // What compiled this file goes first.
        used();
        long before = used();
        DirtyLog log = new CoreLogType().create(spec, new FileHost(null));
        log.resume(new AnyOpening());
        say("memory of a log, all clean", "%.5f bits a region", (used() - before) * 8.0 / regions);
        long batch = 1L << 20;
        for (long from = 0; from < regions; from += batch) {
            RegionSet.Builder odd = new RegionSet.Builder();
            RegionSet.Builder doubtful = new RegionSet.Builder();
            for (long region = from; region < from + batch; region += 2) {
                odd.add(region);
                if ((region & 4) != 0) {
                    doubtful.add(region);
                }
            }
            log.markDirty(odd.build());
            log.setOutOfSync(doubtful.build());
        }
        say("the same, every other region dirty, some of them out of sync", "%.2f bits a region",
                (used() - before) * 8.0 / regions);
        log.close();
    }

    // ---- a mirror ---------------------------------------------------------------------------------------------------

    /** Counts calls by name, in front of whatever it is. */
    private static <T> T counting(Class<T> type, T real, Map<String, AtomicLong> counts) {
        return type.cast(Proxy.newProxyInstance(
                LogBench.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, values) -> {
                    counts.computeIfAbsent(method.getName(), any -> new AtomicLong()).incrementAndGet();
                    try {
                        return method.invoke(real, values);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** A mirror of two files, without a framework. */
    private static final class Bench implements AutoCloseable {
        final Map<String, AtomicLong> medium = new java.util.concurrent.ConcurrentHashMap<>();
        final Map<String, AtomicLong> log = new java.util.concurrent.ConcurrentHashMap<>();
        final Mirror mirror;
        private final ThreadTasks tasks = new ThreadTasks();

        Bench(Path folder, String name, long bytes, int regionSectors, String sync) throws Exception {
            SystemClock clock = new SystemClock();
            TypeRegistry types = new TypeRegistry(tasks, clock);
            DirtyLogType disk = new DiskLogType();
            types.add(
                    (DirtyLogType) Proxy.newProxyInstance(
                            LogBench.class.getClassLoader(),
                            new Class<?>[] {DirtyLogType.class},
                            (proxy, method, values) -> {
                                try {
                                    Object made = method.invoke(disk, values);
                                    return made instanceof DirtyLog real ? counting(DirtyLog.class, real, log) : made;
                                } catch (InvocationTargetException e) {
                                    throw e.getCause();
                                }
                            }),
                    Map.of());
            Devices files = new FileDevices(new FileRecordFolder(folder.resolve(name + "-data")), tasks);
            Devices counted = new Devices() {
                @Override
                public BlockDevice openLeg(String leg) throws IOException {
                    return files.openLeg(leg);
                }

                @Override
                public BlockDevice openMedium(String path, long least, Missing missing) throws IOException {
                    return counting(BlockDevice.class, files.openMedium(path, least, missing), medium);
                }

                @Override
                public BlockDevice openReadOnly(String path) throws IOException {
                    return files.openReadOnly(path);
                }

                @Override
                public RecordFolder records() {
                    return files.records();
                }
            };
            String line = "0 " + bytes / 512 + " mirror disk 3 " + folder.resolve(name + ".log") + " " + regionSectors + " "
                    + sync + " 2 " + folder.resolve(name + "-0") + " 0 " + folder.resolve(name + "-1") + " 0";
            MirrorConfig config = MirrorConfig.of(name, TableLine.parse(line, types::parametersOf))
                    .withCleanAfter(Duration.ofHours(1));
            mirror = new Mirror(
                    new MirrorConfig(
                            config.name(),
                            config.exportName(),
                            config.table(),
                            config.otherWriter(),
                            false,
                            false,
                            config.patience(),
                            config.cleanAfter(),
                            1L << 40,
                            config.legs(),
                            config.recovery()),
                    new Surroundings(tasks, clock, new SecureRandomness(), counted),
                    types);
            mirror.open();
        }

        long count(Map<String, AtomicLong> of, String call) {
            return of.containsKey(call) ? of.get(call).get() : 0;
        }

        /** Takes the labels off again. */
        @Override
        public void close() throws Exception {
            mirror.dissolve();
            tasks.close();
        }
    }

    private static void lay(Path file, long bytes) throws IOException {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            byte[] piece = new byte[4096];
            RANDOM.nextBytes(piece);
            for (long at = 0; at < bytes; at += piece.length) {
                made.write(piece);
            }
            made.getFD().sync();
        }
    }

    /** 32 writers, each write to a region that is clean. */
    private static void marksAForce(Path folder, int rounds) throws Exception {
        long bytes = 64L << 20;
        lay(folder.resolve("marks-0"), bytes);
        lay(folder.resolve("marks-1"), bytes);
        List<Double> marks = new ArrayList<>();
        List<Double> rate = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            try (Bench bench = new Bench(folder, "marks", bytes, 8, "nosync")) {
                int regions = (int) (bytes / 4096);
                int writes = Math.min(regions, 12800);
                AtomicInteger next = new AtomicInteger();
                long before = bench.count(bench.medium, "force");
                long begun = System.nanoTime();
                Thread[] writers = new Thread[32];
                for (int i = 0; i < writers.length; i++) {
                    writers[i] = new Thread(() -> {
                        ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
                        for (int n = next.getAndIncrement(); n < writes; n = next.getAndIncrement()) {
                            try {
                                // A region far from the one before.
                                bench.mirror.device().write(n * 7919L % regions * 4096, buffer.clear());
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    });
                    writers[i].start();
                }
                for (Thread writer : writers) {
                    writer.join();
                }
                if (round > 0) {
                    marks.add((double) writes / (bench.count(bench.medium, "force") - before));
                    rate.add(writes * 1e6 / (System.nanoTime() - begun));
                }
            }
        }
        say("cold marks a force, 32 writers", "%s", spread(marks));
        say("cold writes, 32 writers", "%s thousand a second", spread(rate));
    }

    /** Hot regions: what a write and a read cost in garbage, and in calls of the log. */
    private static void fastPath(Path folder) throws Exception {
        long bytes = 64L << 20;
        lay(folder.resolve("hot-0"), bytes);
        lay(folder.resolve("hot-1"), bytes);
        try (Bench bench = new Bench(folder, "hot", bytes, 1024, "nosync")) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
            BlockDevice device = bench.mirror.device();
            BlockDevice.Successor nobody = (done, failure) -> {};
            for (int n = 0; n < 200_000; n++) {
                device.write(n * 7919L % (bytes / 4096) * 4096, buffer.clear(), nobody);
                device.read(n * 7919L % (bytes / 4096) * 4096, buffer.clear(), nobody);
            }
            long calls = bench.log.values().stream().mapToLong(AtomicLong::get).sum();
            int operations = 200_000;
            long self = Thread.currentThread().getId();
            long before = THREADS.getThreadAllocatedBytes(self);
            for (int n = 0; n < operations; n++) {
                device.write(n * 7919L % (bytes / 4096) * 4096, buffer.clear(), nobody);
            }
            long written = THREADS.getThreadAllocatedBytes(self);
            for (int n = 0; n < operations; n++) {
                device.read(n * 7919L % (bytes / 4096) * 4096, buffer.clear(), nobody);
            }
            long read = THREADS.getThreadAllocatedBytes(self);
            say("garbage of a hot write of 4 KiB", "%.3f bytes", (double) (written - before) / operations);
            say("garbage of a read of 4 KiB", "%.3f bytes", (double) (read - written) / operations);
            say("calls of the log in 200000 hot writes and as many reads", "%d",
                    bench.log.values().stream().mapToLong(AtomicLong::get).sum() - calls);
        }
    }

    /** A full copy, against reading one file and writing the other in pieces of 256 KiB with a force at the end. */
    private static void recovery(Path folder, int rounds) throws Exception {
        long bytes = 512L << 20;
        lay(folder.resolve("copy-0"), bytes);
        lay(folder.resolve("copy-1"), bytes);
        List<Double> ratios = new ArrayList<>();
        List<Double> rate = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            double[] seconds = new double[2];
            for (int i = 0; i < 2; i++) {
                int which = round % 2 ^ i;
                seconds[which] = which == 0
                        ? copy(folder.resolve("copy-0"), folder.resolve("copy-1"), bytes)
                        : recover(folder, bytes);
            }
            if (round > 0) {
                ratios.add(seconds[0] / seconds[1]);
                rate.add((bytes >> 20) / seconds[1]);
            }
        }
        say("recovery of 512 MiB", "%s MiB a second", spread(rate));
        say("recovery against a plain copy of the same files", "%s", spread(ratios));
    }

    private static double copy(Path from, Path to, long bytes) throws IOException {
        long begun = System.nanoTime();
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(to, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(256 * 1024);
            for (long at = 0; at < bytes; at += buffer.capacity()) {
                in.read(buffer.clear(), at);
                out.write(buffer.flip(), at);
            }
            out.force(false);
        }
        return (System.nanoTime() - begun) / 1e9;
    }

    /** From the moment in which clients are let in until all legs are current, which is after a force. */
    private static double recover(Path folder, long bytes) throws Exception {
        try (Bench bench = new Bench(folder, "copy", bytes, 1024, "sync")) {
            long begun = System.nanoTime();
            while (bench.mirror.status().word() != MirrorStatus.Word.RUNNING) {
                Thread.sleep(1);
            }
            return (System.nanoTime() - begun) / 1e9;
        }
    }
}
