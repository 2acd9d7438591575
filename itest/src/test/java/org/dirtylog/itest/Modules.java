// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The modules of the build, the packages that belong to each, and what each may import of ours. What is not listed here
 * fails the test: whoever adds a module says where it stands.
 */
final class Modules {
    /** Units of import: mostly modules, and two packages that others than their module's friends may use. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("log-api", Set.of()),
            Map.entry("seams", Set.of()),
            Map.entry("leg-chaos", Set.of("seams")),
            Map.entry("bits", Set.of("log-api")),
            Map.entry("log-core", Set.of("log-api", "bits")),
            Map.entry("log-runtime", Set.of("log-api", "seams")),
            Map.entry("log-disk", Set.of("log-api", "bits", "seams")),
            Map.entry("mirror", Set.of("log-api", "log-runtime", "seams")),
            Map.entry("nbd", Set.of("seams")),
            Map.entry("export", Set.of("mirror", "nbd", "seams")),
            Map.entry("shell", Set.of("mirror", "log-runtime", "log-api", "seams")),
            Map.entry("launcher", Set.of()),
            Map.entry("log-conformance", Set.of("log-api")));

    /** Single classes that may import more, each with its reason. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            // log:show --table LINE lives with the one log type that can answer it, and the parser is log-runtime's.
            "org.dirtylog.log.disk.LogCommands", "log-runtime");

    /** Longest match wins; a package belongs to the unit of the nearest package above it. */
    private static final Map<String, String> UNIT_OF_PACKAGE = Map.ofEntries(
            Map.entry("org.dirtylog.log", "log-api"),
            Map.entry("org.dirtylog.log.bits", "bits"),
            Map.entry("org.dirtylog.log.core", "log-core"),
            Map.entry("org.dirtylog.log.disk", "log-disk"),
            Map.entry("org.dirtylog.log.runtime", "log-runtime"),
            Map.entry("org.dirtylog.log.conformance", "log-conformance"),
            Map.entry("org.dirtylog.seams", "seams"),
            Map.entry("org.dirtylog.leg.chaos", "leg-chaos"),
            Map.entry("org.dirtylog.mirror", "mirror"),
            Map.entry("org.dirtylog.nbd", "nbd"),
            Map.entry("org.dirtylog.export", "export"),
            Map.entry("org.dirtylog.shell", "shell"),
            Map.entry("org.dirtylog.launcher", "launcher"));

    /** Modules that drive the others to test or measure them; they may import anything. */
    private static final Set<String> DRIVERS = Set.of("sim", "fuzz", "itest", "bench");

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private Modules() {}

    /** The folders in the root that have production code which stands under rules, with their classes. */
    static Map<String, JavaClasses> built() {
        Map<String, JavaClasses> classes = new TreeMap<>();
        for (Path folder : folders()) {
            String name = folder.getFileName().toString();
            Path compiled = folder.resolve("target/classes/org");
            if (DRIVERS.contains(name)) {
                continue;
            }
            if (!Files.isDirectory(compiled)) {
                throw new IllegalStateException("module " + name + " is not built; add it to the dependencies of itest,"
                        + " or run mvn verify in the root");
            }
            classes.put(name, new ClassFileImporter().importPath(folder.resolve("target/classes")));
        }
        return classes;
    }

    /** The unit a package of ours belongs to; empty if that is not known. */
    static Optional<String> unitOf(String packageName) {
        return UNIT_OF_PACKAGE.keySet().stream()
                .filter(known -> packageName.equals(known) || packageName.startsWith(known + "."))
                .max(Comparator.comparingInt(String::length))
                .map(UNIT_OF_PACKAGE::get);
    }

    /** The module that holds a unit. */
    static String moduleOf(String unit) {
        return unit.equals("bits") ? "log-core" : unit;
    }

    static Set<String> mayImport(String unit, String className) {
        Set<String> units = new TreeSet<>(MAY_IMPORT.get(unit));
        units.add(unit);
        EXCEPTIONS.forEach((excepted, extra) -> {
            if (className.equals(excepted) || className.startsWith(excepted + "$")) {
                units.add(extra);
            }
        });
        return units;
    }

    private static List<Path> folders() {
        try (Stream<Path> all = Files.list(ROOT)) {
            return all.filter(folder -> Files.isDirectory(folder.resolve("src/main/java")))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
