// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
    private static final Pattern FOUND = Pattern.compile("FAILED seed (\\d+)");
    /** Found, but after more histories than fit where coroutines are threads: left out where there are only such JDKs. */
    private static final List<String> RARE =
            List.of("P7-a-leg", "P9-", "P2-the-copier", "P11-", "P12-", "P15-", "P19-");
    /** Found after a thousand histories and more: not in every build. */
    private static final List<String> SLOW = List.of("P9-a-repair", "P14-", "own-5-");

    /** About legs that come and go and mirrors that grow: looked for in histories in which they do. */
    private static final List<String> RESHAPED = List.of("P27-", "own-6-");

    private static final boolean ALL = "all".equals(System.getProperty("dirtylog.mutants"));
    private static final List<String> PATCHED = List.of("mirror", "log-disk");

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> each_is_found() throws IOException {
        List<Path> patches = patches().stream()
                .filter(patch -> Fork.isFast() || !isAmong(RARE, patch))
                .filter(patch -> ALL || !isAmong(SLOW, patch))
                .toList();
        Set<String> rules = patches.stream()
                .map(patch -> nameOf(patch).split("-")[0])
                .filter(rule -> rule.matches("P[0-9]+"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(rules.size() >= 10, "rules that are taken out: " + rules);
        assertEquals(12, count(patches, "museum-"), "historical bugs");
        assertTrue(count(patches, "own-") >= 3, "bugs of our own");
        return patches.stream().map(patch -> DynamicTest.dynamicTest(nameOf(patch), () -> find(nameOf(patch), patch)));
    }

    private static List<Path> patches() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("sim/mutants"))) {
            return files.filter(file -> file.toString().endsWith(".patch"))
                    .sorted()
                    .toList();
        }
    }

    private static String nameOf(Path patch) {
        return patch.getFileName().toString().replace(".patch", "");
    }

    private static long count(List<Path> patches, String prefix) {
        return patches.stream()
                .filter(patch -> nameOf(patch).startsWith(prefix))
                .count();
    }

    private static boolean isAmong(List<String> names, Path patch) {
        return names.stream().anyMatch(nameOf(patch)::startsWith);
    }

    /** What finds everything finds nothing: a copy without a patch behaves. */
    @Test
    void a_copy_without_a_patch_is_not_found() throws Exception {
        assertEquals(-1, run("unpatched", copy("unpatched"), 100));
    }

    private static void find(String name, Path patch) throws Exception {
        Path copy = Files.createDirectories(folder.resolve(name));
        for (String file : changedBy(patch)) {
            Path target = copy.resolve(file);
            Files.createDirectories(target.getParent());
            Files.copy(ROOT.resolve(file), target);
        }
        apply(patch, copy);
        assertTrue(run(name, copy, SEEDS) > 0, name + " was not found within " + SEEDS + " seeds");
    }

    private static List<String> changedBy(Path patch) throws IOException {
        return Files.readAllLines(patch).stream()
                .filter(line -> line.startsWith("+++ b/"))
                .map(line -> line.substring("+++ b/".length()))
                .toList();
    }

    private static Path copy(String name) throws IOException {
        Path copy = Files.createDirectories(folder.resolve(name));
        for (String module : PATCHED) {
            copySources(ROOT.resolve(module), copy.resolve(module));
        }
        return copy;
    }

    /** The seed that finds it, or -1. */
    private static long run(String name, Path copy, long seeds) throws Exception {
        List<String> words = new ArrayList<>(List.of("1", String.valueOf(seeds), "--first-failure", "--unshrunk"));
        if (RESHAPED.stream().anyMatch(name::startsWith)) {
            words.add("--reshape");
        }
        Fork.Said said = Fork.run(List.of(compile(copy)), words.toArray(String[]::new));
        Matcher found = FOUND.matcher(said.text());
        boolean failed = said.status() == 1 && found.find();
        assertTrue(failed || said.status() == 0, name + " broke the simulator: " + said.text());
        System.out.printf("mutant %-60s %s%n", name, failed ? "found by seed " + found.group(1) : "not found");
        return failed ? Long.parseLong(found.group(1)) : -1;
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

    /** Compiles what lies there; the rest is on the class path. */
    private static Path compile(Path copy) throws IOException {
        Path classes = Files.createDirectories(copy.resolve("classes"));
        List<String> words = new ArrayList<>(List.of(
                "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        try (Stream<Path> files = Files.walk(copy)) {
            // Components of the framework take no part: what they import is not on the path here.
            files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/home/") && !file.endsWith("LogCommands.java"))
                    .forEach(file -> words.add(file.toString()));
        }
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, words.toArray(String[]::new));
        assertEquals(0, status, "the patched sources of " + copy.getFileName() + " do not compile");
        return classes;
    }
}
