// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Optional;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogCommandsTest {
    private static final String TABLE = "0 1600 mirror disk 2 /no/such/log 16 2 /no/such/leg0 0 /no/such/leg1 0";
    private final ImageDevices devices = new ImageDevices();
    private final LogCommands commands = new LogCommands(devices);

    @AfterEach
    void everything_is_given_back() {
        assertEquals(0, devices.open);
    }

    private String show(byte[] content, String... words) throws IOException {
        devices.files.put("/log", content);
        return commands.report("/log", ShowArguments.of(words));
    }

    private static byte[] golden(String name) throws IOException {
        return Files.readAllBytes(GoldenLogTest.FOLDER.resolve(name + ".log"));
    }

    @Test
    void shows_a_log_of_the_kernel() throws Exception {
        String text = show(golden("c1-dirty-in-flight"), "/log");
        assertTrue(text.contains("magic 4d695272, version 2, regions 100"), text);
        assertTrue(text.contains("100 regions, 94 clean, 6 dirty: {0, 3, 17, 63-64, 99}"), text);
        String json = show(golden("c1-dirty-in-flight"), "--json", "/log");
        assertTrue(json.contains("\"dirtyRuns\":[[0,0],[3,3],[17,17],[63,64],[99,99]]"), json);
        assertTrue(json.contains("\"slots\":[{\"at\":256},{\"at\":768}]"), json);
    }

    @Test
    void with_a_table_tells_what_activating_it_would_make_of_the_log_though_the_legs_are_not_there() throws Exception {
        String json = show(golden("c1-dirty-in-flight"), "/log", "--table", TABLE, "--json");
        assertTrue(
                json.endsWith("\"regions\":100,\"inSync\":94,\"health\":\"alive\",\"found\":\"unidentified\","
                        + "\"resync\":[[0,0],[3,3],[17,17],[63,64],[99,99]]}"),
                json);
        String text = show(golden("c1-dirty-in-flight"), "--table", TABLE, "/log");
        assertTrue(text.contains("activated alive: 94/100 in sync: {0, 3, 17, 63-64, 99}"), text);
    }

    @Test
    void a_log_that_activation_would_refuse_is_told_with_its_reason() throws Exception {
        String json = show(golden("i2-version-3"), "/log", "--table", TABLE, "--json");
        assertTrue(json.contains("\"regions\":100,\"inSync\":0,\"health\":\"rejected\",\"resync\":[]"), json);
        assertTrue(json.contains("\"reason\":\"log /log: version 3 at byte 4"), json);
        assertTrue(show(golden("i2-version-3"), "/log", "--table", TABLE).contains("reason    log /log: version 3"));
    }

    @Test
    void a_log_that_is_too_short_for_the_table_would_be_refused() throws Exception {
        String large = TABLE.replace("0 1600", "0 160000");
        String json = show(golden("b1-in-sync-removed"), "/log", "--table", large, "--json");
        assertTrue(json.contains("\"regions\":10000,\"inSync\":0,\"health\":\"rejected\""), json);
        assertTrue(json.contains("needs 2560"), json);
        json = show(new byte[512], "/log", "--table", TABLE, "--json");
        assertTrue(json.contains("needs 1536"), json);
        assertTrue(assertThrows(IOException.class, () -> show(new byte[512], "/log"))
                .getMessage()
                .contains("has 512 bytes"));
    }

    @Test
    void shows_the_identity_of_our_own_log_and_whether_the_bits_changed_since() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred();
        f.openWithDirty(RegionSet.of(3)).stop();
        String json = show(f.medium.content(), "/log", "--json");
        assertTrue(json.contains("\"mirror\":\"" + DiskLogFixture.MIRROR + "\",\"state\":\"closed\""), json);
        assertTrue(json.contains("\"digestMatches\":true"), json);
        f.poke(1024, 0);
        String text = show(f.medium.content(), "/log");
        assertTrue(text.contains("bits CHANGED since"), text);
    }

    @Test
    void our_own_log_is_judged_as_by_the_mirror_that_signed_it() throws Exception {
        DiskLogFixture f = DiskLogFixture.hundred();
        f.openWithDirty(RegionSet.of(3)).stop();
        String json = show(f.medium.content(), "/log", "--table", TABLE, "--json");
        assertTrue(json.contains("\"found\":\"recorded\",\"resync\":[[3,3]]"), json);
        f.poke(1024, 0);
        String rewritten = show(f.medium.content(), "/log", "--table", TABLE, "--json");
        assertTrue(rewritten.contains("\"found\":\"rewritten\",\"resync\":[[0,99]]"), rewritten);
    }

    @Test
    void a_count_that_is_longer_than_the_file_shows_the_bits_that_are_there() throws Exception {
        byte[] image = golden("b1-in-sync-removed");
        for (int i = 8; i < 16; i++) {
            image[i] = (byte) 0xFF;
        }
        String json = show(image, "/log", "--json");
        assertTrue(json.contains("\"regions\":\"18446744073709551615\",\"bits\":4096"), json);
    }

    @Test
    void a_log_that_was_cut_off_shows_what_is_left_of_it() throws Exception {
        byte[] image = golden("b1-in-sync-removed");
        for (int length : new int[] {1024, 1535}) {
            String text = show(Arrays.copyOf(image, length), "/log");
            assertTrue(text.startsWith("/log: " + length + " bytes\nheader    magic 4d695272, version 2, "), text);
            assertFalse(text.contains("bits "), text);
            text = show(Arrays.copyOf(image, length), "/log", "--table", TABLE);
            assertTrue(text.contains("magic 4d695272") && text.contains("activated rejected"), text);
        }
        String text = show(Arrays.copyOf(image, 1023), "/log", "--table", TABLE);
        assertTrue(text.contains("header    none") && text.contains("needs 1536"), text);
        String json = show(Arrays.copyOf(image, 1023), "/log", "--table", TABLE, "--json");
        assertTrue(json.contains("\"record\":{\"valid\":false},\"slots\":[],\"regions\":100"), json);
    }

    @Test
    void a_name_does_not_reach_the_terminal_raw() throws Exception {
        String name = "/lo\u001b[2J g\n";
        devices.files.put(name, golden("i2-version-3"));
        String text = commands.report(name, ShowArguments.of(name, "--table", TABLE));
        assertTrue(text.startsWith("/lo%1B[2J%20g%0A: "), text);
        assertTrue(text.contains("reason    log /lo%1B[2J%20g%0A: version 3"), text);
        String json = commands.report(name, ShowArguments.of(name, "--json"));
        assertTrue(json.contains("\"file\":\"/lo\\u001B[2J g\\n\""), json);
        devices.files.put(name, new byte[3]);
        String message = assertThrows(IOException.class, () -> commands.report(name, ShowArguments.of(name)))
                .getMessage();
        assertTrue(message.startsWith("/lo%1B[2J%20g%0A has 3 bytes"), message);
    }

    @Test
    void options_are_written_as_with_the_other_commands() {
        ShowArguments asked = ShowArguments.of("--table=" + TABLE, "--json", "--", "--table");
        assertEquals(new ShowArguments("--table", Optional.of(TABLE), true), asked);
        assertEquals("--", ShowArguments.of("--", "--").file());
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("a", "--table=b", "--table", "c"));
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("a", "--", "--json"));
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("--"));
    }

    @Test
    void what_is_typed_wrongly_is_told_with_what_would_be_right() {
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("--json"));
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("a", "b"));
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("a", "--tabel", "b"));
        assertThrows(IllegalArgumentException.class, () -> ShowArguments.of("a", "--table"));
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> show(golden("b1-in-sync-removed"), "/log", "--table", TABLE.replace(" 16 ", " 17 ")))
                .getMessage();
        assertTrue(message.contains("17"), message);
        assertThrows(
                IllegalArgumentException.class,
                () -> show(
                        golden("b1-in-sync-removed"),
                        "/log",
                        "--table",
                        TABLE.replace("disk 2 /no/such/log", "core 1")));
        assertThrows(IOException.class, () -> commands.report("/none", ShowArguments.of("/none")));
    }
}
