// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.Charset;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collections;
import java.util.Date;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Scanner;
import java.util.Set;
import java.util.TimeZone;
import java.util.Timer;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** Each way to the world that is planted here is seen, and nothing is seen where there is none. */
class WorldTest {
    /** Ours, with what it inherits. */
    private static final class Ours extends AbstractList<String> {
        @Override
        public String get(int index) {
            return "";
        }

        @Override
        public int size() {
            return 0;
        }
    }

    /** One way a method. Nobody calls them. */
    @SuppressWarnings("unused")
    private static final class Planted {
        Object aPrintWriterOnAFile() throws Exception {
            return new PrintWriter("x");
        }

        Object aPrintStream() throws Exception {
            return new PrintStream("x");
        }

        Object aFileStream() throws Exception {
            return new FileInputStream("x");
        }

        Object aRandomAccessFile() throws Exception {
            return new RandomAccessFile("x", "r");
        }

        Object aConsole() throws Exception {
            return System.console();
        }

        Object aScanner() throws Exception {
            return new Scanner("x");
        }

        Object aFormatterOnAFile() throws Exception {
            return new Formatter("x");
        }

        Object aPath() throws Exception {
            return Path.of("x");
        }

        Object aChannel() throws Exception {
            return Pipe.open();
        }

        Object aZipFile() throws Exception {
            return new ZipFile("x");
        }

        Object aJarFile() throws Exception {
            return new JarFile("x");
        }

        Object aSocket() throws Exception {
            return new Socket("x", 1);
        }

        Object anAddress() throws Exception {
            return InetAddress.getLocalHost();
        }

        Object standardOutput() throws Exception {
            return System.out;
        }

        Object standardError() throws Exception {
            return System.err;
        }

        Object standardInput() throws Exception {
            return System.in;
        }

        Object theEnvironment() throws Exception {
            return System.getenv("x");
        }

        Object aProperty() throws Exception {
            return System.getProperty("x");
        }

        Object aPropertyAsANumber() throws Exception {
            return Long.getLong("x");
        }

        Object theLocale() throws Exception {
            return Locale.getDefault();
        }

        Object theTimeZone() throws Exception {
            return TimeZone.getDefault();
        }

        Object theCharset() throws Exception {
            return Charset.defaultCharset();
        }

        Object millis() throws Exception {
            return System.currentTimeMillis();
        }

        Object nanos() throws Exception {
            return System.nanoTime();
        }

        Object aDate() throws Exception {
            return new Date();
        }

        Object aCalendar() throws Exception {
            return Calendar.getInstance();
        }

        Object anInstant() throws Exception {
            return Instant.now();
        }

        Object aLocalDate() throws Exception {
            return LocalDate.now();
        }

        Object aYear() throws Exception {
            return Year.now(ZoneOffset.UTC);
        }

        Object aClock() throws Exception {
            return Clock.systemUTC();
        }

        Object aProcess() throws Exception {
            return new ProcessBuilder("x").start();
        }

        Object aCommand() throws Exception {
            return Runtime.getRuntime().exec(new String[] {"x"});
        }

        Object aProcessHandle() throws Exception {
            return ProcessHandle.current();
        }

        Object aRandomWithoutASeed() throws Exception {
            return new Random();
        }

        Object aThreadsRandom() throws Exception {
            return ThreadLocalRandom.current();
        }

        Object aSecureRandom() throws Exception {
            return new SecureRandom();
        }

        Object aNumberByChance() throws Exception {
            return Math.random();
        }

        Object anIdByChance() throws Exception {
            return UUID.randomUUID();
        }

        Object aThread() throws Exception {
            return new Thread("x");
        }

        Object aThreadsName() throws Exception {
            return Thread.currentThread().getName();
        }

        Object aPool() throws Exception {
            return Executors.newCachedThreadPool();
        }

        Object aForkJoinPool() throws Exception {
            return ForkJoinPool.commonPool();
        }

