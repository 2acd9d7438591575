// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is left out of a history, so that a failure can be looked at without what has no part in it. Each part has dice of its own, so
 * that leaving one out changes the others as little as can be.
 */
final class Cuts {
    /** Parts of a history; all but operations are those of a life, by its number. */
    enum Kind {
        /** All of it. */
        LIFE,
        /** What is to go wrong in it. */
        FAULTS,
        /** What its operator does, but for stopping the mirror. */
        OPERATOR,
        /** What a client does. */
        OP;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final Cuts NONE = new Cuts(Map.of());
    private static final Pattern PART = Pattern.compile("([a-z]+)([0-9]{1,6})(?:-([0-9]{1,6}))?");

    private final Map<Kind, BitSet> parts;

    private Cuts(Map<Kind, BitSet> parts) {
        this.parts = parts;
    }

    /**
     * As they are typed.
     *
     * @param text such as {@code life3,op0-17,faults4,operator4}
     */
    static Cuts of(String text) {
        Cuts cuts = NONE;
        for (String word : text.split(",")) {
            Matcher part = PART.matcher(word);
            if (!part.matches()) {
                throw new IllegalArgumentException("'" + word + "' is no part of a history; life3 or op0-17 are");
            }
            int first = Integer.parseInt(part.group(2));
            int last = part.group(3) == null ? first : Integer.parseInt(part.group(3));
            cuts = cuts.and(kind(part.group(1)), first, last + 1);
        }
        return cuts;
    }

    private static Kind kind(String text) {
        for (Kind kind : Kind.values()) {
            if (kind.text().equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no part of a history; life, faults, operator and op are");
    }

    /** Leaves out more: those from one number to another, exclusive. */
    Cuts and(Kind kind, int first, int end) {
        Map<Kind, BitSet> more = new TreeMap<>(parts);
        BitSet numbers = (BitSet) more.getOrDefault(kind, new BitSet()).clone();
        numbers.set(first, end);
        more.put(kind, numbers);
        return new Cuts(more);
    }

    boolean has(Kind kind, int number) {
        BitSet numbers = parts.get(kind);
        return numbers != null && numbers.get(number);
    }

    /** Whether all from one number to another, exclusive, are left out. */
    boolean hasAll(Kind kind, int first, int end) {
        BitSet numbers = parts.get(kind);
        return numbers != null && numbers.nextClearBit(first) >= end;
    }

    int count() {
        return parts.values().stream().mapToInt(BitSet::cardinality).sum();
    }

    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        parts.forEach((kind, numbers) -> {
            for (int first = numbers.nextSetBit(0); first >= 0; ) {
                int last = numbers.nextClearBit(first) - 1;
                words.add(kind.text() + first + (last == first ? "" : "-" + last));
                first = numbers.nextSetBit(last + 1);
            }
        });
        return String.join(",", words);
    }
}
