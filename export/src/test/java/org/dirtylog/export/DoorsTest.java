// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dirtylog.nbd.NbdLimits;
import org.dirtylog.nbd.NbdServer;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoorsTest {
    @TempDir
    Path home;

    private ThreadTasks tasks;
    private NbdServer server;

    @BeforeEach
    void begin() throws Exception {
        Files.createDirectories(home.resolve("etc"));
        tasks = new ThreadTasks();
        server = new NbdServer(tasks, NbdLimits.STANDARD);
    }

    @AfterEach
    void end() throws Exception {
        server.close();
        tasks.close();
    }

    private List<String> open(String... lines) throws IOException {
        Files.writeString(home.resolve("etc/org.dirtylog.export.cfg"), String.join("\n", lines));
        return Doors.open(home, server, Doors.settings(home).doors()).uris("a");
    }

    private String unix() {
        return "nbd+unix:///a?socket=" + home.resolve("nbd.sock");
    }

    @Test
    void an_address_that_is_taken_keeps_nobody_out_of_the_others() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertEquals(
                    List.of(unix()),
                    open(
                            "listen = tcp://127.0.0.1:" + taken.getLocalPort() + ", unix",
                            "tls = off",
                            "insecure = loopback"));
        }
    }

    @Test
    void a_port_that_the_system_chose_is_told() throws IOException {
        List<String> uris = open("listen = unix, tcp://127.0.0.1:0", "tls = off", "insecure = loopback");
        assertEquals(unix(), uris.get(0));
        assertTrue(uris.get(1).matches("nbd://127\\.0\\.0\\.1:[1-9][0-9]+/a"), uris.get(1));
    }

    @Test
    void of_a_file_with_a_mistake_nothing_counts() throws IOException {
        assertEquals(
                List.of(unix()),
                open("listen = tcp://127.0.0.1:0", "tls = off", "insecure = loopback", "conections = 5"));
    }

    @Test
    void without_the_Unix_socket_that_is_wanted_nothing_serves() throws IOException {
        Files.createDirectory(home.resolve("nbd.sock"));
        assertThrows(IOException.class, () -> open("listen = unix"));
    }
}
