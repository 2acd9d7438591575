// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.time.Duration;
import java.util.ArrayList;
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
import org.dirtylog.mirror.RecoveryPolicy;
import org.dirtylog.mirror.home.Settings.Word;

/** The file {@code etc/org.dirtylog.mirror-NAME.cfg}: its name, its keys and what may stand there. */
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

    /** Refuses a file that names no mirror. */
    static void requireNameOf(String fileName) throws MirrorException {
        try {
            requireName(mirrorName(fileName).orElse(fileName));
        } catch (MirrorException e) {
            throw new MirrorException(fileName + ": " + e.getMessage(), e);
        }
    }

    static String print(MirrorConfig config) {
        List<String> lines = new ArrayList<>();
        lines.add("# A mirror of dirtylog; the keys are in docs/operating.md.");
        lines.add("table = " + ConfigText.escape(config.table().toString()));
        lines.add("export = " + ConfigText.escape(config.exportName()));
        lines.add("otherWriter = " + config.otherWriter().name().toLowerCase(Locale.ROOT));
        lines.add("logLoss = " + (config.failOnLogLoss() ? "fail" : "hold"));
        return String.join("\n", lines) + "\n";
    }

    /**
     * Makes sense of the words.
     *
     * @throws MirrorException names the place, what was found and what is expected; {@link MirrorException#isWaiting()} if only
     *                         a log type is missing
     */
    static MirrorConfig parse(Settings settings, Function<String, Optional<List<String>>> parametersOf)
            throws MirrorException {
        String export = settings.name();
        OtherWriter otherWriter = OtherWriter.DIRTY;
        boolean failOnLogLoss = false;
        Duration patience = LogSpec.DEFAULT_PATIENCE;
        Duration cleanAfter = MirrorConfig.DEFAULT_CLEAN_AFTER;
        long hotRegions = MirrorConfig.DEFAULT_HOT_REGIONS;
        LegPolicy legs = LegPolicy.DEFAULT;
        Word floor = null;
        Word ceiling = null;
        TableLine table = null;
        for (Map.Entry<String, Word> entry : settings.words().entrySet()) {
            Word word = entry.getValue();
            switch (entry.getKey()) {
                case "table" -> table = tableOf(word, parametersOf);
                case "export" -> export = export(word);
                case "otherWriter" -> otherWriter = otherWriter(word);
                case "logLoss" -> failOnLogLoss = oneOf(word, "hold", "fail").equals("fail");
                case "patienceSeconds" -> patience = Duration.ofSeconds(number(word, 1, 3600));
                case "cleanAfterMillis" -> cleanAfter = Duration.ofMillis(number(word, 1, 3_600_000));
                case "hotRegions" -> hotRegions = number(word, 1, 1L << 32);
                case "startDegraded" ->
                    legs = legs.withStartDegraded(oneOf(word, "true", "false").equals("true"));
                case "legSlowMillis" -> legs = legs.withTimeouts(timeout(word), legs.hungAfter());
                case "legHungMillis" -> legs = legs.withTimeouts(legs.slowAfter(), timeout(word));
                case "recoveryFloorMiB" -> floor = word;
                case "recoveryCeilingMiB" -> ceiling = word;
                default ->
                    throw wrong(
                            word,
                            "key '" + entry.getKey() + "' is unknown; known are table, export,"
                                    + " otherWriter, logLoss, patienceSeconds, cleanAfterMillis, hotRegions, startDegraded,"
                                    + " legSlowMillis, legHungMillis, recoveryFloorMiB, recoveryCeilingMiB");
            }
        }
        if (table == null) {
            throw new MirrorException(settings.origin() + ": no line 'table = …'");
        }
        return new MirrorConfig(
                settings.name(),
                export,
                table,
                otherWriter,
                false,
                failOnLogLoss,
                patience,
                cleanAfter,
                hotRegions,
                legs,
                recovery(floor, ceiling));
    }

    /** The two lines may stand in any order, and either may be missing. */
    private static RecoveryPolicy recovery(Word floor, Word ceiling) throws MirrorException {
        long most = ceiling == null ? 0 : number(ceiling, 0, RecoveryPolicy.MOST_MIB);
        long usual = RecoveryPolicy.DEFAULT.floorMiB();
        long least =
                floor != null ? number(floor, 1, RecoveryPolicy.MOST_MIB) : most == 0 ? usual : Math.min(usual, most);
        if (most > 0 && least > most) {
            throw wrong(
                    floor,
                    "recoveryFloorMiB is " + least + ", more than recoveryCeilingMiB, which is " + most
                            + " (0 would be as fast as the legs are)");
        }
        return new RecoveryPolicy(least, most);
    }

    /** 0 is never; what is shorter than the least would call every disk hung. */
    private static Duration timeout(Word word) throws MirrorException {
        return word.value().equals("0") ? Duration.ZERO : Duration.ofMillis(number(word, 100, 3_600_000));
    }

    private static MirrorException wrong(Word word, String what) {
        return new MirrorException(word.place() + ": " + what);
    }

    private static TableLine tableOf(Word word, Function<String, Optional<List<String>>> parametersOf)
            throws MirrorException {
        boolean[] typeIsMissing = new boolean[1];
        try {
            return TableLine.parse(word.value(), type -> {
                        Optional<List<String>> parameters = parametersOf.apply(type);
                        typeIsMissing[0] |= parameters.isEmpty();
                        return parameters;
                    })
                    .withNames(FileNames::absolute);
        } catch (TableException e) {
            if (typeIsMissing[0]) {
                // Its bundle may come later.
                throw MirrorException.waiting(word.place() + ": " + e.getMessage(), e);
            }
            throw wrong(word, e.getMessage());
        }
    }

    private static String export(Word word) throws MirrorException {
        try {
            ExportNames.check(word.value());
            return word.value();
        } catch (MirrorException e) {
            throw wrong(word, e.getMessage());
        }
    }

    private static OtherWriter otherWriter(Word word) throws MirrorException {
        return OtherWriter.valueOf(oneOf(word, "dirty", "adopt", "refuse").toUpperCase(Locale.ROOT));
    }

    private static String oneOf(Word word, String... words) throws MirrorException {
        for (String possible : words) {
            if (possible.equals(word.value())) {
                return possible;
            }
        }
        throw wrong(word, "'" + word.value() + "' is none of " + String.join(", ", words));
    }

    private static long number(Word word, long least, long most) throws MirrorException {
        try {
            long number = Long.parseLong(word.value());
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, with the range.
        }
        throw wrong(word, "'" + word.value() + "' is no number from " + least + " to " + most);
    }
}
