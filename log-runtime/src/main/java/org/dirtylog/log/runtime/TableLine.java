// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.RegionGeometry;

/**
 * A line of a device-mapper table for the target {@code mirror}:
 *
 * <pre>
 * 0 LENGTH mirror LOG_TYPE #LOG_ARGS LOG_ARGS… #LEGS { DEVICE OFFSET }×#LEGS [ #FEATURES FEATURES… ]
 * </pre>
 *
 * All lengths are in 512-byte sectors. Source: {@code dm-raid1.c} {@code mirror_ctr} and {@code dm-log.c}
 * {@code create_log_context} of Linux 6.1, whose rejections are all here. What is refused beside them: another start sector
 * than 0, and one device as two legs. Names with blanks are percent-encoded. Immutable.
 */
public final class TableLine {
    /** How many legs a line may name: the kernel's copier serves one source and eight others. */
    public static final int MAX_LEGS = 9;

    /** More bits than that do not fit the kernel's log. */
    private static final long MAX_REGIONS = (1L << 32) - 1;

    /** What the log in memory takes. */
    private static final long MAX_CORE_REGIONS = 1L << 40;

    /** So that the length in bytes fits. */
    private static final long MAX_SECTORS = Long.MAX_VALUE / RegionGeometry.SECTOR_BYTES;

    private static final String HANDLE_ERRORS = "handle_errors";
    private static final String KEEP_LOG = "keep_log";

    /**
     * A leg.
     *
     * @param name          a path, or {@code scheme:rest}; decoded
     * @param offsetSectors where the mirror begins on it
     */
    public record Leg(String name, long offsetSectors) {}

    private final RegionGeometry geometry;
    private final String logType;
    private final List<String> logArguments;
    private final InitialSync initialSync;
    private final List<Leg> legs;
    private final boolean handleErrors;
    private final boolean keepLog;

    private TableLine(
            RegionGeometry geometry,
            String logType,
            List<String> logArguments,
            InitialSync initialSync,
            List<Leg> legs,
            boolean handleErrors,
            boolean keepLog) {
        this.geometry = geometry;
        this.logType = logType;
        this.logArguments = List.copyOf(logArguments);
        this.initialSync = initialSync;
        this.legs = List.copyOf(legs);
        this.handleErrors = handleErrors;
        this.keepLog = keepLog;
    }

    /**
     * Reads a line.
     *
     * @param line         words separated by blanks
     * @param parametersOf the {@link org.dirtylog.log.DirtyLogType#parameters()} of a log type by name, or empty for one that
     *                     is not there
     * @return the line
     * @throws TableException if it is none; the message names the word, what was found and the rule
     */
    public static TableLine parse(String line, Function<String, Optional<List<String>>> parametersOf)
            throws TableException {
        TableWords words = new TableWords(line);
        words.number("the start sector", 0, 0);
        long sectors = words.number("the length of the target in sectors", 1, MAX_SECTORS);
        int place = words.place();
        String target = words.take("the target, 'mirror'");
        if (!target.equals("mirror")) {
            throw TableWords.wrong(place, target, "the target is 'mirror'");
        }
        LogWords log = LogWords.read(words, sectors, parametersOf);
        List<Leg> legs = legs(words, sectors);
        Set<String> features = features(words);
        if (words.left() > 0) {
            throw TableWords.wrong(words.place(), words.peek(0), "the line ends before it");
        }
        return new TableLine(
                new RegionGeometry(sectors, log.regionSectors()),
                log.type(),
                log.arguments(),
                log.initialSync(),
                legs,
                features.contains(HANDLE_ERRORS),
                features.contains(KEEP_LOG));
    }

    /** The log's part of a line. */
    private record LogWords(String type, List<String> arguments, long regionSectors, InitialSync initialSync) {

        static LogWords read(TableWords words, long sectors, Function<String, Optional<List<String>>> parametersOf)
                throws TableException {
            int typePlace = words.place();
            String type = words.take("the type of the log");
            int countPlace = words.place();
            long count = words.number("the number of arguments of the log", 0, Integer.MAX_VALUE);
            if (count > words.left()) {
                throw new TableException("word " + countPlace + " says that log type " + TableWords.shown(type)
                        + " has " + count + " arguments, but " + words.left() + " words follow");
            }
            Optional<List<String>> parameters = parametersOf.apply(type);
            if (parameters.isEmpty()) {
                throw TableWords.wrong(
                        typePlace, type, "there is no log type of that name; log:types lists those there are");
            }
            return arguments(words, sectors, type, countPlace, (int) count, parameters.get());
        }

