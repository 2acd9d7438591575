// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.dirtylog.seams.BlockDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;

/** The example in the package's Javadoc, as it stands there, and clients that others wrote. */
@Timeout(120)
class ExampleTest {
    private static final Path SOURCE = Path.of("src/main/java/org/dirtylog/nbd/package-info.java");

    @TempDir
    Path folder;

    private static String example() throws IOException {
        String all = Files.readString(SOURCE);
        String begin = "<pre>{@code\n";
        String lines = all.substring(all.indexOf(begin) + begin.length(), all.indexOf(" * }</pre>"));
        return lines.lines().map(line -> line.replaceFirst("^ \\* ?", "")).collect(Collectors.joining("\n", "", "\n"));
    }

    /** What the Javadoc says is needed. */
    private static String jars() throws Exception {
        StringBuilder jars = new StringBuilder();
        for (Class<?> one : List.of(NbdServer.class, BlockDevice.class, Logger.class)) {
            Path jar = Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
            jars.append(jar).append(File.pathSeparatorChar);
        }
        return jars.toString();
    }

    private String run(int expected, String... words) throws Exception {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(expected, process.waitFor(), said);
        return said;
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    }

    @Test
    void it_has_about_30_lines_and_serves_real_clients() throws Exception {
        String example = example();
        assertTrue(example.lines().count() <= 32, example.lines().count() + " lines");
        Path source = Files.writeString(folder.resolve("RamDisk.java"), example);
        int result = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "--release",
                        "17",
                        "-Xlint:all,-classfile",
                        "-Werror",
                        "-cp",
                        jars(),
                        source.toString());
        assertEquals(0, result);
        assumeTrue(isThere("nbdcopy"), "nbdcopy is missing: apt-get install libnbd-bin");

        Path socket = folder.resolve("s");
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        jars() + folder,
                        "RamDisk",
                        socket.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile())
                .start();
        try {
            while (!Files.exists(socket)) {
                assertTrue(server.isAlive(), "the example has ended");
                Thread.sleep(20);
            }
            String uri = "nbd+unix:///ram?socket=" + socket;
            awaitExport(uri);
            byte[] noise = new byte[64 << 20];
            new Random(3).nextBytes(noise);
            Path image = Files.write(folder.resolve("image"), noise);
            run(0, "nbdcopy", image.toString(), uri);
            Path back = folder.resolve("back");
            run(0, "nbdcopy", uri, back.toString());
            assertTrue(Arrays.equals(noise, Files.readAllBytes(back)));
            server.getOutputStream().close();
            assertEquals(0, server.waitFor());
        } finally {
            server.destroyForcibly();
        }
    }

    /** The socket is there a moment before the export is. */
    private void awaitExport(String uri) throws Exception {
        for (int i = 0; i < 100; i++) {
            Process info = new ProcessBuilder("nbdinfo", "--size", uri)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(info.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (info.waitFor() == 0) {
                assertEquals("67108864", said.strip());
                return;
            }
            Thread.sleep(20);
        }
        run(0, "nbdinfo", "--size", uri);
    }
}
