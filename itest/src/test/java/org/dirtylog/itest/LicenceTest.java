// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

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
import org.junit.jupiter.api.Test;

/** Every source says in one of its first lines under which licence it stands. */
class LicenceTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final String LINE = "SPDX-License-Identifier: Apache-2.0";
    private static final int FIRST_LINES = 3;

    /** What the build and the tests make, and what a user makes beside it. */
    private static final Set<String> MADE = Set.of("target", "demo", ".git", ".cache", ".idea", ".settings");

    private static boolean isSource(Path file) throws IOException {
        String name = file.getFileName().toString();
        return name.matches(".*\\.(java|xml|py|sh|bnd|bndrun|patch|properties)")
                || file.getParent().endsWith("META-INF/services")
                || (!name.contains(".") && Files.size(file) > 2 && isScript(file));
    }

    private static boolean isScript(Path file) throws IOException {
        try (var content = Files.newInputStream(file)) {
            return new String(content.readNBytes(2), StandardCharsets.ISO_8859_1).equals("#!");
        }
    }

    private static boolean isLicensed(Path file) throws IOException {
        return Files.readAllLines(file).stream().limit(FIRST_LINES).anyMatch(line -> line.contains(LINE));
    }

    @Test
    void every_source_names_its_licence() throws IOException {
        List<Path> sources = new ArrayList<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return MADE.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile() && isSource(file)) {
                    sources.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        assertTrue(sources.size() > 300, "only " + sources.size() + " sources were found under " + ROOT);
        Set<String> without = new TreeSet<>();
        for (Path source : sources) {
            if (!isLicensed(source)) {
                without.add(ROOT.relativize(source).toString());
            }
        }
        assertEquals(Set.of(), without);
    }
}
