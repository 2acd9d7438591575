// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What operators and tools see of a log, in the kernel's words.
 *
 * @param typeName  the {@link DirtyLogType#name()}
 * @param health    whether the record can still be kept
 * @param details   words that follow the type name in an info line, such as the log device and the health letter; empty
 *                  for a log without a medium. As they are: a line encodes what would not be one word in it
 * @param arguments words that would create this log again, region size and sync word included; as they are, too
 */
public record LogStatus(String typeName, Health health, List<String> details, List<String> arguments) {

    /** Whether a log can still keep its record. */
    public enum Health {
        /** It can. */
        ALIVE('A'),
        /** Writes succeed but cannot be forced to stable storage. */
        FLUSH_FAILED('F'),
        /** The medium cannot be read or written. */
        DEAD('D');

        private final char letter;

        Health(char letter) {
            this.letter = letter;
        }

        /**
         * The letter by which {@code dmsetup status} shows this.
         *
         * @return one of A, F and D
         */
        public char letter() {
            return letter;
        }
    }

    /** Copies the lists. */
    public LogStatus {
        Objects.requireNonNull(typeName, "typeName");
        Objects.requireNonNull(health, "health");
        details = List.copyOf(details);
        arguments = List.copyOf(arguments);
    }

    /**
     * Renders the log's part of {@code dmsetup status}, such as {@code 3 disk 253:4 A}; a
     * blank in a word is written {@code %20}. Source: {@code dm-log.c},
     * {@code core_status} and {@code disk_status}.
     *
     * @return the number of words, the type name and the details
     */
    public String infoLine() {
        return details.size() + 1 + " " + typeName + words(details);
    }

    /**
     * Renders the log's part of {@code dmsetup table}, such as {@code disk 2 253:4 1024}. As in the kernel a blank
     * separates it from the number of legs that follows; the caller adds it.
     *
     * @return the type name, the number of arguments and the arguments
     */
    public String tableLine() {
        return typeName + " " + arguments.size() + words(arguments);
    }

    /** Each behind a blank, with blanks, control characters, the percent sign and what is not ASCII percent-encoded. */
    private static String words(List<String> plain) {
        StringBuilder text = new StringBuilder();
        for (String word : plain) {
            text.append(' ');
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                int c = b & 0xFF;
                if (c <= ' ' || c == '%' || c >= 0x7F) {
                    text.append(String.format("%%%02X", c));
                } else {
                    text.append((char) c);
                }
            }
        }
        return text.toString();
    }
}
