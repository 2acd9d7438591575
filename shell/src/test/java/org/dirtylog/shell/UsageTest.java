// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class UsageTest {
    private static final Usage CREATE = Usage.of("mirror:create", "NAME", "TABLE")
            .withFlag("--adopt-log")
            .withValue("--export", "NAME")
            .withValue("--other-writer", "dirty|adopt|refuse");

    @Test
    void options_stand_anywhere() throws Exception {
        Usage.Words words = CREATE.read(List.of("--json", "m", "--export", "e", "0 8 mirror", "--adopt-log"));
        assertEquals(List.of("m", "0 8 mirror"), words.operands());
        assertTrue(words.json());
        assertTrue(words.has("--adopt-log"));
        assertEquals("e", words.value("--export", ""));
        assertEquals("dirty", words.value("--other-writer", "dirty"));
    }

    @Test
    void a_value_may_follow_an_equals_sign() throws Exception {
        assertEquals("a=b", CREATE.read(List.of("m", "t", "--export=a=b")).value("--export", ""));
    }

    @Test
    void after_two_hyphens_all_words_are_operands() throws Exception {
        assertEquals(
                List.of("--m", "--json"),
                CREATE.read(List.of("--", "--m", "--json")).operands());
    }

    private static void refused(String part, Object... words) {
        CommandException refusal = assertThrows(CommandException.class, () -> CREATE.read(List.of(words)));
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("usage: mirror:create NAME 'TABLE' [--adopt-log]"), "tells the usage");
    }

    @Test
    void what_is_wrong_is_named() {
        refused("unknown option --exprot", "m", "t", "--exprot", "e");
        refused("unknown option --adopt-log=yes", "m", "t", "--adopt-log=yes");
        refused("--export needs NAME after it", "m", "t", "--export");
        refused("--export stands there twice", "m", "t", "--export", "a", "--export", "b");
        refused("TABLE is missing", "m");
        refused("unexpected word '8'; the table line is one word, put it in quotes", "m", "0", "8", "mirror");
    }
}
