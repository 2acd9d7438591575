// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads sizes and durations, and spans of them: {@code 4K}, {@code 1M..2M}, {@code 10ms}, {@code 30s..}. */
final class Quantity {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15})([a-zA-Z]*)");
    private static final Map<String, Long> SIZES =
            Map.of("", 1L, "K", 1L << 10, "M", 1L << 20, "G", 1L << 30, "T", 1L << 40);
    private static final Map<String, Long> DURATIONS =
            Map.of("us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);
    private static final String SIZE_RULE = "a size in bytes, or with K, M, G or T";
    private static final String DURATION_RULE = "a duration in us, ms, s, m or h, such as 10ms";

    private Quantity() {}

    /**
     * A span.
     *
     * @param from its start
     * @param to   its end, exclusive in limits; {@link Long#MAX_VALUE} if none is written
     */
    record Span(long from, long to) {}

    static long oneSize(String text, Function<String, IllegalArgumentException> wrong) {
        return one(text, SIZES, SIZE_RULE, wrong);
    }

    static long oneDuration(String text, Function<String, IllegalArgumentException> wrong) {
        return one(text, DURATIONS, DURATION_RULE, wrong);
    }

    static Span size(String text, Function<String, IllegalArgumentException> wrong) {
        return span(text, SIZES, SIZE_RULE, wrong);
    }

    static Span duration(String text, Function<String, IllegalArgumentException> wrong) {
        return span(text, DURATIONS, DURATION_RULE, wrong);
    }

    private static Span span(
            String text, Map<String, Long> units, String rule, Function<String, IllegalArgumentException> wrong) {
        int dots = text.indexOf("..");
        if (dots < 0) {
            throw wrong.apply("'" + text + "' is no span; write A..B, or A.. for all from A on");
        }
        String end = text.substring(dots + 2);
        long from = one(text.substring(0, dots), units, rule, wrong);
        long to = end.isEmpty() ? Long.MAX_VALUE : one(end, units, rule, wrong);
        if (to <= from) {
            throw wrong.apply("'" + text + "' ends before it begins");
        }
        return new Span(from, to);
    }

    private static long one(
            String text, Map<String, Long> units, String rule, Function<String, IllegalArgumentException> wrong) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text);
        if (!matcher.matches() || !units.containsKey(matcher.group(2))) {
            throw wrong.apply("'" + text + "' is not " + rule);
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), units.get(matcher.group(2)));
        } catch (ArithmeticException e) {
            throw wrong.apply("'" + text + "' is too much");
        }
    }
}
