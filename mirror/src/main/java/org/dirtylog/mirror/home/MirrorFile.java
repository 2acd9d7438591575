// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegPolicy;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;

/**
 * The file {@code etc/org.dirtylog.mirror-NAME.cfg}: lines {@code key = value}, comments after {@code #}. A backslash is
 * written twice, as in every file that ConfigAdmin reads.
 */
final class MirrorFile {
    private static final String PREFIX = "org.dirtylog.mirror-";
    private static final String SUFFIX = ".cfg";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    private MirrorFile() {}

    /** Refuses what is no name of a mirror. */
    static void requireName(String name) throws MirrorException {
        if (!NAME.matcher(name).matches()) {
            throw new MirrorException(
                    "'" + name + "' is no name for a mirror: 1 to 64 letters, digits, '.', '_' and '-',"
                            + " beginning with a letter or digit");
        }
    }

    static String fileName(String mirrorName) {
        return PREFIX + mirrorName + SUFFIX;
    }

    /** The mirror that a file describes, or empty for a file that describes none. */
    static Optional<String> mirrorName(String fileName) {
        return fileName.startsWith(PREFIX) && fileName.endsWith(SUFFIX)
                ? Optional.of(fileName.substring(PREFIX.length(), fileName.length() - SUFFIX.length()))
                : Optional.empty();
    }

    static String print(MirrorConfig config) {
        List<String> lines = new ArrayList<>();
        lines.add("# A mirror of dirtylog; the keys are in docs/operating.md.");
        lines.add("table = " + escape(config.table().toString()));
        lines.add("export = " + escape(config.exportName()));
        lines.add("otherWriter = " + config.otherWriter().name().toLowerCase(Locale.ROOT));
        lines.add("logLoss = " + (config.failOnLogLoss() ? "fail" : "hold"));
        return String.join("\n", lines) + "\n";
    }

    static MirrorConfig parse(String fileName, String text, Function<String, Optional<List<String>>> parametersOf)
            throws MirrorException {
        String name = mirrorName(fileName).orElseThrow();
        try {
            requireName(name);
        } catch (MirrorException e) {
            throw new MirrorException(fileName + ": " + e.getMessage() + "; the mirror is not started", e);
        }
        Map<String, Line> lines = lines(fileName, text);
        String export = name;
        OtherWriter otherWriter = OtherWriter.DIRTY;
        boolean failOnLogLoss = false;
        Duration patience = LogSpec.DEFAULT_PATIENCE;
        Duration cleanAfter = MirrorConfig.DEFAULT_CLEAN_AFTER;
        long hotRegions = MirrorConfig.DEFAULT_HOT_REGIONS;
        boolean startDegraded = true;
        TableLine table = null;
        for (Map.Entry<String, Line> entry : lines.entrySet()) {
            Line line = entry.getValue();
            switch (entry.getKey()) {
                case "table" -> table = tableOf(fileName, line, parametersOf);
                case "export" -> export = export(fileName, line);
                case "otherWriter" -> otherWriter = otherWriter(fileName, line);
                case "logLoss" ->
                    failOnLogLoss = word(fileName, line, "hold", "fail").equals("fail");
                case "patienceSeconds" -> patience = Duration.ofSeconds(number(fileName, line, 1, 3600));
                case "cleanAfterMillis" -> cleanAfter = Duration.ofMillis(number(fileName, line, 1, 3_600_000));
                case "hotRegions" -> hotRegions = number(fileName, line, 1, 1L << 32);
                case "startDegraded" ->
                    startDegraded = word(fileName, line, "true", "false").equals("true");
                default ->
                    throw wrong(
                            fileName,
                            line,
                            "key '" + entry.getKey() + "' is unknown; known are table, export,"
                                    + " otherWriter, logLoss, patienceSeconds, cleanAfterMillis, hotRegions, startDegraded");
            }
        }
        if (table == null) {
            throw new MirrorException(fileName + ": no line 'table = …'; the mirror is not started");
        }
        return new MirrorConfig(
                name,
                export,
                table,
                otherWriter,
                false,
                failOnLogLoss,
                patience,
                cleanAfter,
                hotRegions,
                LegPolicy.DEFAULT.withStartDegraded(startDegraded));
    }

    private record Line(int number, String value) {}

    private static Map<String, Line> lines(String fileName, String text) throws MirrorException {
        Map<String, Line> lines = new LinkedHashMap<>();
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int at = line.indexOf('=');
            if (at < 1) {
                throw wrong(fileName, new Line(number, line), "'" + line + "' is not 'key = value'");
            }
            String key = line.substring(0, at).strip();
            Line before = lines.put(
                    key, new Line(number, unescape(line.substring(at + 1).strip())));
            if (before != null) {
                throw wrong(
                        fileName,
                        new Line(number, line),
                        "key '" + key + "' stands in line " + before.number + " already");
            }
        }
        return lines;
    }

    private static MirrorException wrong(String fileName, Line line, String what) {
        return new MirrorException(fileName + " line " + line.number + ": " + what + "; the mirror is not started");
    }

    private static TableLine tableOf(String fileName, Line line, Function<String, Optional<List<String>>> parametersOf)
            throws MirrorException {
        boolean[] typeIsMissing = new boolean[1];
        try {
            return TableLine.parse(line.value, type -> {
                        Optional<List<String>> parameters = parametersOf.apply(type);
                        typeIsMissing[0] |= parameters.isEmpty();
                        return parameters;
                    })
                    .withNames(FileNames::absolute);
        } catch (TableException e) {
            if (typeIsMissing[0]) {
                // Its bundle may come later.
                throw MirrorException.waiting(fileName + " line " + line.number + ": " + e.getMessage(), e);
            }
            throw wrong(fileName, line, e.getMessage());
        }
    }

    private static String export(String fileName, Line line) throws MirrorException {
        try {
            ExportNames.check(line.value);
            return line.value;
        } catch (MirrorException e) {
            throw wrong(fileName, line, e.getMessage());
        }
    }

    private static OtherWriter otherWriter(String fileName, Line line) throws MirrorException {
        return OtherWriter.valueOf(
                word(fileName, line, "dirty", "adopt", "refuse").toUpperCase(Locale.ROOT));
    }

    private static String word(String fileName, Line line, String... words) throws MirrorException {
        for (String word : words) {
            if (word.equals(line.value)) {
                return word;
            }
        }
        throw wrong(fileName, line, "'" + line.value + "' is none of " + String.join(", ", words));
    }

    private static long number(String fileName, Line line, long least, long most) throws MirrorException {
        try {
            long number = Long.parseLong(line.value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, with the range.
        }
        throw wrong(fileName, line, "'" + line.value + "' is no number from " + least + " to " + most);
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\");
    }

    private static String unescape(String value) {
        return value.replace("\\\\", "\\");
    }
}
