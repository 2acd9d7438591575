// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.dirtylog.mirror.MirrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcFolderTest {
    private static final String NAME = "org.dirtylog.mirror-m.cfg";

    @TempDir
    Path folder;

    private void refused(String... parts) {
        MirrorException e = assertThrows(MirrorException.class, () -> new EtcFolder(folder).read(NAME));
        assertTrue(e.getMessage().startsWith(NAME + ": cannot be read: "), e.getMessage());
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @Test
    void a_file_that_is_none_is_listed_and_named_when_it_is_read() throws Exception {
        Path file = folder.resolve(NAME);
        Files.write(file, "a = b\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        refused("line 2 has a byte 0xE9");
        Files.delete(file);
        Files.createDirectory(file);
        refused("it is a folder");
        Files.delete(file);
        Files.createSymbolicLink(file, folder.resolve("none"));
        refused("a link to a file that is not there");
        assertEquals(List.of(NAME), List.copyOf(new EtcFolder(folder).marks().keySet()));
        assertTrue(new EtcFolder(folder).has(NAME));
        Files.delete(file);
        refused("no such file");
    }

    @Test
    void a_file_comes_to_its_name_whole() throws Exception {
        EtcFolder etc = new EtcFolder(folder.resolve("etc"));
        etc.draft(NAME, "\uFEFFtable = ü\n");
        assertFalse(etc.has(NAME));
        assertTrue(etc.marks().isEmpty());
        etc.commit(NAME);
        assertEquals("\uFEFFtable = ü\n", etc.read(NAME));
        assertEquals(List.of("table"), ConfigText.parse(NAME, etc.read(NAME)).keys(), "the mark is no part of a key");
        etc.draft(NAME, "x");
        etc.dropDraft(NAME);
        etc.delete(NAME);
        assertFalse(etc.has(NAME));
    }

    @Test
    void a_file_that_is_written_anew_keeps_its_mode_and_a_link_stays_one() throws Exception {
        Path etc = Files.createDirectory(folder.resolve("etc"));
        EtcFolder written = new EtcFolder(etc);
        Path kept = Files.writeString(folder.resolve("kept.cfg"), "old");
        Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rw-r--r--"));
        Files.createSymbolicLink(etc.resolve(NAME), kept);
        written.draft(NAME, "new");
        assertEquals("old", Files.readString(etc.resolve(NAME)));
        written.commit(NAME);
        assertTrue(Files.isSymbolicLink(etc.resolve(NAME)));
        assertEquals("new", Files.readString(kept));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count(), "a draft is left over");
        }
    }
}
