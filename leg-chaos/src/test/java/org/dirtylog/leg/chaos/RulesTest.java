// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RulesTest {
    private static Rule rule(String text) {
        Rules rules = Rules.parse(text);
        assertEquals(1, rules.rules().size());
        assertEquals(text, rules.rules().get(0).toString());
        return rules.rules().get(0);
    }

    @Test
    void several_rules_keep_their_order_and_one_may_be_the_seed() {
        Rules rules = Rules.parse("hang@read:100;seed=42;error@write:3%");
        assertEquals(
                List.of("hang@read:100", "error@write:3%"),
                rules.rules().stream().map(Rule::text).toList());
        assertEquals(OptionalLong.of(42), rules.seed());
        assertEquals(Rules.NONE, Rules.parse(""));
    }

    @Test
    void a_rule_is_about_what_it_names_or_about_what_is_usual() {
        assertEquals(Set.of(Access.READ, Access.FORCE), rule("error@read+force").accesses());
        assertEquals(Set.of(Access.values()), rule("error").accesses());
        assertEquals(Set.of(Access.WRITE, Access.ZERO), rule("tear").accesses());
        assertEquals(Set.of(Access.WRITE), rule("short").accesses());
        assertEquals(Set.of(Access.FORCE), rule("lie").accesses());
        assertTrue(rule("lie").isAbout(Access.SETATTR), "setting an attribute is a force");
        assertTrue(rule("error@force").isAbout(Access.SETATTR));
        assertEquals(
                Set.of(Access.READ, Access.WRITE, Access.ZERO),
                rule("error:range=0..1M").accesses(),
                "what has no place is not within a range");
    }

    @Test
    void values_are_errors_durations_and_sizes() {
        assertEquals(Set.of("EIO"), rule("error").words());
        assertEquals(Set.of("ENOSPC"), rule("error=ENOSPC@write").words());
        assertEquals(Set.of("scatter", "silent"), rule("tear=scatter+silent").words());
        assertEquals(5_000_000_000L, rule("delay=5s").least());
        assertEquals(5_000_000_000L, rule("delay=5s").most());
        assertEquals(10_000_000L, rule("delay=10ms..1m").least());
        assertEquals(60_000_000_000L, rule("delay=10ms..1m").most());
        assertEquals(Long.MAX_VALUE, rule("hang").least());
        assertEquals(2 * 3_600_000_000_000L, rule("hang=2h").least());
        assertEquals(250_000L, rule("delay=250us").least());
        assertEquals(64L << 20, rule("cache").least());
        assertEquals(4096, rule("cache=4K").least());
        assertEquals(3L << 40, rule("shrink=3T").least());
        assertEquals(1L << 30, rule("shrink=1G").least());
        assertEquals(77, rule("shrink=77").least());
    }

    @Test
    void limits_are_numbers_chance_times_range_and_time() {
        assertEquals(
                Limits.NONE.withNumbers(100, Long.MAX_VALUE), rule("hang:100").limits());
        assertEquals(Limits.NONE.withNumbers(1, 3), rule("hang:1..3").limits());
        assertEquals(Limits.NONE.withProbability(0.03), rule("error:3%").limits());
        assertEquals(Limits.NONE.withProbability(0.00001), rule("rot:0.001%").limits());
        assertEquals(Limits.NONE.withProbability(1), rule("error:100%").limits());
        assertEquals(Limits.NONE.withTimes(2), rule("error:times=2").limits());
        assertEquals(
                Limits.NONE.withRange(1 << 20, 2 << 20),
                rule("error@read:range=1M..2M").limits());
        assertEquals(
                Limits.NONE.withRange(512, Long.MAX_VALUE),
                rule("error@read:range=512..").limits());
        assertEquals(
                Limits.NONE.withTime(30_000_000_000L, 45_000_000_000L),
                rule("vanish:t=30s..45s").limits());
        assertEquals(
                Limits.NONE.withNumbers(10, 20).withProbability(0.5).withTime(0, 1_000_000_000L),
                rule("error:10..20,50%,t=0s..1s").limits());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "hagn@read|there is no fault 'hagn'; there are error, delay, hang, tear, short, lie, rot, read-only, vanish, shrink, cache",
                "error;|rule '': there is no fault ''",
                "error=EPERM|the value of error is one of EIO, ENOSPC, EROFS",
                "error=EIO+ENOSPC|the value of error is one of",
                "error@flush|behind @ stands 'flush', but error happens to read, write, zero, force, getattr, setattr",
                "tear@read|behind @ stands 'read', but tear happens to write, zero",
                "tear=prefix+scatter|not both",
                "tear=|the value of tear is any of",
                "lie=yes|lie has no value",
                "delay|delay needs a value: delay= and 5s",
                "delay=5|'5' is not a duration",
                "delay=5s..|a delay has an end",
                "delay=5s..1s|ends before it begins",
                "delay=999999999999999h|is too much",
                "shrink|shrink needs a value",
                "shrink=1X|'1X' is not a size",
                "vanish@read|vanish is a state of the leg",
                "vanish:3%|can be limited by time only",
                "cache:t=1s..|a cache is there or not",
                "error:|'' is no limit; there are 100",
                "error:0|counts operations from 1 on",
                "error:3..1|counts operations from 1 on",
                "error:0%|is no probability",
                "error:101%|is no probability",
                "error:times=0|is no number of times",
                "error:range=5|is no span",
                "error@force:range=0..5|a range is one of read, write and zero",
                "error:t=1s|is no span",
                "error:often|'often' is no limit",
                "seed=|is no seed",
                "seed=x|is no seed",
                "seed=1;seed=2|two seeds",
            })
    void what_is_wrong_is_named_with_what_would_be_right(String text, String told) {
        String message = assertThrows(IllegalArgumentException.class, () -> Rules.parse(text))
                .getMessage();
        assertTrue(message.contains(told), message);
    }

    @Test
    void the_rules_of_a_name_begin_at_its_last_question_mark() {
        assertEquals(new LegName("/srv/leg", ""), LegName.of("/srv/leg"));
        assertEquals(new LegName("/srv/leg", "error@read"), LegName.of("/srv/leg?error@read"));
        assertEquals(new LegName("/srv/what?", "lie"), LegName.of("/srv/what??lie"));
        assertEquals(new LegName("/srv/what?no", ""), LegName.of("/srv/what?no?"));
        assertEquals(new LegName("chaos:/srv/leg", "hang"), LegName.of("chaos:/srv/leg?hang"));
    }
}
