// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** The folder with {@code bin lib bundles etc deploy} that this program was started from. Nothing is written into it. */
final class Distribution {
    private static final String PLACE = "dirtylog.distribution";

    private final Path folder;

    private Distribution(Path folder) {
        this.folder = folder;
    }

    static Distribution find() throws Refusal {
        String place = System.getProperty(PLACE);
        if (place == null) {
            throw Refusal.of("the system property " + PLACE + " is not set; start with the script bin/dirtylog");
        }
        Path folder = Path.of(place).toAbsolutePath().normalize();
        if (!Files.isDirectory(folder.resolve("bundles"))) {
            throw Refusal.of("the distribution " + folder + " has no folder bundles; unpack it again");
        }
        return new Distribution(folder);
    }

    static String version() {
        Properties build = new Properties();
        try (InputStream in = Distribution.class.getResourceAsStream("build.properties")) {
            build.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build.getProperty("version");
    }

    /** Settings of the framework that ship with the distribution. */
    Properties frameworkProperties() throws Refusal {
        Path file = folder.resolve("etc/framework.properties");
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
            return properties;
        } catch (IOException | IllegalArgumentException e) {
            throw Refusal.of("the settings " + file + " cannot be read: " + e, e);
        }
    }

    List<Path> bundles() throws Refusal {
        return jars(folder.resolve("bundles"));
    }

    /** Bundles that an administrator added for every home. */
    List<Path> deployed() throws Refusal {
        return jars(folder.resolve("deploy"));
    }

    static List<Path> jars(Path folder) throws Refusal {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("[^.].*\\.jar"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw Refusal.of("the folder " + folder + " cannot be read: " + Failures.describe(e), e);
        }
    }
}
