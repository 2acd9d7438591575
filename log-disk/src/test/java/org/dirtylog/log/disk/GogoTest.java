// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.apache.felix.service.command.CommandSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The command as the shell calls it. */
class GogoTest {
    private final ImageDevices devices = new ImageDevices();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ThreadIOImpl threadIo = new ThreadIOImpl();
    private CommandProcessorImpl shell;
    private CommandSession session;

    @BeforeEach
    void start() throws Exception {
        devices.files.put("/home/b1", Files.readAllBytes(GoldenLogTest.FOLDER.resolve("b1-in-sync-removed.log")));
        threadIo.start();
        shell = new CommandProcessorImpl(threadIo);
        shell.addCommand("log", new LogCommands(devices), "show");
        PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        session = shell.createSession(new ByteArrayInputStream(new byte[0]), out, out);
        session.currentDir(Path.of("/home"));
    }

    @AfterEach
    void stop() {
        shell.stop();
        threadIo.stop();
    }

    @Test
    void shows_a_log_by_a_path_relative_to_the_session() throws Exception {
        session.execute("log:show b1");
        String text = printed.toString(StandardCharsets.UTF_8);
        assertTrue(text.startsWith("/home/b1: 1536 bytes\nheader    magic 4d695272, version 2, regions 100"), text);
        assertTrue(text.endsWith("100 regions, 100 clean, 0 dirty" + System.lineSeparator()), text);
    }

    @Test
    void takes_a_quoted_table_line_and_json_anywhere() throws Exception {
        session.execute("log:show --json --table '0 1600 mirror disk 2 /l 16 2 /a 0 /b 0' /home/b1");
        String text = printed.toString(StandardCharsets.UTF_8).strip();
        assertTrue(text.startsWith("{\"file\":\"/home/b1\""), text);
        assertTrue(text.endsWith(
                "\"regions\":100,\"inSync\":100,\"health\":\"alive\",\"found\":\"unidentified\",\"resync\":[]}"));
    }

    @Test
    void what_cannot_be_done_is_thrown_and_nothing_is_printed() {
        assertThrows(IOException.class, () -> session.execute("log:show /home/none"));
        assertThrows(IllegalArgumentException.class, () -> session.execute("log:show"));
        assertEquals("", printed.toString(StandardCharsets.UTF_8));
    }
}
