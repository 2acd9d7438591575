// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The words of a table line, read one after the other. Words are separated by blanks; a name with a blank is encoded. */
final class TableWords {
    private final String[] words;
    private int next;

    TableWords(String line) {
        String stripped = line.strip();
        this.words = stripped.isEmpty() ? new String[0] : stripped.split("[ \t]+");
    }

    int left() {
        return words.length - next;
    }

    /** The place of the next word, counted from 1, for messages. */
    int place() {
        return next + 1;
    }

    String peek() {
        return words[next];
    }

    /** The word that comes so many after the next. */
    String peek(int ahead) {
        return words[next + ahead];
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
        String rule = what + " is a decimal number from " + Long.toUnsignedString(least) + " to "
                + Long.toUnsignedString(most);
        if (!isDecimal(word)) {
            throw wrong(place, word, rule);
        }
        try {
            long number = Long.parseUnsignedLong(word);
            if (Long.compareUnsigned(number, least) >= 0 && Long.compareUnsigned(number, most) <= 0) {
                return number;
            }
        } catch (NumberFormatException tooLarge) {
            throw wrong(place, word, rule);
        }
        throw wrong(place, word, rule);
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
        return new TableException("word " + place + " is '" + word + "', but " + rule);
    }

    private static String decode(String word, int place, String what) throws TableException {
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