        Object aTaskElsewhere() throws Exception {
            return CompletableFuture.runAsync(null);
        }

        Object aTimer() throws Exception {
            return new Timer();
        }

        Object aParallelStream() throws Exception {
            return List.of().parallelStream();
        }

        Object aStreamMadeParallel() throws Exception {
            return IntStream.of(1).parallel();
        }

        Object aStreamOfASplit() throws Exception {
            return StreamSupport.stream(List.of().spliterator(), true);
        }

        Object aReference() throws Exception {
            return new WeakReference<>("x");
        }

        Object aClassByName() throws Exception {
            return Class.forName("x");
        }

        Object aResource() throws Exception {
            return WorldTest.class.getResourceAsStream("x");
        }

        Object aMethodByName() throws Exception {
            return WorldTest.class.getDeclaredMethods()[0].invoke(null);
        }

        Object aLock() throws Exception {
            return new ReentrantLock();
        }

        Object aLatch() throws Exception {
            return new CountDownLatch(1);
        }

        Object aQueueThatBlocks() throws Exception {
            return new LinkedBlockingQueue<>();
        }

        Object aReferenceToAMethod() throws Exception {
            return (Supplier<Instant>) Instant::now;
        }

        Object aParallelStreamOfOurs() throws Exception {
            return new Ours().parallelStream();
        }

        void aSleep() throws Exception {
            Thread.sleep(1);
        }

        void aUnitsSleep() throws Exception {
            TimeUnit.SECONDS.sleep(1);
        }

        void anExit() throws Exception {
            System.exit(1);
        }

        void aWait() throws Exception {
            wait(1);
        }

        void aNotification() throws Exception {
            notifyAll();
        }

        void aShuffle() throws Exception {
            Collections.shuffle(null);
        }

        void aParallelSort() throws Exception {
            Arrays.parallelSort(new int[1]);
        }

        void aMapsParallelWalk() throws Exception {
            new ConcurrentHashMap<>().forEach(1, (key, value) -> {});
        }
    }

    /** What code behind the seams may do: compute, remember, tell what went wrong. */
    @SuppressWarnings("unused")
    private static final class Innocent {
        private final AtomicLong count = new AtomicLong();
        private final ThreadLocal<byte[]> spare = new ThreadLocal<>();
        private final Map<String, Long> seen = new ConcurrentHashMap<>();

        synchronized long compute(ByteBuffer bytes, long[] words) throws IOException {
            CRC32 sum = new CRC32();
            sum.update(bytes);
            System.arraycopy(words, 0, words, 1, 1);
            Arrays.sort(words);
            seen.forEach((name, value) -> count.addAndGet(value));
            seen.merge(String.format(Locale.ROOT, "%d", sum.getValue()), 1L, Long::sum);
            if (spare.get() == null) {
                throw new NoSuchFileException("x" + Duration.ofNanos(words[0]) + Instant.EPOCH.plusMillis(words[0]));
            }
            return Arrays.stream(words).sum() + TimeUnit.SECONDS.toNanos(words[0]);
        }

        void say(Exception e) throws FileNotFoundException {
            StringBuilder text = new StringBuilder(e.getMessage()).append(System.lineSeparator());
            throw new FileNotFoundException(text.toString());
        }
    }

    private static JavaClass planted(Class<?> type) {
        return new ClassFileImporter().importClass(type);
    }

    @Test
    void each_way_to_the_world_is_seen() {
        String touched = String.join("\n", World.touchedBy(planted(Planted.class)));
        Set<String> unseen = new TreeSet<>();
        for (Method way : Planted.class.getDeclaredMethods()) {
            if (!way.isSynthetic() && !touched.contains("Planted." + way.getName() + "(")) {
                unseen.add(way.getName());
            }
        }
        assertEquals(Set.of(), unseen);
    }

    @Test
    void nothing_is_seen_where_there_is_nothing() {
        assertEquals(Set.of(), World.touchedBy(planted(Innocent.class)));
    }
}
