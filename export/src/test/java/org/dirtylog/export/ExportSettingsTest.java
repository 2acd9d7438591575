// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportSettingsTest {
    @TempDir
    Path folder;

    private ExportSettings parse(String... lines) throws IOException {
        Path file = folder.resolve("org.dirtylog.export.cfg");
        return ExportSettings.of(ExportFile.parse(file, String.join("\n", lines)), folder.resolve("nbd.sock"));
    }

    private static String places(ExportSettings settings) {
        return settings.doors().stream()
                .map(door -> door.endpoint() + (door.tls() ? " TLS" : ""))
                .collect(Collectors.joining(", "));
    }

    private void refused(List<String> lines, String... parts) {
        String message = assertThrows(IOException.class, () -> parse(lines.toArray(String[]::new)))
                .getMessage();
        assertTrue(message.startsWith(folder.toString()), message);
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void without_a_word_only_the_owner_gets_in() throws IOException {
        assertEquals(folder.resolve("nbd.sock").toString(), places(parse("", "# nothing")));
        assertEquals(
                folder.resolve("nbd.sock").toString(), places(ExportSettings.standard(folder.resolve("nbd.sock"))));
    }

    @Test
    void TCP_needs_TLS_or_a_word_that_it_is_insecure_and_another_one_for_the_network() throws IOException {
        refused(
                List.of("listen = tcp://127.0.0.1"),
                "TLS is 'require', with no keystore and none of certificate and key");
        refused(
                List.of("listen = tcp://127.0.0.1", "tls = off"),
                "line 2: tls is 'off'",
                "every user of this machine",
                "insecure = loopback");
        refused(
                List.of("listen = unix, tcp://0.0.0.0", "tls = off", "insecure = loopback"),
                "line 2",
                "everybody who reaches it",
                "tcp://0.0.0.0",
                "insecure = any-address");
        refused(List.of("listen = tcp://[::]", "insecure = yes"), "line 2: insecure is 'yes'", "any-address");
        assertEquals(
                "tcp://127.0.0.1:10809, tcp://[0:0:0:0:0:0:0:1]:7",
                places(parse("listen = tcp://127.0.0.1, tcp://[::1]:7", "tls = off", "insecure = loopback")));
        assertEquals("tcp://0.0.0.0:0", places(parse("listen=tcp://0.0.0.0:0", "tls=off", "insecure=any-address")));
    }

    @Test
    void what_is_no_place_is_refused_with_what_one_looks_like() {
        for (String wrong :
                new String[] {"", "unix,", "tcp:127.0.0.1:1", "tcp://1.2.3.4:65536", "tcp://::1:5", "file"}) {
            refused(List.of("# first", "listen = " + wrong), "line 2: listen has '", "tcp://192.0.2.1:10809");
        }
        refused(List.of("listen = tcp://none.invalid:1"), "line 1", "no address of the name none.invalid");
    }

    @Test
    void what_is_not_known_or_out_of_range_is_refused_by_its_line() {
        refused(List.of("", "lisen = unix"), "line 2: key 'lisen' is unknown; known are listen, tls");
        refused(List.of("connections = 0"), "line 1: connections is '0'; expected a number from 1 to 4096");
        refused(List.of("stopSeconds = long"), "line 1: stopSeconds is 'long'");
        refused(List.of("tls = maybe", "listen = tcp://127.0.0.1"), "line 1: tls is 'maybe'; expected one of require");
        refused(List.of("listen = unix", "listen = unix"), "line 2: key 'listen' stands in line 1 already");
        refused(List.of("tls = maybe"), "line 1: tls is 'maybe'");
        refused(List.of("clientCertificates = some"), "line 1: clientCertificates is 'some'");
        refused(List.of("unix"), "line 1: 'unix' is not 'key = value'");
    }

    @Test
    void files_of_TLS_are_named_when_they_are_wrong() throws IOException {
        refused(List.of("unixTls = require", "certificate = c.pem"), "one of certificate and key");
        refused(List.of("unixTls = allow", "keystore = k", "certificate = c", "key = k"), "a keystore and both of");
        refused(
                List.of("unixTls = require", "certificate = c.pem", "key = k.pem"),
                "line 2",
                folder.resolve("k.pem") + " is missing");
        Path key = Files.writeString(folder.resolve("k.pem"), "secret");
        assertTrue(Files.isReadable(key));
        refused(List.of("unixTls = require", "certificate = c.pem", "key = k.pem"), "chmod o=");
    }

    @Test
    void a_file_that_is_no_text_or_no_file_is_refused() throws IOException {
        Path file = folder.resolve("latin");
        Files.write(file, "# one\n# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(assertThrows(IOException.class, () -> ExportFile.read(file))
                .getMessage()
                .contains("line 2: a byte is no UTF-8"));
        assertTrue(assertThrows(IOException.class, () -> ExportFile.read(folder))
                .getMessage()
                .contains("no regular file"));
        ExportFile.read(folder.resolve("none")).requireKeys(List.of());
    }

    @Test
    void a_URI_names_the_place_as_clients_want_it() {
        assertEquals("nbds+unix:///a%20b?socket=/x/nbd.sock", NbdUri.unix(true, Path.of("/x/nbd.sock"), "a b"));
        assertEquals("nbd://[::1]:7/a", NbdUri.tcp(false, "[::1]", 7, "a"));
    }
}
