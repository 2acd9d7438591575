// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a home holds, when something in it or around it is wrong: what is refused changes nothing, and says what to do. */
class HomeIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Path home() {
        return folder.resolve("home");
    }

    private Path file(String mirror) {
        return home().resolve("etc/org.dirtylog.mirror-" + mirror + ".cfg");
    }

    private Path record(String mirror) {
        return home().resolve("data/" + mirror + ".record");
    }

    private Path log(String mirror) {
        return folder.resolve(mirror + ".log");
    }

    private String createCommand(String name, String options) throws Exception {
        return Scratch.createCommand(folder, name, MIB, 128, options);
    }

    /** Makes mirrors and stops cleanly. */
    private void make(String... names) throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            for (String name : names) {
                daemon.command(createCommand(name, "")).good();
            }
            daemon.terminate();
        }
    }

    private static void refused(Outcome outcome, String... parts) {
        assertEquals(1, outcome.code(), outcome.toString());
        for (String part : parts) {
            assertTrue(outcome.err().contains(part), outcome.err());
        }
    }

    // ---- files in etc -----------------------------------------------------------------------------------------------

    @Test
    void a_bad_file_is_named_and_keeps_no_other_mirror_from_serving() throws Exception {
        make("a");
        Files.write(file("latin"), "# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        Files.createDirectory(file("folder"));
        Files.createSymbolicLink(file("link"), folder.resolve("nothing"));
        Files.writeString(file("bad name"), Files.readString(file("a")));
        Files.writeString(file("typo"), "tabel = x\n");
        Files.writeString(file("mark"), "\uFEFF" + Files.readString(file("a")).replace("export = a", "export = m"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            daemon.awaitLog(line -> line.contains("org.dirtylog.mirror-latin.cfg: cannot be read: line 1")
                    && line.contains("0xE9")
                    && line.contains("the mirror is not started"));
            daemon.awaitLog(line -> line.contains("org.dirtylog.mirror-folder.cfg: cannot be read: it is a folder"));
            daemon.awaitLog(line -> line.contains("org.dirtylog.mirror-link.cfg: cannot be read: it is a link"));
            daemon.awaitLog(line -> line.contains("'bad name' is no name"));
            daemon.awaitLog(line -> line.contains("line 1: key 'tabel' is unknown"));
            // That it has the legs of another one is another matter; the mark is none.
            daemon.awaitStatus(
                    "mark", status -> status.get("message").asText().matches(".*(already open|belongs to mirror).*"));
            String list = daemon.command("mirror:list").good().out();
            for (String name : new String[] {"latin", "folder", "link", "bad name", "typo"}) {
                assertTrue(list.contains(name + " failed\n"), list);
                assertEquals("failed", status(daemon, name).get("word").asText());
            }
            refused(daemon.command("mirror:status latin"), "latin is failed: org.dirtylog.mirror-latin.cfg");
            Files.writeString(file("typo"), Files.readString(file("a")).replace("a.log", "t.log"));
            refused(daemon.command("mirror:resume typo"), "export");
        }
    }

    private static JsonNode status(Daemon daemon, String name) throws Exception {
        return daemon.command("mirror:status '" + name + "' --json").good().json();
    }

    @Test
    void a_running_instance_follows_its_files() throws Exception {
        make("a", "b");
        Path away = Files.move(file("b"), folder.resolve("away"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            String right = Files.readString(file("a"));
            Files.move(away, file("b"));
            daemon.awaitReady("b");
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "b")) {
                Files.writeString(file("b"), Files.readString(file("b")) + "# mine\ncleanAfterMillis = 100\n");
                daemon.awaitLog(line -> line.contains("Mirror b: takes over its new policies"));
                assertEquals(MIB, client.size());
                client.write(0, StampedBlocks.stamp(1, 1), true);
            }
            Files.writeString(file("a"), right + "\nlogLoss = maybe\n");
            JsonNode goesOn = daemon.awaitStatus(
                    "a", status -> !status.get("message").asText().isEmpty());
            assertEquals("running", goesOn.get("word").asText());
            assertEquals(
                    "it goes on with its old configuration: org.dirtylog.mirror-a.cfg line 7: key 'logLoss' stands in"
                            + " line 5 already",
                    goesOn.get("message").asText());
            daemon.awaitLog(line -> line.contains("org.dirtylog.mirror-a.cfg line 7")
                    && line.contains("the mirror goes on with its old configuration"));
            Files.writeString(file("a"), right.replace("export = a", "export = renamed"));
            daemon.awaitLog(line -> line.contains("Mirror a: stops, and starts with its new configuration"));
            daemon.awaitStatus(
                    "a",
                    status -> daemon.out().toString().contains("/renamed?")
                            && status.get("message").asText().isEmpty());
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "renamed")) {
                assertEquals(MIB, client.size());
            }
            byte[] record = Files.readAllBytes(record("b"));
            Files.delete(file("b"));
            daemon.awaitLog(line -> line.contains("Mirror b: stops, its configuration has gone"));
            while (daemon.command("mirror:list").good().out().contains("b ")) {
                Thread.onSpinWait();
            }
            assertTrue(record.length > 0 && Files.exists(log("b")) && Files.exists(folder.resolve("b-0.img")));
            assertEquals(
                    new BitSet(),
                    DiskLogFile.dirtyRegions(log("b"), 16),
                    "what is stopped is left as after a clean stop");
            assertEquals("a running\n", daemon.command("mirror:list").good().out());
        }
    }

    @Test
    void a_relative_name_in_a_file_is_kept_absolute() throws Exception {
        make("a");
        Path here = Path.of("").toAbsolutePath();
        String up = "../".repeat(here.getNameCount());
        Files.writeString(
                file("a"), Files.readString(file("a")).replace(" " + folder + "/a", " " + up + folder + "/a"));
        Files.delete(record("a"));
        Files.delete(log("a"));
        for (String leg : new String[] {"a-0.img", "a-1.img"}) {
            // Without the label of the mirror that was.
            Files.delete(folder.resolve(leg));
            Scratch.file(folder, leg, 2 * MIB);
        }
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            String leg = daemon.status("a").at("/legs/0/path").asText();
            assertTrue(leg.startsWith("/"), leg);
            assertTrue(Files.isSameFile(folder.resolve("a-0.img"), Path.of(leg)), leg);
        }
    }

    @Test
    void what_stands_behind_a_link_is_found_where_the_kernel_finds_it() throws Exception {
        Path far = Files.createDirectories(folder.resolve("far/deep"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), far);
        createCommand("a", "");
        Files.move(folder.resolve("a-1.img"), folder.resolve("far/a-1.img"));
        Scratch.file(folder, "a-1.img", 2 * MIB);
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            daemon.command("mirror:create a '0 2048 mirror core 1 128 2 " + folder.resolve("a-0.img") + " 0 " + link
                            + "/../a-1.img 0'")
                    .good();
            refused(
                    daemon.command("mirror:create b '0 2048 mirror core 1 128 2 " + folder.resolve("b-0.img") + " 0 "
                            + far + "/../a-1.img 0'"),
                    "already open in this process");
        }
    }

    // ---- create -----------------------------------------------------------------------------------------------------

    @Test
    void a_refused_creation_leaves_the_record_of_an_earlier_life() throws Exception {
        make("a");
        Path moved = Files.move(file("a"), folder.resolve("moved"));
        byte[] record = Files.readAllBytes(record("a"));
        byte[] log = Files.readAllBytes(log("a"));
        Scratch.file(folder, "other.img", MIB);
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            refused(daemon.command(createCommand("a", "").replace("a-1.img", "other.img")), "Nothing was touched");
            assertArrayEquals(record, Files.readAllBytes(record("a")));
            Files.writeString(record("a"), "dirtylog nonsense\n");
            refused(daemon.command(createCommand("a", "")), "a.record");
            assertEquals("dirtylog nonsense\n", Files.readString(record("a")));
            Files.write(record("a"), record);
            assertArrayEquals(log, Files.readAllBytes(log("a")));
            assertFalse(Files.exists(file("a")));
            daemon.terminate();
        }
        Files.move(moved, file("a"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            assertEquals("recorded", daemon.status("a").at("/log/found").asText());
        }
    }

    @Test
    void nothing_is_left_of_a_creation_that_failed() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            // Where the draft of the file is to be, so that the folder refuses before anything is made.
            Path draft = Files.createDirectories(home().resolve("etc/.org.dirtylog.mirror-a.cfg.new/x"))
                    .getParent();
            refused(daemon.command(createCommand("a", "")), "mirror 'a' is not made: " + home().resolve("etc"));
            assertFalse(Files.exists(log("a")));
            assertFalse(Files.exists(record("a")));
            Files.delete(draft.resolve("x"));
            Files.delete(draft);
            Files.delete(folder.resolve("a-1.img"));
            String without = createCommand("a", "").replace("a-1.img", "none.img");
            refused(daemon.command(without), "none.img", "none was touched");
            Path blocked = Files.createDirectory(record("a").resolveSibling("a.record.new"));
            refused(daemon.command(createCommand("a", "")), "the record of mirror a cannot be written");
            assertFalse(Files.exists(log("a")), "the log that was made is taken back");
            Files.deleteIfExists(blocked);
            refused(
                    daemon.command(createCommand("a", "").replace("a.log", "no/a.log")),
                    "there is no folder " + folder.resolve("no"));
            assertEquals("", daemon.command("mirror:list").good().out());
            daemon.command(createCommand("a", "")).good();
        }
    }

    @Test
    void an_export_name_is_taken_once_and_taken_over_when_it_is_free() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            daemon.command(createCommand("a", " --export x")).good();
            refused(daemon.command(createCommand("b", " --export x")), "'x' is that of mirror a", "--export");
            refused(daemon.command(createCommand("x", "")), "'x' is that of mirror a");
            refused(daemon.command(createCommand("b", " --export " + "y".repeat(4097))), "4097 bytes", "4096");
            refused(daemon.command(createCommand("b", " --export 'y\nlogLoss = fail'")), "control character");
            refused(daemon.command(createCommand("b", " --export ' y'")), "blank");
            assertFalse(Files.exists(log("b")));
            daemon.command(createCommand("b", "")).good();
            daemon.terminate();
        }
        Files.writeString(file("b"), Files.readString(file("b")).replace("export = b", "export = x"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            JsonNode waiting = daemon.status("b");
            assertEquals("waiting", waiting.get("word").asText());
            assertTrue(waiting.get("message").asText().contains("'x' is that of mirror a"), waiting.toString());
            daemon.command("mirror:remove a").good();
            daemon.awaitReady("b");
        }
    }

    @Test
    void a_log_may_have_the_longest_name_there_is() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            daemon.command(createCommand("a", "").replace("a.log", "l".repeat(255)))
                    .good();
        }
    }

    // ---- remove -----------------------------------------------------------------------------------------------------

    @Test
    void a_mirror_whose_file_cannot_be_removed_goes_on() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            daemon.command(createCommand("a", "")).good();
            Files.delete(file("a"));
            Files.createDirectories(file("a").resolve("x"));
            refused(daemon.command("mirror:remove a"), "it goes on as before", "a folder that is not empty");
            assertEquals("a running\n", daemon.command("mirror:list").good().out());
            try (NbdClient client = new NbdClient(daemon.nbdSocket(), "a")) {
                assertEquals(MIB, client.size());
            }
        }
    }

    @Test
    void a_mirror_that_is_not_open_takes_its_name_off_the_log() throws Exception {
        make("a", "b");
        for (String name : new String[] {"a", "b"}) {
            Files.delete(folder.resolve(name + "-0.img"));
            Files.delete(folder.resolve(name + "-1.img"));
        }
        Path put = Files.move(log("b"), folder.resolve("put"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            daemon.awaitStatus("a", status -> status.get("word").asText().equals("waiting"));
            refused(daemon.command("mirror:status a"), "a is waiting: no current leg");
            daemon.command("mirror:remove a").good();
            refused(daemon.command("mirror:remove b"), "mirror b is removed", "b.log", "--adopt-log");
            assertEquals("", daemon.command("mirror:list").good().out());
            assertFalse(Files.exists(record("a")));
            assertFalse(Files.exists(record("b")));
            daemon.command(createCommand("a", "")).good();
            Files.move(put, log("b"));
            refused(daemon.command(createCommand("b", "")), "belongs to mirror");
            daemon.command(createCommand("b", " --adopt-log")).good();
        }
    }

    // ---- what comes back --------------------------------------------------------------------------------------------

    @Test
    void a_log_that_is_missing_or_locked_is_waited_for() throws Exception {
        make("a", "b");
        Path put = Files.move(log("a"), folder.resolve("put"));
        try (RandomAccessFile locked = new RandomAccessFile(log("b").toFile(), "rw");
                Daemon daemon = Daemon.run(home())) {
            FileLock lock = locked.getChannel().lock();
            daemon.awaitStarted();
            daemon.awaitStatus("a", status -> status.get("message").asText().contains("Put it back"));
            assertEquals("waiting", daemon.status("a").get("word").asText());
            daemon.awaitStatus("b", status -> status.get("message").asText().contains("is locked"));
            assertEquals("waiting", daemon.status("b").get("word").asText());
            refused(daemon.command("mirror:resume a"), "Put it back");
            Files.move(put, log("a"));
            daemon.command("mirror:resume a").good();
            assertEquals("running", daemon.status("a").get("word").asText());
            lock.release();
            daemon.awaitReady("b");
        }
    }

    @Test
    void a_log_type_that_is_missing_is_waited_for_and_a_failed_mirror_is_tried_by_resume() throws Exception {
        make("a", "b");
        String text = Files.readString(file("a"));
        Files.writeString(file("a"), text.replace("mirror disk", "mirror none"));
        Files.writeString(file("b"), Files.readString(file("b")) + "hotRegions = none\n");
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            JsonNode waiting = status(daemon, "a");
            assertEquals("waiting", waiting.get("word").asText());
            assertTrue(waiting.get("message").asText().contains("'none'"), waiting.toString());
            assertEquals("failed", status(daemon, "b").get("word").asText());
            Files.writeString(file("a"), text);
            daemon.awaitReady("a");
            Files.writeString(file("b"), Files.readString(file("b")).replace("hotRegions = none\n", ""));
            daemon.command("mirror:resume b").good();
            daemon.awaitReady("b");
        }
    }

    @Test
    void a_stale_log_is_told_as_long_as_it_is_copied_for() throws Exception {
        make("a");
        Path old = Files.copy(log("a"), folder.resolve("old"));
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitReady("a");
            daemon.terminate();
        }
        Files.copy(old, log("a"), StandardCopyOption.REPLACE_EXISTING);
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitLog(line -> line.contains(" WARN ") && line.contains("found stale"));
            daemon.awaitInSync("a");
            assertEquals("", daemon.status("a").get("message").asText());
        }
    }

    // ---- sockets and folders ----------------------------------------------------------------------------------------

    @Test
    void what_stands_in_the_place_of_a_socket_is_refused() throws Exception {
        Files.createDirectories(home().resolve("nbd.sock"));
        try (Daemon daemon = Daemon.run(home())) {
            assertEquals(1, daemon.awaitEnd(Duration.ofSeconds(30)));
            assertTrue(
                    daemon.err().toString().contains("nbd.sock is a folder"),
                    daemon.err().toString());
        }
    }

    @Test
    void a_home_has_the_longest_name_that_its_sockets_allow_and_no_longer() throws Exception {
        int room = 106 - "/control.sock".length() - folder.toString().length() - 1;
        Path longest = folder.resolve("h".repeat(room));
        try (Daemon daemon = Daemon.run(longest)) {
            daemon.awaitStarted();
            daemon.command(createCommand("a", "")).good();
            daemon.awaitReady("a");
        }
        Path longer = folder.resolve("h".repeat(room + 1));
        try (Daemon daemon = Daemon.run(longer)) {
            assertEquals(1, daemon.awaitEnd(Duration.ofSeconds(30)));
            assertTrue(
                    daemon.err().toString().contains("107 bytes"), daemon.err().toString());
        }
        assertFalse(Files.exists(longer));
        refused(Daemon.exec(longer, "mirror:list"), "107 bytes");
    }

    @Test
    void what_is_to_be_typed_next_is_one_word_for_the_shell() throws Exception {
        Path odd = folder.resolve("o'm");
        refused(Daemon.exec(odd, "mirror:list"), "dirtylog run --home '" + folder + "/o'\\''m'");
    }

    @Test
    void a_word_that_is_no_command_gets_an_answer_for_people() throws Exception {
        try (Daemon daemon = Daemon.run(home())) {
            daemon.awaitStarted();
            for (String command : new String[] {"}", ")", "]"}) {
                Outcome outcome = daemon.command(command);
                refused(outcome, "error: ");
                assertFalse(outcome.err().contains("org.apache"), outcome.err());
                assertFalse(outcome.err().contains("java."), outcome.err());
            }
        }
    }
}
