// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of lines {@code key = value}, comments after {@code #}, a backslash written twice, as ConfigAdmin reads it. Whoever
 * takes a value says what it may be; what is wrong is told by file, line, what was found and what is expected.
 */
final class ExportFile {
    private final Path file;
    private final Map<String, Line> lines;

    /** One value and where it stands. */
    record Line(int number, String value) {}

    private ExportFile(Path file, Map<String, Line> lines) {
        this.file = file;
        this.lines = lines;
    }

    /** Reads the file; one that is not there says nothing. */
    static ExportFile read(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return new ExportFile(file, Map.of());
        }
        // A pipe of that name would keep whoever reads it for ever.
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + ": cannot be read: it is no regular file");
        }
        return parse(file, text(file, ByteBuffer.wrap(Files.readAllBytes(file))));
    }

    private static String text(Path file, ByteBuffer bytes) throws IOException {
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true).isError()) {
            long line = text.flip().chars().filter(c -> c == '\n').count() + 1;
            throw new IOException(file + " line " + line + ": a byte is no UTF-8");
        }
        return text.flip().toString();
    }

    static ExportFile parse(Path file, String text) throws IOException {
        Map<String, Line> lines = new LinkedHashMap<>();
        ExportFile parsed = new ExportFile(file, lines);
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int at = line.indexOf('=');
            if (at < 1) {
                throw parsed.wrong(new Line(number, line), "'" + line + "' is not 'key = value'");
            }
            String key = line.substring(0, at).strip();
            String value = line.substring(at + 1).strip().replace("\\\\", "\\");
            Line before = lines.put(key, new Line(number, value));
            if (before != null) {
                throw parsed.wrong(
                        new Line(number, line), "key '" + key + "' stands in line " + before.number + " already");
            }
        }
        return parsed;
    }

    IOException wrong(Line line, String what) {
        return new IOException(file + " line " + line.number + ": " + what);
    }

    /** An error that no line of its own has: one that should be there is not. */
    IOException missing(String what) {
        return new IOException(file + ": " + what);
    }

    /** Refuses keys that nobody will ask for. */
    void requireKeys(List<String> known) throws IOException {
        for (Map.Entry<String, Line> entry : lines.entrySet()) {
            if (!known.contains(entry.getKey())) {
                throw wrong(
                        entry.getValue(),
                        "key '" + entry.getKey() + "' is unknown; known are " + String.join(", ", known));
            }
        }
    }

    Optional<Line> line(String key) {
        return Optional.ofNullable(lines.get(key));
    }

    /** A file that a value names; a relative name is taken from the folder of this file. */
    Optional<Path> path(String key) {
        return line(key).map(line -> file.resolveSibling(line.value));
    }

    /** One of some words; the first if the key is not there. */
    String word(String key, String... words) throws IOException {
        Optional<Line> line = line(key);
        if (line.isEmpty()) {
            return words[0];
        }
        for (String word : words) {
            if (word.equals(line.get().value)) {
                return word;
            }
        }
        throw wrong(line.get(), key + " is '" + line.get().value + "'; expected one of " + String.join(", ", words));
    }

    int number(String key, int otherwise, int least, int most) throws IOException {
        Optional<Line> line = line(key);
        if (line.isEmpty()) {
            return otherwise;
        }
        String value = line.get().value;
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, with the range.
        }
        throw wrong(line.get(), key + " is '" + value + "'; expected a number from " + least + " to " + most);
    }
}
