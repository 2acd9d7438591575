// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Crashes the production classes until a hundred thousand crashes have been judged, or for as long as {@code -Ddirtylog.sim.seconds}
 * says. In a build the seeds are always the same, so that it finds today what it found yesterday. What fails prints its seed and the
 * command that replays it. Where there is no JDK with cheap coroutines fewer fit; the number is printed.
 */
class SimulatorTest {
    private static final long SECONDS = Long.getLong("dirtylog.sim.seconds", 60);
    private static final long FIRST = Long.getLong("dirtylog.sim.first", 1);

    private static final long CRASHES = 100_000;
    /** A busy machine takes longer for the same crashes. */
    private static final long PATIENCE = 5;

    private static final Pattern COUNT = Pattern.compile("(\\d+) crashes");

    @Test
    void nothing_that_must_not_happen_happens_in_any_crash() throws Exception {
        boolean aCount = Fork.isFast() && SECONDS <= 60;
        Fork.Said said = aCount
                ? run(
                        "--coverage",
                        "--until-crashes",
                        String.valueOf(CRASHES),
                        "--seconds",
                        String.valueOf(PATIENCE * SECONDS))
                : run("--seconds", String.valueOf(SECONDS));
        System.out.print("simulator: " + said.text());
        assertEquals(0, said.status(), said.text());
        Matcher crashes = COUNT.matcher(said.text());
        assertTrue(crashes.find(), said.text());
        long least = aCount ? CRASHES : 1000;
        assertTrue(
                Long.parseLong(crashes.group(1)) >= least,
                "fewer than " + least + " crashes were judged: " + said.text());
    }

    @Test
    void histories_that_failed_once_do_not() throws Exception {
        Path list = Path.of("regressions.txt");
        Fork.Said said = Fork.run(List.of(), "--each", list.toString());
        assertEquals(0, said.status(), said.text());
        long listed = Files.readAllLines(list).stream()
                .filter(line -> line.startsWith("--seed"))
                .count();
        assertEquals(
                listed, said.text().lines().filter("nothing is wrong"::equals).count(), said.text());
    }

    private static Fork.Said run(String... options) throws Exception {
        String[] words = new String[options.length + 2];
        words[0] = String.valueOf(FIRST);
        words[1] = String.valueOf(FIRST + (1L << 40));
        System.arraycopy(options, 0, words, 2, options.length);
        return Fork.run(List.of(), words);
    }
}
