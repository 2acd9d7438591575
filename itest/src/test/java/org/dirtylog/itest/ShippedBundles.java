// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.cleanCaches;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.workingDirectory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.ops4j.pax.exam.Option;

/** A framework as the launcher would make it, for Pax Exam: the jars of the distribution, its exported packages, an empty home. */
final class ShippedBundles {
    /** Bundles that are there for a terminal only; without one the launcher leaves them out, here they only have to resolve. */
    static final List<String> FOR_TERMINALS = List.of("jline-", "org.apache.felix.gogo.jline-");

    private ShippedBundles() {}

    static Option[] options() throws IOException {
        Path distribution = Path.of(System.getProperty("dirtylog.distribution"));
        // Short, for the socket in it.
        Path home = Files.createTempDirectory("dirtylog-osgi");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(home)));
        List<Option> options = new ArrayList<>(List.of(
                frameworkProperty("dirtylog.home").value(home.toString()),
                workingDirectory(home.resolve("framework").toString()),
                cleanCaches(true),
                systemPackages(exportedByTheLauncher(distribution)),
                frameworkProperty("felix.cm.pm").value(settings(distribution).getProperty("felix.cm.pm")),
                systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("WARN"),
                junitBundles()));
        List<Path> jars = jars(distribution.resolve("bundles"));
        for (Path jar : jars) {
            boolean forTerminals =
                    FOR_TERMINALS.stream().anyMatch(jar.getFileName().toString()::startsWith);
            options.add(bundle(jar.toUri().toString()).start(!forTerminals));
        }
        options.add(frameworkProperty("dirtylog.itest.shipped").value(String.valueOf(jars.size())));
        return options.toArray(Option[]::new);
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static Properties settings(Path distribution) throws IOException {
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(distribution.resolve("etc/framework.properties"))) {
            settings.load(in);
        }
        return settings;
    }

    private static String[] exportedByTheLauncher(Path distribution) throws IOException {
        return settings(distribution)
                .getProperty("org.osgi.framework.system.packages.extra")
                .trim()
                .split("\\s*,\\s*");
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            System.err.println(folder + " is left over: " + e);
        }
    }
}
