// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.dirtylog.mirror.MirrorException;
import org.junit.jupiter.api.Test;

class ConfigTextTest {
    private static ConfigText parse(String text) throws MirrorException {
        return ConfigText.parse("f.cfg", text);
    }

    private static void replaced(String before, String key, String value, String after) throws MirrorException {
        ConfigText next = parse(before).with(key, value);
        assertEquals(after, next.toString());
        assertEquals(value, next.value(key));
    }

    @Test
    void keys_have_values_and_lines() throws MirrorException {
        ConfigText text = parse("# a comment\n\n  b = two words \na=1\r\nempty =\n");
        assertEquals(List.of("b", "a", "empty"), text.keys());
        assertEquals(Map.of("b", "two words", "a", "1", "empty", ""), text.values());
        assertEquals(3, text.line("b"));
        assertEquals(4, text.line("a"));
    }

    @Test
    void one_value_is_replaced_and_every_other_character_stays() throws MirrorException {
        replaced(
                "# table = old\n\n table   =  old line \t\n#end\nexport = x",
                "table",
                "new",
                "# table = old\n\n table   =  new \t\n#end\nexport = x");
        replaced("a=1\r\nb = 2\r\n# c\r\n", "a", "11", "a=11\r\nb = 2\r\n# c\r\n");
        replaced("\uFEFFa = 1\n", "a", "2", "\uFEFFa = 2\n");
        replaced("a = 1\nb = a = 1\n", "b", "3", "a = 1\nb = 3\n");
        replaced("a =   \nb = 1\n", "a", "x", "a =x   \nb = 1\n");
        replaced("a = 1", "a", "", "a = ");
        replaced("a = 1", "a", "", "a = ");
    }

    @Test
    void a_backslash_is_written_twice() throws MirrorException {
        assertEquals("a\\b", parse("k = a\\\\b\n").value("k"));
        replaced("k = x # y\n", "k", "a\\b", "k = a\\\\b\n");
    }

    @Test
    void a_key_that_is_not_there_gets_a_line_at_the_end() throws MirrorException {
        replaced("# hello\na = 1\n", "b", "2", "# hello\na = 1\nb = 2\n");
        replaced("# hello\r\na = 1", "b", "2", "# hello\r\na = 1\r\nb = 2\r\n");
        replaced("", "b", "2", "b = 2\n");
    }

    @Test
    void what_a_line_would_not_keep_is_refused() throws MirrorException {
        ConfigText text = parse("a = 1\n");
        assertThrows(IllegalArgumentException.class, () -> text.with("a", "1\nb = 2"));
        assertThrows(IllegalArgumentException.class, () -> text.with("a", " 1"));
    }

    @Test
    void what_is_no_line_is_named_with_its_place() {
        refused("a = 1\njust words\n", "f.cfg line 2", "'just words' is not 'key = value'");
        refused("a = 1\n= 2\n", "f.cfg line 2");
        refused("words\na = 1\n", "f.cfg line 1");
        refused("\n a = 1\n#\n a=2", "f.cfg line 4", "line 2 already");
    }

    private static void refused(String text, String... parts) {
        MirrorException e = assertThrows(MirrorException.class, () -> parse(text));
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }
}
