// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The words of a table line, read one after the other. Words are separated by blanks; a name with a blank is encoded. */
final class TableWords {
    /** What C's {@code isspace} calls blank, as the kernel does. */
    private static final Pattern BLANKS = Pattern.compile("[ \\t\\n\\x0B\\f\\r]+");

    /** So much of a wrong word is shown. */
    private static final int SHOWN_CHARS = 100;

    private final String[] words;
    private int next;

    TableWords(String line) {
        this(BLANKS.splitAsStream(line).filter(word -> !word.isEmpty()).toArray(String[]::new), 0);
    }

    private TableWords(String[] words, int next) {
        this.words = words;
        this.next = next;
    }

    /** The same line from a later word on; this reader stays where it is. */
    TableWords ahead(int count) {
        return new TableWords(words, next + count);
    }

    int left() {
        return words.length - next;
    }

    /** The place of the next word, counted from 1, for messages. */
    int place() {
        return next + 1;
    }

    /** The word that comes so many after the next. */
    String peek(int ahead) {
        return words[next + ahead];
    }

    /** The word that was taken last. */
    String taken() {
        return words[next - 1];
    }

    String take(String what) throws TableException {
        if (left() == 0) {
            throw new TableException("word " + place() + " is missing: expected " + what);
        }
        return words[next++];
    }

    /** A number in unsigned decimal ASCII digits, as the kernel reads it; a sign, a blank or another digit is refused. */
    long number(String what, long least, long most) throws TableException {
        int place = place();
        String word = take(what);
        String rule = what + " is a decimal number from " + least + " to " + most;
        long number = decimal(word);
        if (number < least || number > most) {
            throw wrong(place, word, rule);
        }
        return number;
    }

    /** The value of a word, or -1 if it is no decimal number or does not fit a {@code long}. */
    static long decimal(String word) {
        if (!isDecimal(word)) {
            return -1;
        }
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException tooLarge) {
            return -1;
        }
    }

    static boolean isDecimal(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return !word.isEmpty();
    }

    /** A name, decoded. */
    String name(String what) throws TableException {
        int place = place();
        String word = take(what);
        return decode(word, place, what);
    }

    static TableException wrong(int place, String word, String rule) {
        return new TableException("word " + place + " is '" + shown(word) + "', but " + rule);
    }

    static String shown(String word) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(word.length(), SHOWN_CHARS); i++) {
            text.append(Character.isISOControl(word.charAt(i)) ? '?' : word.charAt(i));
        }
        return word.length() > SHOWN_CHARS ? text + "… (" + word.length() + " characters)" : text.toString();
    }

    private static String decode(String word, int place, String what) throws TableException {
        if (word.indexOf('\0') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(word)) {
            // No path has them, and they could be written into a file, but not read from it.
            throw wrong(place, word, what + " has a character that no name may have: NUL, or half of a pair");
        }
        if (word.indexOf('%') < 0) {
            return word;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] raw = word.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 <= raw.length - 1 ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 <= raw.length - 1 ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0 || high == 0 && low == 0) {
                throw wrong(
                        place,
                        word,
                        "in " + what + " a percent sign is followed by two hexadecimal digits, not 00; the"
                                + " sign itself is written %25");
            }
            bytes.write(16 * high + low);
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw wrong(place, word, what + ", decoded, is UTF-8");
        }
    }

    /** Writes a name as one word. */
    static String encode(String name) {
        StringBuilder word = new StringBuilder();
        name.codePoints().forEach(c -> {
            if (c <= ' ' || c == '%' || c == 0x7F || Character.isWhitespace(c) || Character.isISOControl(c)) {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    word.append(String.format("%%%02X", b & 0xFF));
                }
            } else {
                word.appendCodePoint(c);
            }
        });
        return word.toString();
    }
}
