// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many mirrors in one process: they start, serve, recover and stop within a bound of threads and memory. The profile long has
 * a thousand.
 */
class ManyMirrorsIT {
    private static final int MIRRORS = Integer.getInteger("dirtylog.mirrors");
    private static final int MOST_THREADS = 200;
    private static final long MIB = 1 << 20;
    private static final int REGIONS = 16;

    @TempDir
    Path folder;

    private Path home() {
        return folder.resolve("home");
    }

    private Path path(int mirror, String suffix) {
        return folder.resolve("m" + mirror + suffix);
    }

    /** 512 MiB for a thousand. */
    private static String memory() {
        return "-Xmx" + (62 + 45 * MIRRORS / 100) + "m";
    }

    private void make() throws IOException {
        Path etc = Files.createDirectories(home().resolve("etc"));
        for (int i = 0; i < MIRRORS; i++) {
            Path leg0 = Scratch.file(folder, "m" + i + "-0.img", 8 * MIB);
            Path leg1 = Scratch.file(folder, "m" + i + "-1.img", 8 * MIB);
            String log = isInMemory(i) ? "core 2" : "disk 3 " + path(i, ".log");
            Files.writeString(
                    etc.resolve("org.dirtylog.mirror-m" + i + ".cfg"),
                    "table = 0 " + 8 * MIB / 512 + " mirror " + log + " 1024 nosync 2 " + leg0 + " 0 " + leg1 + " 0\n");
        }
    }

    private static boolean isInMemory(int mirror) {
        return mirror % 20 == 0;
    }

    /** Looks at the threads of a process until that has ended. */
    private static final class Threads extends Thread {
        private final Daemon daemon;
        private volatile int most;

        Threads(Daemon daemon) {
            super("threads of the daemon");
            this.daemon = daemon;
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            try {
                while (daemon.isAlive()) {
                    look();
                    TimeUnit.MILLISECONDS.sleep(5);
                }
            } catch (IOException e) {
                // The process has ended.
                return;
            } catch (InterruptedException e) {
                currentThread().interrupt();
            }
        }

        private void look() throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/" + daemon.pid() + "/status"))) {
                if (line.startsWith("Threads:")) {
                    most = Math.max(most, Integer.parseInt(line.replaceAll("\\D", "")));
                }
            }
        }

        void assertBounded() {
            assertTrue(most > 10, "this tests nothing: only " + most + " threads were seen");
            assertTrue(most <= MOST_THREADS, most + " threads");
        }
    }

    @Test
    void many_mirrors_start_serve_recover_and_stop() throws Exception {
        make();
        long start = System.nanoTime();
        try (Daemon daemon = Daemon.runWith(memory(), home())) {
            Threads threads = new Threads(daemon);
            daemon.awaitReady(MIRRORS);
            tell("all serve", start, threads);
            for (int i = 0; i < MIRRORS; i++) {
                try (NbdClient client = new NbdClient(daemon.nbdSocket(), "m" + i)) {
                    client.write(MIB * (i % 8), StampedBlocks.stamp(i, i), true);
                    assertEquals(StampedBlocks.stamp(i, i), client.read(MIB * (i % 8), StampedBlocks.BLOCK_BYTES));
                }
            }
            daemon.kill();
            threads.assertBounded();
        }
        start = System.nanoTime();
        try (Daemon daemon = Daemon.runWith(memory(), home())) {
            Threads threads = new Threads(daemon);
            daemon.awaitReady(MIRRORS);
            tell("all serve again", start, threads);
            while (!allInSync(daemon.command("mirror:status --json").good().json())) {
                TimeUnit.MILLISECONDS.sleep(50);
            }
            tell("all are in sync", start, threads);
            long stop = System.nanoTime();
            assertEquals(143, daemon.terminate());
            tell("stopped", stop, threads);
            threads.assertBounded();
            assertTrue(daemon.err().stream().noneMatch(line -> line.contains(" WARN ") && line.contains("threads")));
        }
        for (int i = 0; i < MIRRORS; i++) {
            assertEquals(-1, Files.mismatch(path(i, "-0.img"), path(i, "-1.img")), "legs of mirror " + i);
            if (!isInMemory(i)) {
                assertEquals(new BitSet(), DiskLogFile.dirtyRegions(path(i, ".log"), REGIONS), "log of mirror " + i);
            }
        }
    }

    private static boolean allInSync(JsonNode mirrors) {
        assertEquals(MIRRORS, mirrors.size());
        for (JsonNode mirror : mirrors) {
            if (mirror.get("inSync").asLong() != REGIONS) {
                return false;
            }
        }
        return true;
    }

    /** For the notes; times are not asserted. */
    private static void tell(String what, long sinceNanos, Threads threads) {
        System.out.printf(
                "%d mirrors: %s after %.1f s, at most %d threads%n",
                MIRRORS, what, (System.nanoTime() - sinceNanos) / 1e9, threads.most);
    }
}
