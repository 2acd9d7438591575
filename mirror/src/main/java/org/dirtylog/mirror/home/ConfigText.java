// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dirtylog.mirror.MirrorException;

/**
 * The text of a configuration file as its author wrote it: lines {@code key = value}, comments after {@code #}. A backslash
 * in a value is written twice, as in every file that ConfigAdmin reads. Unchangeable.
 */
final class ConfigText {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final String text;
    private final Map<String, Line> lines;

    /**
     * A line with a key.
     *
     * @param number from 1
     * @param value  without its blanks, backslashes single
     * @param start  where the value begins in the text, in characters
     * @param end    where it ends
     */
    private record Line(int number, String value, int start, int end) {}

    private ConfigText(String text, Map<String, Line> lines) {
        this.text = text;
        this.lines = lines;
    }

    /**
     * Reads a text.
     *
     * @param fileName for messages
     * @throws MirrorException if a line is none, or a key is there twice; the message names file and line
     */
    static ConfigText parse(String fileName, String text) throws MirrorException {
        Map<String, Line> lines = new LinkedHashMap<>();
        int number = 0;
        int next = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length() : 0;
        while (next <= text.length()) {
            number++;
            int lineFeed = text.indexOf('\n', next);
            int start = next;
            int end = lineFeed < 0 ? text.length() : lineFeed;
            next = end + 1;
            String line = text.substring(start, end).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int at = text.indexOf('=', start);
            String key = at < 0 || at >= end ? "" : text.substring(start, at).strip();
            if (key.isEmpty()) {
                throw new MirrorException(fileName + " line " + number + ": '" + line + "' is not 'key = value'");
            }
            Line before = lines.put(key, valueIn(text, number, at + 1, end));
            if (before != null) {
                throw new MirrorException(fileName + " line " + number + ": key '" + key + "' stands in line "
                        + before.number + " already");
            }
        }
        return new ConfigText(text, lines);
    }

    /** Blanks around a value are not part of it. */
    private static Line valueIn(String text, int number, int start, int end) {
        String raw = text.substring(start, end);
        int first = start + raw.length() - raw.stripLeading().length();
        String value = raw.strip();
        if (value.isEmpty()) {
            first = start;
        }
        return new Line(number, value.replace("\\\\", "\\"), first, first + value.length());
    }

    /** The keys in the order of their lines. */
    List<String> keys() {
        return new ArrayList<>(lines.keySet());
    }

    /** The value of a key that is there. */
    String value(String key) {
        return lines.get(key).value;
    }

    /** The line of a key that is there, from 1. */
    int line(String key) {
        return lines.get(key).number;
    }

    /** Keys and values, without their places. */
    Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        lines.forEach((key, line) -> values.put(key, line.value));
        return Collections.unmodifiableMap(values);
    }

    /**
     * Replaces one value and leaves every other character as it is: comments, order, blanks, line ends. A key that is not there
     * gets a line at the end.
     *
     * @param value without line breaks, and without blanks at its ends: the text would not keep them
     */
    ConfigText with(String key, String value) {
        if (!value.equals(value.strip()) || value.codePoints().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a file does not keep '" + value + "' as it is");
        }
        String written = escape(value);
        Line line = lines.get(key);
        String next = line == null
                ? text + (text.isEmpty() || text.endsWith("\n") ? "" : lineEnd()) + key + " = " + written + lineEnd()
                : text.substring(0, line.start) + written + text.substring(line.end);
        try {
            return parse("", next);
        } catch (MirrorException e) {
            throw new IllegalStateException("a text that was read cannot be read with another value", e);
        }
    }

    private String lineEnd() {
        return text.contains("\r\n") ? "\r\n" : "\n";
    }

    static String escape(String value) {
        return value.replace("\\", "\\\\");
    }

    @Override
    public String toString() {
        return text;
    }
}
