// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads one rule: {@code FAULT[=VALUE][@ACCESS+ACCESS…][:LIMIT,LIMIT…]}. What each part may be: {@code docs/chaos.md}. */
final class RuleText {
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,18})(?:\\.\\.(\\d{1,18}))?");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,9})?)%");

    /** What a cache holds unless the rule says otherwise. */
    static final long CACHE_BYTES = 64L << 20;

    private final String text;
    private final Fault fault;
    private final String value;
    private final String accesses;
    private final String limits;

    private RuleText(String text) {
        this.text = text;
        int colon = text.indexOf(':');
        String head = colon < 0 ? text : text.substring(0, colon);
        limits = colon < 0 ? null : text.substring(colon + 1);
        int at = head.indexOf('@');
        accesses = at < 0 ? null : head.substring(at + 1);
        String named = at < 0 ? head : head.substring(0, at);
        int equals = named.indexOf('=');
        value = equals < 0 ? null : named.substring(equals + 1);
        String word = equals < 0 ? named : named.substring(0, equals);
        fault = Fault.of(word)
                .orElseThrow(() -> wrong("there is no fault '" + word + "'; there are " + list(Fault.words())));
    }

    /**
     * Reads a rule.
     *
     * @throws IllegalArgumentException if it is not understood
     */
    static Rule parse(String text) {
        return new RuleText(text).rule();
    }

    private Rule rule() {
        Set<Access> about = accesses();
        Limits when = limits();
        if (when.hasRange()) {
            if (accesses != null && about.stream().anyMatch(access -> !access.hasRange())) {
                throw wrong("a range is one of read, write and zero; what else the rule names has no place");
            }
            about.removeIf(access -> !access.hasRange());
        }
        if (fault.kind() == Fault.Kind.STATE && when.areMoreThanTime()) {
            throw wrong(fault.word() + " is a state of the leg and can be limited by time only: t=30s..45s");
        }
        if (fault == Fault.CACHE && when != Limits.NONE) {
            throw wrong("a cache is there or not; write cache or cache=64M alone");
        }
        return switch (fault) {
            case ERROR -> of(about, when, words(Set.of("EIO", "ENOSPC", "EROFS"), "EIO", 1), 0, 0);
            case TEAR -> of(about, when, tearWords(), 0, 0);
            case DELAY -> {
                Quantity.Span span = delay(required("5s or 10ms..50ms"));
                yield of(about, when, Set.of(), span.from(), span.to());
            }
            case HANG -> {
                long nanos = value == null ? Long.MAX_VALUE : Quantity.oneDuration(value, this::wrong);
                yield of(about, when, Set.of(), nanos, nanos);
            }
            case CACHE -> {
                long bytes = value == null ? CACHE_BYTES : Quantity.oneSize(value, this::wrong);
                yield of(about, when, Set.of(), bytes, bytes);
            }
            case SHRINK -> {
                long bytes = Quantity.oneSize(required("a size in bytes such as 1M"), this::wrong);
                yield of(about, when, Set.of(), bytes, bytes);
            }
            case SHORT, LIE, ROT, READ_ONLY, VANISH -> {
                if (value != null) {
                    throw wrong(fault.word() + " has no value");
                }
                yield of(about, when, Set.of(), 0, 0);
            }
        };
    }

    private Quantity.Span delay(String written) {
        if (!written.contains("..")) {
            long nanos = Quantity.oneDuration(written, this::wrong);
            return new Quantity.Span(nanos, nanos);
        }
        Quantity.Span span = Quantity.duration(written, this::wrong);
        if (span.to() == Long.MAX_VALUE) {
            throw wrong("a delay has an end: 10ms..50ms");
        }
        return span;
    }

    private Rule of(Set<Access> about, Limits when, Set<String> words, long least, long most) {
        return new Rule(text, fault, words, least, most, Set.copyOf(about), when);
    }

    private String required(String what) {
        if (value == null) {
            throw wrong(fault.word() + " needs a value: " + fault.word() + "= and " + what);
        }
        return value;
    }

    private Set<String> words(Set<String> known, String otherwise, int most) {
        List<String> found = value == null ? List.of(otherwise) : Arrays.asList(value.split("\\+", -1));
        if (!known.containsAll(found) || found.size() > most) {
            throw wrong("the value of " + fault.word() + " is " + (most == 1 ? "one" : "any") + " of "
                    + list(known.stream().sorted().toList()));
        }
        return Set.copyOf(new HashSet<>(found));
    }

    private Set<String> tearWords() {
        Set<String> words = new HashSet<>(words(Set.of("prefix", "scatter", "silent"), "prefix", 2));
        if (words.contains("prefix") && words.contains("scatter")) {
            throw wrong("a write is torn behind a prefix or scattered, not both");
        }
        return words;
    }

    private Set<Access> accesses() {
        Set<Access> about = EnumSet.noneOf(Access.class);
        about.addAll(fault.usual());
        if (accesses == null) {
            return about;
        }
        if (fault.possible().isEmpty()) {
            throw wrong(
                    fault.word() + " is a state of the leg, not of a single operation; leave out what begins with @");
        }
        about.clear();
        for (String word : accesses.split("\\+", -1)) {
            about.add(fault.possible().stream()
                    .filter(access -> access.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> wrong("behind @ stands '" + word + "', but " + fault.word() + " happens to "
                            + list(fault.possible().stream()
                                    .sorted()
                                    .map(Access::word)
                                    .toList()))));
        }
        return about;
    }

    private Limits limits() {
        Limits when = Limits.NONE;
        if (limits == null) {
            return when;
        }
        for (String limit : limits.split(",", -1)) {
            when = limited(when, limit);
        }
        return when;
    }

    private Limits limited(Limits when, String limit) {
        var numbers = NUMBERS.matcher(limit);
        if (numbers.matches()) {
            long first = Long.parseLong(numbers.group(1));
            long last = numbers.group(2) == null ? Long.MAX_VALUE : Long.parseLong(numbers.group(2));
            if (first < 1 || last < first) {
                throw wrong("'" + limit + "' counts operations from 1 on, upwards: 100 or 1..3");
            }
            return when.withNumbers(first, last);
        }
        var percent = PERCENT.matcher(limit);
        if (percent.matches()) {
            double chance = Double.parseDouble(percent.group(1)) / 100;
            if (chance <= 0 || chance > 1) {
                throw wrong("'" + limit + "' is no probability; it is above 0% and at most 100%");
            }
            return when.withProbability(chance);
        }
        int equals = limit.indexOf('=');
        String of = equals < 0 ? "" : limit.substring(equals + 1);
        switch (equals < 0 ? limit : limit.substring(0, equals)) {
            case "times" -> {
                if (!of.matches("\\d{1,18}") || Long.parseLong(of) < 1) {
                    throw wrong("'" + limit + "' is no number of times; write times=3");
                }
                return when.withTimes(Long.parseLong(of));
            }
            case "range" -> {
                Quantity.Span span = Quantity.size(of, this::wrong);
                return when.withRange(span.from(), span.to());
            }
            case "t" -> {
                Quantity.Span span = Quantity.duration(of, this::wrong);
                return when.withTime(span.from(), span.to());
            }
            default ->
                throw wrong("'" + limit + "' is no limit; there are 100 (from the 100th on), 1..3, 3%, times=3,"
                        + " range=1M..2M and t=30s..45s");
        }
    }

    private static String list(List<String> words) {
        return String.join(", ", words);
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("rule '" + text + "': " + what);
    }
}
