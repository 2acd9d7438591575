// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.CommandProxy;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.apache.felix.service.command.CommandSession;
import org.dirtylog.seams.BlockDevice;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The commands as they are typed into the real shell. */
class ChaosCommandsTest {
    private final Bench bench = new Bench();
    private BlockDevice device;

    @BeforeEach
    void open() throws IOException {
        device = bench.open("");
    }

    private String run(String line) throws Exception {
        CommandProcessorImpl shell = new CommandProcessorImpl(new ThreadIOImpl());
        ChaosCommands.functions(bench.legs)
                .forEach((name, function) -> shell.addCommand("chaos", new CommandProxy(function, name), name));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        CommandSession session = shell.createSession(InputStream.nullInputStream(), print, print);
        session.put("gogo.option.noglob", true);
        try {
            session.execute(line);
        } finally {
            session.close();
            shell.stop();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void rules_are_set_added_to_counted_and_cleared() throws Exception {
        assertEquals(
                "chaos:/leg open, seed 5\n  error=ENOSPC@write:2..3 fired 0 of 0\n",
                run("chaos:set chaos:/leg 'error=ENOSPC@write:2..3;seed=5'"));
        device.write(0, Bench.filled(1, 1));
        assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1)));
        assertEquals(
                "chaos:/leg open, seed 5\n  error=ENOSPC@write:2..3 fired 1 of 2\n  delay=5s@read:3% fired 0 of 0\n",
                run("chaos:add /leg 'delay=5s@read:3%'"));
        assertEquals(
                "[{\"leg\":\"chaos:/leg\",\"open\":true,\"vanished\":false,\"hung\":0,\"cachedBytes\":0,"
                        + "\"snapshotBytes\":null,\"seed\":5,\"rules\":["
                        + "{\"rule\":\"error=ENOSPC@write:2..3\",\"matched\":2,\"fired\":1},"
                        + "{\"rule\":\"delay=5s@read:3%\",\"matched\":0,\"fired\":0}]}]\n",
                run("chaos:list --json"));
        assertEquals("chaos:/leg open\n", run("chaos:clear 'chaos:/leg?error'"));
        device.write(0, Bench.filled(1, 1));
    }

    @Test
    void a_leg_vanishes_and_returns_by_command() throws Exception {
        assertEquals("chaos:/leg open, vanished\n", run("chaos:vanish /leg"));
        assertThrows(IOException.class, () -> Bench.read(device, 0, 1));
        assertTrue(run("chaos:return /leg --json").contains("\"vanished\":false"));
        Bench.read(device, 0, 1);
    }

    @Test
    void a_leg_is_rolled_back_and_loses_its_cache_by_command() throws Exception {
        assertEquals("chaos:/leg open, 0 bytes to roll back\n", run("chaos:snapshot /leg"));
        device.write(0, Bench.filled(10, 1));
        device.setAttribute("label", new byte[1]);
        assertEquals(
                "4096 bytes rolled back\nchaos:/leg open, 0 bytes to roll back\n",
                run("chaos:rollback /leg --keep-attributes"));
        assertTrue(device.attribute("label").isPresent());
        run("chaos:rollback /leg");
        assertFalse(device.attribute("label").isPresent());
        run("chaos:set /leg lie");
        device.write(0, Bench.filled(10, 1));
        device.force();
        assertTrue(run("chaos:list").startsWith("chaos:/leg open, 10 bytes cached, "));
        assertTrue(run("chaos:power-loss /leg").startsWith("10 bytes lost\n"));
        assertEquals(0, Bench.read(device, 0, 1)[0]);
    }

    @Test
    void releasing_tells_how_many_hung() throws Exception {
        assertTrue(run("chaos:release /leg").startsWith("0 released\n"));
    }

    @Test
    void a_leg_that_is_not_known_and_words_that_are_not_understood_are_told_of() {
        assertTold("chaos:vanish /other", "there is no chaos leg '/other' (there are: chaos:/leg)");
        assertTold("chaos:set /leg", "'RULES' is missing; usage: chaos:set LEG 'RULES' [--json]");
        assertTold("chaos:set /leg a b", "unexpected word 'b'");
        assertTold("chaos:set /leg --hard", "unknown option --hard");
        assertTold("chaos:set /leg hagn", "there is no fault 'hagn'");
        assertTold("chaos:add /leg seed=1", "give it with chaos:set");
        assertTold("chaos:rollback /leg", "there is no snapshot");
        assertEquals(0, bench.leg().report().rules().size());
    }

    private void assertTold(String line, String part) {
        String message =
                assertThrows(IllegalArgumentException.class, () -> run(line)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void no_character_of_a_name_steers_the_terminal() throws Exception {
        assertThrows(IOException.class, () -> bench.legs.open("/\u001b[2J", bench));
        assertTrue(run("chaos:list").contains("chaos:/\\u001B[2J closed"), run("chaos:list"));
    }
}
