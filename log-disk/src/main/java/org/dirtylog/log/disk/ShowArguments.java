// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.util.Optional;

/**
 * What was typed behind {@code log:show}.
 *
 * @param file  the log
 * @param table the line to try out on it
 * @param json  whether a program reads the answer
 */
record ShowArguments(String file, Optional<String> table, boolean json) {
    private static final String TABLE = "--table";
    private static final String USAGE = "write: log:show FILE [--table 'LINE'] [--json]";

    /**
     * Reads the words; the options may stand anywhere, and {@code --} ends them, as with the other commands.
     *
     * @throws IllegalArgumentException if they are not understood; the message says what would be
     */
    static ShowArguments of(String... words) {
        String file = null;
        String table = null;
        boolean json = false;
        boolean options = true;
        for (int i = 0; i < words.length; i++) {
            String word = words[i];
            if (options && word.equals("--")) {
                options = false;
            } else if (options && word.equals("--json")) {
                json = true;
            } else if (options && (word.equals(TABLE) || word.startsWith(TABLE + "="))) {
                if (table != null) {
                    throw new IllegalArgumentException("--table stands there twice; " + USAGE);
                }
                if (word.equals(TABLE) && ++i == words.length) {
                    throw new IllegalArgumentException("--table needs a line behind it; " + USAGE);
                }
                table = word.equals(TABLE) ? words[i] : word.substring(TABLE.length() + 1);
            } else if (options && word.startsWith("--")) {
                throw new IllegalArgumentException("unknown option " + word + "; " + USAGE);
            } else if (file != null) {
                throw new IllegalArgumentException("two files, " + file + " and " + word + "; " + USAGE);
            } else {
                file = word;
            }
        }
        if (file == null) {
            throw new IllegalArgumentException("no file; " + USAGE);
        }
        return new ShowArguments(file, Optional.ofNullable(table), json);
    }
}
