// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Takes a rule out, or puts a historical bug in, by a patch on a copy of the sources, and lets the simulator find it: a simulator that
 * finds nothing there proves nothing elsewhere. The patches are in {@code sim/mutants}.
 */
class MutantTest {
    private static final long SEEDS = 10_000;
    private static final List<String> PATCHED = List.of("mirror", "log-disk");

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> each_is_found() throws IOException {
        List<Path> patches;
        try (Stream<Path> files = Files.list(ROOT.resolve("sim/mutants"))) {
            patches = files.filter(file -> file.toString().endsWith(".patch"))
                    .sorted()
                    .toList();
        }
        assertTrue(patches.size() >= 10, "patches: " + patches);
        boolean fast = Options.usual().carrier().isFast();
        return patches.stream().filter(patch -> fast || !isRare(patch)).map(patch -> {
            String name = patch.getFileName().toString().replace(".patch", "");
            return DynamicTest.dynamicTest(name, () -> find(name, patch));
        });
    }

    /** Found, but after more histories than fit where coroutines are threads: left out on those JDKs. */
    private static boolean isRare(Path patch) {
        String name = patch.getFileName().toString();
        return name.startsWith("P9-") || name.startsWith("P2-the-copier");
    }

    /** What finds everything finds nothing: a copy without a patch behaves. */
    @Test
    void a_copy_without_a_patch_is_not_found() throws Exception {
        assertEquals(0, run("unpatched", copy("unpatched"), 100).failed());
    }

    private static void find(String name, Path patch) throws Exception {
        Path copy = copy(name);
        apply(patch, copy);
        Result result = run(name, copy, SEEDS);
        assertTrue(result.failed() > 0, name + " was not found within " + SEEDS + " seeds");
    }

    private static Path copy(String name) throws IOException {
        Path copy = Files.createDirectories(folder.resolve(name));
        for (String module : PATCHED) {
            copySources(ROOT.resolve(module), copy.resolve(module));
        }
        return copy;
    }

    private record Result(int failed) {}

    private static Result run(String name, Path copy, long seeds) throws Exception {
        List<URL> path = new ArrayList<>();
        for (String module : PATCHED) {
            path.add(compile(copy.resolve(module)).toUri().toURL());
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Object tally =
                    loader.loadClass("org.dirtylog.sim.Tally").getConstructor().newInstance();
            Class<?> options = loader.loadClass("org.dirtylog.sim.Options");
            Object runs = loader.loadClass("org.dirtylog.sim.Runs")
                    .getConstructor(options)
                    .newInstance(options.getMethod("usual").invoke(null));
            BooleanSupplier found = () -> failed(tally) > 0;
            Object last = runs.getClass()
                    .getMethod("run", long.class, long.class, tally.getClass(), BooleanSupplier.class)
                    .invoke(runs, 1L, seeds + 1, tally, found);
            int failed = failed(tally);
            System.out.printf(
                    "mutant %-50s %s%n", name, failed > 0 ? "found by seed " + ((long) last - 1) : "not found");
            return new Result(failed);
        }
    }

    private static int failed(Object tally) {
        try {
            return (int) tally.getClass().getMethod("failed").invoke(tally);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void copySources(Path module, Path copy) throws IOException {
        Path sources = module.resolve("src/main/java");
        Files.walkFileTree(sources, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path target = copy.resolve("src/main/java").resolve(sources.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void apply(Path patch, Path copy) throws Exception {
        Process git = new ProcessBuilder("git", "apply", "--unidiff-zero", "-p1", patch.toString())
                .directory(copy.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, git.waitFor(), patch + " no longer fits the sources; make it anew: " + said);
    }

    private static Path compile(Path module) throws IOException {
        Path classes = Files.createDirectories(module.resolve("classes"));
        List<String> words = new ArrayList<>(List.of(
                "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> files = Files.walk(module.resolve("src"))) {
            // Components of the framework take no part: what they import is not on the path here.
            files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/home/") && !file.endsWith("LogCommands.java"))
                    .forEach(file -> words.add(file.toString()));
        }
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, words.toArray(String[]::new));
        assertEquals(0, status, "the patched sources of " + module.getFileName() + " do not compile");
        return classes;
    }
}
