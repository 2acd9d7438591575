// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    @Test
    void demo_and_exec_use_the_folder_demo_unless_told_otherwise() throws Exception {
        Path here = Path.of("").toAbsolutePath();
        assertEquals(here.resolve("demo"), Arguments.parse(List.of("demo")).home());
        assertEquals(here.resolve("demo"), Arguments.parse(List.of("exec", "c")).home());
        assertEquals(
                Path.of("/x/../h"),
                Arguments.parse(List.of("demo", "--home", "/x/../h")).home(),
                "x may be a symbolic link");
        assertEquals(Path.of("/h"), Arguments.parse(List.of("run", "--home=/h")).home());
    }

    @Test
    void the_command_stays_as_it_was_typed() throws Exception {
        Arguments exec = Arguments.parse(List.of("exec", "--home", "/h", "mirror:create 'a  b' --json"));
        assertEquals("mirror:create 'a  b' --json", exec.command());
    }

    private static void refused(String part, String... words) {
        Refusal refusal = assertThrows(Refusal.class, () -> Arguments.parse(List.of(words)));
        assertEquals(Refusal.USAGE, refusal.exitCode());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("usage: "), "tells the usage");
    }

    @Test
    void what_is_wrong_is_named() {
        refused("say what to do");
        refused("'serve' is none of", "serve");
        refused("run needs --home", "run");
        refused("--home needs a folder", "demo", "--home");
        refused("found an empty word", "demo", "--home", "");
        refused("unknown option --hmoe", "run", "--hmoe", "x");
        refused("unexpected word 'x'", "demo", "x");
        refused("exec needs a command", "exec");
        refused("put it in quotes: exec 'mirror:status demo'", "exec", "mirror:status", "demo");
    }
}
