// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import static org.junit.jupiter.api.Assertions.fail;

import aQute.bnd.osgi.Jar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever writes a log sees each change of what it is written against: as a version, and as a line in the changelog. */
class ApiTest {

    @Test
    void the_api_is_the_one_that_was_kept() throws Exception {
        String changelog = Files.readString(Path.of("../CHANGELOG.md"));
        KeptApi kept = new KeptApi(Path.of("src/test/api"), changelog);
        try (Jar built = new Jar(Path.of("target/classes").toFile())) {
            List<String> advice = kept.advice(built, Boolean.getBoolean("dirtylog.api.keep"));
            if (!advice.isEmpty()) {
                fail("\n" + String.join("\n", advice));
            }
        }
    }
}