        private static LogWords arguments(
                TableWords words, long sectors, String type, int countPlace, int count, List<String> parameters)
                throws TableException {
            boolean open = !parameters.isEmpty()
                    && parameters.get(parameters.size() - 1).endsWith("…");
            // A last name with an ellipsis stands for any number of words, none included.
            int least = open ? parameters.size() : parameters.size() + 1;
            if (count < least || !open && count > least + 1) {
                throw TableWords.wrong(
                        countPlace,
                        words.taken(),
                        "log type " + type + " takes " + (open ? least + " or more" : least + " or " + (least + 1))
                                + " arguments: " + grammar(parameters));
            }
            boolean hasSync = open ? !TableWords.isDecimal(words.peek(count - 1)) && count > least : count > least;
            // The kernel looks at the sync word before the region size.
            InitialSync sync = hasSync ? syncWord(words, count - 1) : InitialSync.AS_RECORDED;
            int ownCount = count - (hasSync ? 2 : 1);
            List<String> own = new ArrayList<>();
            for (int i = 0; i < ownCount; i++) {
                own.add(words.name(parameters.get(Math.min(i, parameters.size() - 1))));
            }
            long regionSectors = regionSectors(words, sectors, type);
            if (hasSync) {
                words.take("'sync' or 'nosync'");
            }
            return new LogWords(type, own, regionSectors, sync);
        }

        private static String grammar(List<String> parameters) {
            return (String.join(" ", parameters) + " region_size [sync|nosync]").strip();
        }

        private static InitialSync syncWord(TableWords words, int ahead) throws TableException {
            String word = words.peek(ahead);
            for (InitialSync sync : InitialSync.values()) {
                if (sync != InitialSync.AS_RECORDED && word.equals(sync.kernelWord())) {
                    return sync;
                }
            }
            throw TableWords.wrong(
                    words.place() + ahead, word, "after the region size may come 'sync' or 'nosync' only");
        }

        private static long regionSectors(TableWords words, long sectors, String type) throws TableException {
            int place = words.place();
            long most = Math.min(sectors, RegionGeometry.MAX_REGION_SECTORS);
            String word = words.take("the region size in sectors");
            String rule = "the region size is a power of two from " + RegionGeometry.MIN_REGION_SECTORS + " to " + most
                    + " sectors, in decimal digits";
            long size = TableWords.decimal(word);
            if (size < RegionGeometry.MIN_REGION_SECTORS || size > most || Long.bitCount(size) != 1) {
                throw TableWords.wrong(place, word, rule);
            }
            long regions = new RegionGeometry(sectors, size).regionCount();
            if (regions > limit(type)) {
                throw new TableException("word " + place + " is '" + TableWords.shown(word) + "', which makes "
                        + regions + " regions, but log type " + type + " has at most " + limit(type)
                        + "; choose larger regions");
            }
            return size;
        }

        private static long limit(String type) {
            return type.equals("core") ? MAX_CORE_REGIONS : MAX_REGIONS;
        }

        static void requireCountable(long sectors, long regionSectors, String type) throws TableException {
            long regions = new RegionGeometry(sectors, regionSectors).regionCount();
            if (regions > limit(type)) {
                throw new TableException("a length of " + sectors + " sectors makes " + regions + " regions of "
                        + regionSectors + ", but log type " + type + " has at most " + limit(type));
            }
        }
    }

