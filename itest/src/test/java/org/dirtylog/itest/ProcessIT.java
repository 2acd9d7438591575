// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process as a user and a script see it. */
class ProcessIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Path home() {
        return folder.resolve("home");
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void everything_in_a_home_is_for_its_owner_alone() throws Exception {
        try (Daemon daemon = Daemon.demo(home())) {
            daemon.awaitReady("demo");
            assertEquals("rw-------", mode(home().resolve("control.sock")));
            assertEquals("rw-------", mode(home().resolve("nbd.sock")));
            for (String name : List.of("", "etc", "deploy", "data")) {
                assertEquals("rwx------", mode(home().resolve(name)), name);
            }
            for (String name : List.of("data/demo-0.img", "data/demo.log", "etc/org.dirtylog.mirror-demo.cfg")) {
                assertEquals("rw-------", mode(home().resolve(name)), name);
            }
        }
    }

    @Test
    void standard_output_has_one_ready_line_a_mirror_and_nothing_else() throws Exception {
        try (Daemon daemon = Daemon.demo(home())) {
            String uri = daemon.awaitReady("demo");
            assertEquals("nbd+unix:///demo?socket=" + home().resolve("nbd.sock"), uri);
            daemon.command(Scratch.createCommand(folder, "second", MIB, 128, ""))
                    .good();
            daemon.awaitReady("second");
            daemon.command("felix:lb").good();
            daemon.command("mirror:status").good();
            assertNotEquals(0, daemon.command("nonsense").code());
            daemon.terminate();
            assertEquals(2, daemon.out().size(), daemon.out().toString());
        }
    }

    @Test
    void a_demo_is_made_once_and_resumed_afterwards() throws Exception {
        try (Daemon daemon = Daemon.demo(home())) {
            daemon.awaitReady("demo");
            assertEquals("fresh", daemon.status("demo").at("/log/found").asText());
            assertEquals(512, daemon.status("demo").get("inSync").asLong());
            daemon.terminate();
        }
        try (Daemon daemon = Daemon.demo(home())) {
            daemon.awaitReady("demo");
            assertEquals("recorded", daemon.status("demo").at("/log/found").asText());
            assertEquals(0, daemon.status("demo").at("/recovery/bytesTotal").asLong());
        }
    }

    @Test
    void a_demo_does_not_make_an_empty_leg_beside_one_that_is_left() throws Exception {
        Files.createDirectories(home().resolve("data"));
        Path left = home().resolve("data/demo-1.img");
        Files.writeString(left, "precious");
        try (Daemon daemon = Daemon.demo(home())) {
            assertEquals(1, daemon.awaitEnd(Duration.ofSeconds(30)));
            assertTrue(
                    daemon.err().toString().contains("only " + left),
                    daemon.err().toString());
            assertEquals("precious", Files.readString(left));
            assertFalse(Files.exists(home().resolve("data/demo-0.img")));
        }
    }

    @Test
    void run_serves_the_mirrors_that_were_made_before() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            Outcome made = daemon.exec(Scratch.createCommand(folder, "vol", MIB, 128, " --export other"))
                    .good();
            assertEquals("vol running\n", made.out());
            assertTrue(daemon.awaitReady("vol").contains("other"));
            daemon.terminate();
        }
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("vol");
            assertEquals("vol running\n", daemon.exec("mirror:list").good().out());
        }
    }

    @Test
    void a_second_run_on_a_home_is_refused_and_names_the_first() throws Exception {
        try (Daemon first = Daemon.run(home())) {
            first.awaitStarted();
            try (Daemon second = Daemon.run(home())) {
                assertNotEquals(0, second.awaitEnd(Duration.ofSeconds(30)));
                assertTrue(
                        second.err().toString().contains("process " + first.pid() + ";"),
                        second.err().toString());
            }
            assertTrue(first.isAlive());
            assertEquals(0, first.exec("mirror:list").code());
        }
    }

    @Test
    void what_a_killed_instance_left_does_not_stand_in_the_way() throws Exception {
        try (Daemon first = Daemon.demo(home())) {
            first.awaitReady("demo");
            first.kill();
        }
        assertTrue(Files.exists(home().resolve("control.sock")), "the kill left no socket, so this tests nothing");
        Outcome asked = Daemon.exec(home(), "mirror:list");
        assertEquals(1, asked.code());
        assertTrue(asked.err().contains("left from one that was killed"), asked.err());
        try (Daemon second = Daemon.demo(home())) {
            second.awaitReady("demo");
            assertEquals(0, second.exec("mirror:list").code());
        }
    }

    @Test
    void a_stop_leaves_no_sockets_and_a_clean_log() throws Exception {
        try (Daemon daemon = Daemon.demo(home())) {
            daemon.awaitReady("demo");
            daemon.terminate();
        }
        assertFalse(Files.exists(home().resolve("control.sock")));
        assertFalse(Files.exists(home().resolve("nbd.sock")));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("demo");
            assertEquals(0, daemon.status("demo").get("dirty").asLong());
        }
    }

    @Test
    void exec_passes_on_output_errors_and_status() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            Outcome good = daemon.exec("log:types");
            assertEquals(0, good.code());
            assertTrue(good.out().contains("core"), good.out());
            assertEquals("", good.err());
            Outcome bad = daemon.exec("mirror:status nobody");
            assertEquals(1, bad.code());
            assertEquals("", bad.out());
            assertTrue(bad.err().contains("nobody"), bad.err());
        }
    }

    @Test
    void exec_without_an_instance_says_what_to_type() throws Exception {
        Outcome asked = Daemon.exec(home(), "mirror:list");
        assertEquals(1, asked.code());
        assertEquals("", asked.out());
        assertTrue(asked.err().contains("dirtylog run --home"), asked.err());
        assertFalse(Files.exists(home()), "asking made a home");
    }

    @Test
    void a_client_that_says_nothing_holds_up_nobody() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            List<SocketChannel> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 20; i++) {
                    silent.add(SocketChannel.open(UnixDomainSocketAddress.of(home().resolve("control.sock"))));
                }
                assertEquals(0, daemon.exec("mirror:list").code());
            } finally {
                for (SocketChannel channel : silent) {
                    channel.close();
                }
            }
        }
    }

    @Test
    void version_tells_the_version_of_the_build() throws Exception {
        Outcome told = Outcome.of(folder, Daemon.ENVIRONMENT, List.of(Daemon.script(), "version"));
        assertEquals(
                "dirtylog " + System.getProperty("dirtylog.version") + "\n",
                told.good().out());
    }

    @Test
    void an_unknown_verb_and_an_unknown_option_are_named() throws Exception {
        for (List<String> words : List.of(List.of("serve"), List.of("run", "--hmoe", "x"))) {
            List<String> line = new ArrayList<>(List.of(Daemon.script()));
            line.addAll(words);
            Outcome told = Outcome.of(folder, Daemon.ENVIRONMENT, line);
            assertEquals(2, told.code());
            assertTrue(told.err().contains(words.get(words.size() > 1 ? 1 : 0)), told.err());
            assertEquals("", told.out());
        }
    }
}
