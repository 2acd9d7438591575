// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.dirtylog.mirror.MirrorException;
import org.junit.jupiter.api.Test;

class ExportNamesTest {
    @Test
    void a_name_has_one_owner_until_it_is_given_back() {
        ExportNames names = new ExportNames();
        assertEquals("a", names.claim("x", "a"));
        assertEquals("a", names.claim("x", "b"));
        assertEquals("a", names.claim("x", "a"));
        assertEquals("a", names.claim("y", "a"), "another name gives the first one back");
        assertEquals("b", names.claim("x", "b"));
        names.release("b");
        assertEquals("c", names.claim("x", "c"));
        assertEquals("a", names.claim("y", "c"));
    }

    @Test
    void what_a_file_would_not_keep_is_refused() {
        for (String name : new String[] {"a\nb", "a\u0000", " a", "a ", "ü".repeat(2049)}) {
            assertThrows(MirrorException.class, () -> ExportNames.check(name), name);
        }
        assertDoesNotThrow(() -> ExportNames.check("ü".repeat(2048)));
        assertDoesNotThrow(() -> ExportNames.check("a b/\\#= '"));
    }
}