    private static List<Leg> legs(TableWords words, long sectors) throws TableException {
        int place = words.place();
        long count = words.number("the number of legs", 2, MAX_LEGS);
        if (words.left() < 2 * count) {
            throw TableWords.wrong(
                    place,
                    words.taken(),
                    "after it come " + words.left() + " words; each leg is a device and an offset");
        }
        List<Leg> legs = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < count; i++) {
            int at = words.place();
            // The kernel looks at the offset before it opens the device.
            long offset = words.ahead(1).number("the offset of leg " + i + " in sectors", 0, MAX_SECTORS - sectors);
            String name = words.name("the device of leg " + i);
            words.take("the offset");
            if (!seen.add(name)) {
                throw TableWords.wrong(at, name, "that is another leg already; two copies on one device are one copy");
            }
            legs.add(new Leg(name, offset));
        }
        return legs;
    }

    private static Set<String> features(TableWords words) throws TableException {
        Set<String> features = new HashSet<>();
        if (words.left() == 0) {
            return features;
        }
        int place = words.place();
        long count = words.number("the number of features", 0, Integer.MAX_VALUE);
        if (count > words.left()) {
            throw new TableException(
                    "word " + place + " says that " + count + " features follow, but " + words.left() + " words do");
        }
        int keepLogPlace = 0;
        for (long i = 0; i < count; i++) {
            int at = words.place();
            String word = words.take("a feature");
            keepLogPlace = word.equals(KEEP_LOG) ? at : keepLogPlace;
            if (!word.equals(HANDLE_ERRORS) && !word.equals(KEEP_LOG)) {
                throw TableWords.wrong(at, word, "there are the features handle_errors and keep_log only");
            }
            features.add(word);
        }
        if (features.contains(KEEP_LOG) && !features.contains(HANDLE_ERRORS)) {
            throw TableWords.wrong(keepLogPlace, KEEP_LOG, "it needs handle_errors too: 2 handle_errors keep_log");
        }
        return features;
    }

    /**
     * The same line with other names, for example absolute ones.
     *
     * @param change of each leg's name and, for type {@code disk}, of the log device
     * @return the changed line
     */
    public TableLine withNames(UnaryOperator<String> change) {
        List<Leg> renamed = new ArrayList<>();
        for (Leg leg : legs) {
            renamed.add(new Leg(change.apply(leg.name()), leg.offsetSectors()));
        }
        List<String> arguments = new ArrayList<>(logArguments);
        if (logType.equals("disk") && !arguments.isEmpty()) {
            arguments.set(0, change.apply(arguments.get(0)));
        }
        return new TableLine(geometry, logType, arguments, initialSync, renamed, handleErrors, keepLog);
    }

    /**
     * The same line with another length and other legs.
     *
     * @param sectors length of the target, not shorter than a region
     * @param newLegs 2 to {@value #MAX_LEGS}
     * @return the changed line
     * @throws TableException if there cannot be such a line; the message says why
     */
    public TableLine with(long sectors, List<Leg> newLegs) throws TableException {
        if (sectors < 1 || sectors > MAX_SECTORS) {
            throw new TableException(
                    "the length is " + sectors + " sectors, but it is from 1 to " + MAX_SECTORS + " sectors");
        }
        if (newLegs.size() < 2 || newLegs.size() > MAX_LEGS) {
            throw new TableException("a line has 2 to " + MAX_LEGS + " legs, not " + newLegs.size());
        }
        LogWords.requireCountable(sectors, regionSectors(), logType);
        return new TableLine(
                new RegionGeometry(sectors, regionSectors()),
                logType,
                logArguments,
                initialSync,
                newLegs,
                handleErrors,
                keepLog);
    }

    /**
     * The start of the target.
     *
     * @return 0; other targets cannot stand before this one
     */
    public long startSector() {
        return 0;
    }

    /**
     * The length of the target.
     *
     * @return sectors, 1 or more
     */
    public long targetSectors() {
        return geometry.targetSectors();
    }

    /**
     * The name of the log's type.
     *
     * @return for example {@code disk}
     */
    public String logType() {
        return logType;
    }

    /**
     * The arguments that only the log's type understands.
     *
     * @return decoded; without region size and sync word
     */
    public List<String> logArguments() {
        return logArguments;
    }

    /**
     * The size of a region.
     *
     * @return sectors, a power of two
     */
    public long regionSectors() {
        return geometry.regionSectors();
    }

    /**
     * The sync word.
     *
     * @return what it says, or {@code AS_RECORDED} if there is none
     */
    public InitialSync initialSync() {
        return initialSync;
    }

    /**
     * The legs.
     *
     * @return 2 to 9, in the order given
     */
    public List<Leg> legs() {
        return legs;
    }

    /**
     * Whether {@code handle_errors} is given. It is always done here; the word is kept for printing.
     *
     * @return whether the line has it
     */
    public boolean handleErrors() {
        return handleErrors;
    }

    /**
     * Whether {@code keep_log} is given.
     *
     * @return whether the line has it
     */
    public boolean keepLog() {
        return keepLog;
    }

    /**
     * Length and region size.
     *
     * @return the geometry
     */
    public RegionGeometry geometry() {
        return geometry;
    }

    /**
     * Writes a name as it stands in a line: with blanks, control characters and the percent sign percent-encoded.
     *
     * @param name of a leg or a log device
     * @return one word
     */
    public static String word(String name) {
        return TableWords.encode(name);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TableLine that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** Prints a line that reads as this one, in the form of {@code dmsetup table}. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>(List.of("0", Long.toString(targetSectors()), "mirror", logType));
        boolean sync = initialSync != InitialSync.AS_RECORDED;
        words.add(Integer.toString(logArguments.size() + (sync ? 2 : 1)));
        logArguments.forEach(argument -> words.add(TableWords.encode(argument)));
        words.add(Long.toString(regionSectors()));
        if (sync) {
            words.add(initialSync.kernelWord());
        }
        words.add(Integer.toString(legs.size()));
        for (Leg leg : legs) {
            words.add(TableWords.encode(leg.name()));
            words.add(Long.toString(leg.offsetSectors()));
        }
        if (handleErrors) {
            words.add(keepLog ? "2" : "1");
            words.add(HANDLE_ERRORS);
            if (keepLog) {
                words.add(KEEP_LOG);
            }
        }
        return String.join(" ", words);
    }
}
