// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import aQute.bnd.osgi.Jar;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.osgi.annotation.versioning.Version;

/** The API of this source tree with a change in one of its files, compiled. */
final class ApiVariant {
    private static final String PACKAGE = "org.dirtylog.log";
    private static final Path SOURCES = Path.of("src/main/java/org/dirtylog/log");

    private final Path classes;

    private ApiVariant(Path classes) {
        this.classes = classes;
    }

    /** What must be there is replaced in the source of one type, once. */
    static ApiVariant of(Path scratch, String type, String found, String replacement) throws IOException {
        Path sources = Files.createDirectories(scratch.resolve("sources"));
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of(
                "--release",
                "17",
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                annotations().toString()));
        try (Stream<Path> all = Files.list(SOURCES)) {
            for (Path file : all.sorted().toList()) {
                String text = Files.readString(file);
                if (file.endsWith(type + ".java")) {
                    int at = text.indexOf(found);
                    if (at < 0 || text.indexOf(found, at + 1) >= 0) {
                        throw new IllegalStateException(type + " does not have exactly one '" + found + "'");
                    }
                    text = text.replace(found, replacement);
                }
                Path copy = sources.resolve(file.getFileName());
                Files.writeString(copy, text);
                arguments.add(copy.toString());
            }
        }
        int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        if (status != 0) {
            throw new IllegalStateException("the variant of " + type + " does not compile");
        }
        return new ApiVariant(classes);
    }

    private static File annotations() {
        try {
            return new File(Version.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As a bundle that exports the package with a version. */
    Jar at(String version) throws IOException {
        Jar jar = new Jar("variant", classes.toFile());
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", "org.dirtylog.log.api");
        manifest.getMainAttributes().putValue("Bundle-Version", version);
        manifest.getMainAttributes().putValue("Export-Package", PACKAGE + ";version=\"" + version + "\"");
        jar.setManifest(manifest);
        return jar;
    }
}
