// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Small programs in all schedules, with power failing at each moment in all ways: one program in so many, all of them with
 * {@code -Ddirtylog.small=1}. Bounds and counts are printed.
 */
class SmallScopeTest {
    private static final Pattern SUM =
            Pattern.compile("small scope: (\\d+) of \\d+ programs, (\\d+) crashes, 0 failures");

    /** Where coroutines are threads, fewer fit. */
    private static final int ONE_IN = Integer.getInteger("dirtylog.small", 30) * (Fork.isFast() ? 1 : 8);

    @Test
    void no_schedule_and_no_crash_of_small_programs_does_what_must_not_happen() throws Exception {
        Fork.Said said = Fork.run(List.of(), "--small", "--one-in", String.valueOf(ONE_IN));
        System.out.print(said.text());
        assertEquals(0, said.status(), said.text());
        assertFalse(said.text().contains("not all,"), said.text());
        Matcher sum = SUM.matcher(said.text());
        assertTrue(sum.find(), said.text());
        int programs = SmallPrograms.all().size();
        assertEquals((programs + ONE_IN - 1) / ONE_IN, Integer.parseInt(sum.group(1)));
        assertTrue(Long.parseLong(sum.group(2)) > 1000L * programs / ONE_IN, said.text());
    }

    @Test
    void programs_are_what_their_text_says() {
        for (SmallProgram program : SmallPrograms.all()) {
            assertEquals(program, SmallProgram.of(program.toString()));
        }
    }

    /** With three steps and two tasks that never wait: one deviation can be at any of them, two at any two. */
    @Test
    void schedules_are_counted_as_on_paper() {
        assertEquals(1, schedules(0));
        assertEquals(1 + 3, schedules(1));
        assertEquals(1 + 3 + 3, schedules(2));
        assertEquals(8, schedules(3));
        assertEquals(8, schedules(9));
    }

    private static int schedules(int deviations) {
        Choices choices = new Choices(deviations, false, "");
        int count = 0;
        do {
            count++;
            choices.begin();
            choices.turn(true);
            for (int step = 0; step < 3; step++) {
                choices.preempt(1);
            }
        } while (choices.advance());
        return count;
    }

    /** What a failure prints leads to the same schedule. */
    @Test
    void a_schedule_is_found_again_by_its_text() {
        Choices choices = new Choices(2, false, "");
        for (int i = 0; i < 4; i++) {
            run(choices);
            choices.advance();
        }
        List<Integer> taken = run(choices);
        assertNotEquals(List.of(0, 0, 0), taken);
        assertEquals(taken, run(new Choices(2, false, choices.toString())));
    }

    private static List<Integer> run(Choices choices) {
        choices.begin();
        choices.turn(true);
        return List.of(choices.next(3), choices.preempt(2), choices.next(2));
    }
}
