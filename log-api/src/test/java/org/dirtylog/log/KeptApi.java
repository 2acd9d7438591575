// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import aQute.bnd.header.Parameters;
import aQute.bnd.osgi.Jar;
import aQute.bnd.osgi.Resource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The folder with a jar for each exported package, as it was when its version was last stepped. */
final class KeptApi {
    static final String HOW_TO_KEEP = "mvn -pl log-api test -Dtest=ApiTest -Ddirtylog.api.keep=true";

    private final Path folder;
    private final String changelog;

    KeptApi(Path folder, String changelog) {
        this.folder = folder;
        this.changelog = changelog;
    }

    /** What there is to say about a bundle's exports; nothing if all are as kept. With keep, what is announced is kept first. */
    List<String> advice(Jar built, boolean keep) throws Exception {
        List<String> advice = new ArrayList<>();
        Parameters exports =
                new Parameters(built.getManifest().getMainAttributes().getValue("Export-Package"));
        Map<String, Path> keptFiles = files();
        for (Map.Entry<String, ? extends Map<String, String>> export : exports.entrySet()) {
            String name = export.getKey();
            Path kept = keptFiles.remove(name);
            if (kept == null) {
                if (keep) {
                    write(built, name, export.getValue().get("version"));
                } else {
                    advice.add("The exported package " + name + " was never kept: " + HOW_TO_KEEP + "\n");
                }
                continue;
            }
            ApiStep step = compare(kept, built, name);
            if (keep && !step.same() && step.announced()) {
                write(built, name, step.now().toString());
                if (!step.now().equals(step.kept())) {
                    Files.delete(kept);
                }
            } else if (!step.same()) {
                advice.add(step.advice(folder.getFileName() + "/" + kept.getFileName(), HOW_TO_KEEP));
            }
        }
        keptFiles.forEach((name, file) ->
                advice.add("The package " + name + " is not exported any more. If that is meant, say so in"
                        + " CHANGELOG.md and delete " + folder.getFileName() + "/" + file.getFileName() + "\n"));
        return advice;
    }

    private ApiStep compare(Path kept, Jar built, String name) throws Exception {
        try (Jar keptJar = new Jar(kept.toFile())) {
            return ApiStep.between(keptJar, built, name, changelog);
        }
    }

    private Map<String, Path> files() throws IOException {
        Map<String, Path> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.sorted().toList()) {
                String name = file.getFileName().toString();
                Path other = files.put(name.substring(0, name.lastIndexOf('-')), file);
                if (other != null) {
                    throw new IllegalStateException(
                            "two jars of one package, delete the wrong one: " + other + ", " + file);
                }
            }
        }
        return files;
    }

    /** The classes of the package and the little of the manifest that the differ reads: nothing of the day or the machine. */
    private void write(Jar built, String packageName, String version) throws Exception {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.putValue("Manifest-Version", "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", built.getBsn());
        main.putValue("Bundle-Version", version);
        main.putValue("Export-Package", packageName + ";version=\"" + version + "\"");
        try (OutputStream file = Files.newOutputStream(folder.resolve(packageName + "-" + version + ".jar"));
                ZipOutputStream jar = new ZipOutputStream(file)) {
            jar.putNextEntry(entry(JarFile.MANIFEST_NAME));
            manifest.write(jar);
            Map<String, Resource> classes = new TreeMap<>(built.getDirectories().get(packageName.replace('.', '/')));
            classes.keySet().removeIf(path -> !path.endsWith(".class"));
            for (Map.Entry<String, Resource> type : classes.entrySet()) {
                jar.putNextEntry(entry(type.getKey()));
                try (InputStream content = type.getValue().openInputStream()) {
                    content.transferTo(jar);
                }
            }
        }
    }

    private static ZipEntry entry(String name) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        return entry;
    }
}
