// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;

/**
 * Where a command prints. No character of a name or a message steers the terminal.
 *
 * @param out for results
 * @param err for what somebody should know beside the result
 */
record Streams(PrintStream out, PrintStream err) {
    private static final JsonFactory JSON = new JsonFactory();

    @FunctionalInterface
    interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    /** Prints one JSON value on one line. */
    void json(Content content) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            content.write(json);
        }
        out.println(text);
    }

    void line(String text) {
        out.println(printable(text));
    }

    void warning(String text) {
        err.println(printable(text));
    }

    static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            boolean steers = Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
            if (steers) {
                safe.append(String.format("\\u%04X", c));
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
