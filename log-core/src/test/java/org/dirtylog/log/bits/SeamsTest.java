// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SeamsTest {
    private static final List<String> FORBIDDEN = List.of(
            "java/io/File",
            "java/io/RandomAccess",
            "java/nio/channels",
            "java/nio/file/Files",
            "java/lang/Thread",
            "java/lang/System",
            "java/util/concurrent/locks",
            "java/time/Clock",
            "java/util/Random");

    @Test
    void the_log_sees_the_world_only_through_its_host_and_the_seams() throws Exception {
        List<String> found = new ArrayList<>();
        List<Path> classes;
        try (Stream<Path> files = Files.walk(Path.of("target/classes"))) {
            classes = files.filter(f -> f.toString().endsWith(".class")).toList();
        }
        assertTrue(classes.size() > 5);
        for (Path file : classes) {
            // Names of classes stand in the constant pool as they are.
            String pool = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            FORBIDDEN.stream().filter(pool::contains).forEach(word -> found.add(file.getFileName() + " uses " + word));
        }
        assertEquals(List.of(), found);
    }
}
