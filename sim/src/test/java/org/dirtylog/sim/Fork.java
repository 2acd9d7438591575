// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Runs the simulator's command in a process of its own, on the newest JDK that is installed: its coroutines are ten times as fast as
 * the threads that JDK 17 has in their place.
 */
final class Fork {
    private static final Path JVMS = Path.of("/usr/lib/jvm");
    /** The first JDK whose continuations the simulator uses. */
    private static final int FAST_FROM = 21;

    /** What the command said, and its exit status. */
    record Said(int status, String text) {}

    /** A JDK by its folder. */
    private record Jdk(Path home, int feature) {}

    private static final Jdk NEWEST = newest();

    private Fork() {}

    /** Whether the newest JDK has cheap coroutines. */
    static boolean isFast() {
        return NEWEST.feature >= FAST_FROM;
    }

    /**
     * Runs it.
     *
     * @param first     folders of classes that come before those under test
     * @param arguments of {@link Main}
     */
    static Said run(List<Path> first, String... arguments) throws IOException, InterruptedException {
        StringBuilder path = new StringBuilder();
        first.forEach(folder -> path.append(folder).append(File.pathSeparatorChar));
        path.append(System.getProperty("java.class.path"));
        List<String> words = new ArrayList<>(List.of(
                NEWEST.home.resolve("bin/java").toString(),
                "--add-exports",
                "java.base/jdk.internal.vm=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmn64m",
                "-Xmx768m",
                "-cp",
                path.toString(),
                Main.class.getName()));
        words.addAll(List.of(arguments));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Said(process.waitFor(), text);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Jdk newest() {
        Path running = Path.of(System.getProperty("java.home"));
        Jdk own = new Jdk(running, Runtime.version().feature());
        if (!Files.isDirectory(JVMS)) {
            return own;
        }
        try (Stream<Path> homes = Files.list(JVMS)) {
            return homes.filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .map(home -> new Jdk(home, feature(home)))
                    .filter(jdk -> jdk.feature > own.feature)
                    .max(Comparator.comparingInt(Jdk::feature))
                    .orElse(own);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int feature(Path home) {
        Properties release = new Properties();
        try (Reader text = Files.newBufferedReader(home.resolve("release"))) {
            release.load(text);
            return Runtime.Version.parse(
                            release.getProperty("JAVA_VERSION", "0").replace("\"", ""))
                    .feature();
        } catch (IOException | IllegalArgumentException e) {
            return 0;
        }
    }
}
