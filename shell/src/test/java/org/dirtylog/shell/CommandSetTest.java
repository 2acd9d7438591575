// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.CommandProxy;
import org.apache.felix.gogo.runtime.threadio.ThreadIOImpl;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Function;
import org.junit.jupiter.api.Test;

/** The words of a command line on their way through the real shell. */
class CommandSetTest {
    private static final Usage USAGE = Usage.of("t:t", "[A]", "[B]", "[C]");

    private final List<Usage.Words> seen = new ArrayList<>();
    private Thread worker;

    private String run(CommandSet.Command command, String line) throws Exception {
        CommandProcessorImpl shell = new CommandProcessorImpl(new ThreadIOImpl());
        Function function = CommandSet.function(USAGE, command);
        shell.addCommand("t", new CommandProxy(function, "t"), "t");
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

    private List<String> operands(String line) throws Exception {
        run((words, streams) -> seen.add(words), line);
        return seen.get(seen.size() - 1).operands();
    }

    @Test
    void nothing_in_single_quotes_is_changed() throws Exception {
        String table = "0 8 mirror disk 2 /a%20b/$HOME/*.log/{x,y}/~/\\n\\\\/\"q\"/ü€/#;|&!(1+2) 1024 2 [a] 0 <b> 0";
        assertEquals(List.of("m", table), operands("t:t m '" + table + "'"));
    }

    @Test
    void words_that_look_like_numbers_stay_words() throws Exception {
        assertEquals(List.of("007", "1e5", "null"), operands("t:t 007 1e5 null"));
        assertEquals(List.of("true", "1.50", "0x10"), operands("t:t true 1.50 0x10"));
    }

    @Test
    void names_outside_ascii_arrive() throws Exception {
        assertEquals(List.of("größe"), operands("t:t größe"));
    }

    @Test
    void output_goes_into_a_pipe() throws Exception {
        String out = run((words, streams) -> streams.line("said"), "x = (t:t) ; t:t");
        assertEquals("said\n", out, "the first is the value of x, the second is printed");
    }

    @Test
    void no_character_of_a_name_steers_the_terminal() throws Exception {
        String out = run((words, streams) -> streams.line("a\u001b[31mb\rc\u202ed"), "t:t");
        assertEquals("a\\u001B[31mb\\u000Dc\\u202Ed\n", out);
    }

    @Test
    void the_shell_never_interrupts_the_thread_that_works() throws Exception {
        run((words, streams) -> worker = Thread.currentThread(), "t:t");
        assertFalse(worker.getName().startsWith("session"), worker.getName());
        assertFalse(worker.isInterrupted());
    }

    @Test
    void a_failure_reaches_the_shell_as_it_is() {
        CommandException thrown = assertThrows(
                CommandException.class,
                () -> run(
                        (words, streams) -> {
                            throw new CommandException("no");
                        },
                        "t:t"));
        assertEquals("no", thrown.getMessage());
    }
}
