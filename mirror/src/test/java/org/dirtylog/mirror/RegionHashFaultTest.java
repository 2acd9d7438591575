// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bugs that are put into what changes a mirror's regions are found by {@link RegionHashComparison}. */
class RegionHashFaultTest {
    private static final long SEQUENCES = 10_000;
    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, null, null);

    @TempDir
    Path folder;

    /** Searches with the classes that it was loaded with: the first seed that shows a difference, or -1. */
    static final class Search implements LongUnaryOperator {
        @Override
        public long applyAsLong(long count) {
            return RegionHashOracleTest.first(1, count, EnumSet.noneOf(HashQuirk.class))
                    .orElse(-1);
        }
    }

    /** A bug: where, what stands there, once, and what stands there instead. */
    record Fault(String name, String file, String right, String wrong) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Fault> faults() {
        return List.of(
                new Fault(
                        "who enters is not counted",
                        "RegionTable",
                        "seen + 1 | RegionWord.TOUCHED",
                        "seen | RegionWord.TOUCHED"),
                new Fault(
                        "who leaves stays counted",
                        "RegionTable",
                        "compareAndSet(region, seen, seen - 1)",
                        "compareAndSet(region, seen, seen)"),
                new Fault(
                        "nobody marks",
                        "RegionWord",
                        "(state == DIRTY || state == OUT_OF_SYNC)",
                        "state != RECOVERING"),
                new Fault("writers enter while a copy waits", "RegionWord", " && !has(word, COPY_WANTED);", ";"),
                new Fault(
                        "writers wait where it is out of sync",
                        "RegionWord",
                        "(state == DIRTY || state == OUT_OF_SYNC)",
                        "state == DIRTY"),
                new Fault(
                        "the log hears of no doubt",
                        "Recovery",
                        "log.setOutOfSync(RegionSet.of(region));\n        synchronized",
                        "synchronized"),
                new Fault(
                        "a doubtful region stays dirty",
                        "Recovery",
                        "RegionWord.in(word, RegionWord.OUT_OF_SYNC) | flags",
                        "word | flags"),
                new Fault(
                        "a copy does not wait for writers",
                        "RegionCopier",
                        "                && RegionWord.count(word) == 0\n",
                        ""),
                new Fault(
                        "a copy keeps writers out for ever",
                        "RegionCopier",
                        "RegionWord.RECOVERING) & ~RegionWord.COPY_WANTED)",
                        "RegionWord.RECOVERING))"),
                new Fault(
                        "a copy does not ask for quiet",
                        "RegionCopier",
                        "? word | RegionWord.COPY_WANTED : word",
                        "? word : word"),
                new Fault("a copy is not told", "RegionCopier", "inSync.accept(copy.region);", ""),
                new Fault(
                        "a copy counts whatever happened",
                        "RegionCopier",
                        "copied && copy.legs == mirror.legs()",
                        "copied"),
                new Fault(
                        "a copy that failed keeps the region",
                        "RegionCopier",
                        "return RegionWord.in(word, RegionWord.OUT_OF_SYNC);",
                        "return word;"),
                new Fault(
                        "what was copied stays out of sync",
                        "RegionCopier",
                        "mirror.marked(word & ~(RegionWord.IN_DOUBT | RegionWord.lacking(targets) | RegionWord.TOUCHED))",
                        "RegionWord.in(word, RegionWord.OUT_OF_SYNC)"),
                new Fault(
                        "what was copied is clean at once",
                        "RegionCopier",
                        "mirror.marked(word & ~(RegionWord.IN_DOUBT | RegionWord.lacking(targets) | RegionWord.TOUCHED))",
                        "RegionWord.CLEAN"),
                new Fault(
                        "busy regions are cleaned",
                        "Cleaner",
                        "                    && RegionWord.count(word) == 0\n",
                        ""),
                new Fault("nothing is cleaned", "Cleaner", "taken.add(region);", ""),
                new Fault("marks are not told", "LogBook", "log.markDirty(fresh);", ""),
                new Fault(
                        "marks are not flushed",
                        "LogBook",
                        "FlushResult result = flush();",
                        "FlushResult result = FlushResult.COMPLETE;"),
                new Fault("cleanings are not told", "LogBook", "log.markClean(cleaned);", ""),
                new Fault(
                        "what is cleaned stays dirty",
                        "LogBook",
                        "leaveCleaning(region, word -> 0)",
                        "leaveCleaning(region, mirror::marked)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void it_is_found(Fault fault) throws Exception {
        long seed = search(compile(fault), SEQUENCES);
        assertTrue(seed > 0, () -> fault + " was not found within " + SEQUENCES + " sequences");
        System.out.printf("fault %-40s found by sequence %d%n", fault, seed);
    }

    @Test
    void regions_without_one_that_were_loaded_in_the_same_way_are_not_found() throws Exception {
        assertEquals(-1, search(folder, 300));
    }

    private Path compile(Fault fault) throws IOException {
        String file = "org/dirtylog/mirror/" + fault.file + ".java";
        String source = Files.readString(Path.of("src/main/java").resolve(file));
        int found = source.split(Pattern.quote(fault.right), -1).length - 1;
        assertEquals(1, found, () -> fault + " no longer fits " + file);
        Path copy = folder.resolve("src").resolve(file);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, source.replace(fault.right, fault.wrong));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> options = List.of("-proc:none", "-nowarn", "-d", classes.toString());
        assertTrue(
                COMPILER.getTask(null, FILES, null, options, null, FILES.getJavaFileObjects(copy.toFile()))
                        .call(),
                () -> fault + " does not compile");
        return classes;
    }

    /** In a world of its own, in which some classes are those that were compiled. */
    private static long search(Path classes, long count) throws Exception {
        URL[] places = {
            classes.toUri().toURL(),
            Path.of("target/classes").toUri().toURL(),
            Path.of("target/test-classes").toUri().toURL()
        };
        try (URLClassLoader loader = new URLClassLoader(places, RegionHashFaultTest.class.getClassLoader()) {
            @Override
            protected Class<?> loadClass(String type, boolean resolve) throws ClassNotFoundException {
                if (!type.startsWith("org.dirtylog.mirror.")) {
                    return super.loadClass(type, resolve);
                }
                synchronized (getClassLoadingLock(type)) {
                    Class<?> loaded = findLoadedClass(type);
                    return loaded != null ? loaded : findClass(type);
                }
            }
        }) {
            Constructor<?> search = loader.loadClass(Search.class.getName()).getDeclaredConstructor();
            search.setAccessible(true);
            return ((LongUnaryOperator) search.newInstance()).applyAsLong(count);
        }
    }
}
