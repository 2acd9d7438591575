// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.junit.jupiter.api.Test;

class MirrorFileTest {
    private static final String TABLE = "0 2048 mirror disk 2 /srv/a%20log 64 2 /srv/l\\0 0 /srv/l1 8";

    private static MirrorConfig parse(String text) throws MirrorException {
        return MirrorFile.parse(settings(text), type -> Optional.of(List.of("log_dev")));
    }

    private static Settings settings(String text) throws MirrorException {
        return Settings.of("m", ConfigText.parse(MirrorFile.fileName("m"), text));
    }

    private static void refused(String text, String... parts) {
        MirrorException e = assertThrows(MirrorException.class, () -> parse(text));
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    @Test
    void what_is_printed_reads_as_the_same() throws MirrorException {
        MirrorConfig config =
                parse("table = " + TABLE.replace("\\", "\\\\") + "\nexport = x y\notherWriter=adopt\nlogLoss = fail\n");
        assertEquals("/srv/l\\0", config.table().legs().get(0).name());
        assertEquals("x y", config.exportName());
        assertEquals(OtherWriter.ADOPT, config.otherWriter());
        assertTrue(config.failOnLogLoss());
        assertEquals(MirrorFile.print(config), MirrorFile.print(parse(MirrorFile.print(config))));
    }

    @Test
    void comments_and_blank_lines_are_passed_over_and_defaults_hold() throws MirrorException {
        MirrorConfig config = parse("# hello\n\n  table=0 2048 mirror disk 2 /l 64 2 /a 0 /b 0\n");
        assertEquals("m", config.exportName());
        assertEquals(OtherWriter.DIRTY, config.otherWriter());
        assertEquals(Duration.ofSeconds(30), config.patience());
    }

    @Test
    void errors_name_file_and_line() {
        String table = "table = 0 2048 mirror disk 2 /l 64 2 /a 0 /b 0\n";
        refused("tabel = x\n", "line 1", "'tabel' is unknown");
        refused(table + "export = " + "x".repeat(4097) + "\n", "line 2", "4097 bytes");
        refused("", "org.dirtylog.mirror-m.cfg", "no line 'table");
        refused(table + "tabel = x\n", "line 2", "'tabel' is unknown", "hotRegions");
        refused(table + "otherWriter = maybe\n", "line 2", "'maybe'", "adopt");
        refused(table + "\nhotRegions = 0\n", "line 3", "'0'", "from 1");
        refused(table + "patienceSeconds = soon\n", "line 2", "'soon'");
        refused(table + table, "line 2", "line 1 already");
        refused("just words\n", "line 1", "key = value");
        refused("table = 0 2048 mirror disk 2 /l 63 2 /a 0 /b 0\n", "line 1", "'63'", "power of two");
    }

    @Test
    void errors_of_a_client_name_pid_and_key_and_its_own_notes_are_passed_over() throws MirrorException {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("table", "0 2048 mirror disk 2 /l 64 2 /a 0 /b 0");
        properties.put("hotRegions", 7);
        properties.put("service.pid", "org.dirtylog.mirror~m");
        properties.put(".note", "mine");
        Settings settings = Settings.of("m", "org.dirtylog.mirror~m", properties);
        assertEquals(
                7,
                MirrorFile.parse(settings, type -> Optional.of(List.of("log_dev")))
                        .hotRegions());
        properties.put("hotRegions", "none");
        Settings wrong = Settings.of("m", "org.dirtylog.mirror~m", properties);
        MirrorException e = assertThrows(
                MirrorException.class, () -> MirrorFile.parse(wrong, type -> Optional.of(List.of("log_dev"))));
        assertEquals(
                "configuration org.dirtylog.mirror~m, key 'hotRegions': 'none' is no number from 1 to 4294967296",
                e.getMessage());
    }

    @Test
    void a_log_type_that_is_not_there_may_come() {
        String text = "table = 0 2048 mirror none 1 64 2 /a 0 /b 0\n";
        MirrorException e =
                assertThrows(MirrorException.class, () -> MirrorFile.parse(settings(text), type -> Optional.empty()));
        assertTrue(e.isWaiting());
        assertTrue(e.getMessage().contains("line 1: word 4 is 'none'"), e.getMessage());
    }

    @Test
    void names_of_files_are_made_absolute_and_left_to_the_kernel() throws MirrorException {
        MirrorConfig config = parse("table = 0 2048 mirror disk 2 l 64 2 ./a/../b 0 nbd:x 0\n");
        String here = Path.of("").toAbsolutePath().toString();
        assertEquals(here + "/a/../b", config.table().legs().get(0).name());
        assertEquals("nbd:x", config.table().legs().get(1).name());
        assertEquals(here + "/l", config.table().logArguments().get(0));
    }

    @Test
    void a_file_is_of_a_mirror_with_a_name() {
        MirrorException e =
                assertThrows(MirrorException.class, () -> MirrorFile.requireNameOf("org.dirtylog.mirror-a b.cfg"));
        assertTrue(e.getMessage().contains("cfg: 'a b' is no name"), e.getMessage());
    }

    @Test
    void a_file_names_its_mirror() {
        assertEquals(Optional.of("a-b"), MirrorFile.mirrorName(MirrorFile.fileName("a-b")));
        assertEquals(Optional.empty(), MirrorFile.mirrorName("org.dirtylog.other-x.cfg"));
    }
}
