// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.fuzz.InputBytes;
import org.dirtylog.fuzz.Target;

/**
 * A line of a table.
 *
 * <p>Invariant. A line that is accepted prints as one that reads as the same. What it says is what stands in its words, taken
 * one after the other by another program, all of them; its numbers are in the ranges of dm-mirror, its legs differ, and no name
 * holds a character that no path has. A line that is refused is refused with a message that begins with the place of a word and
 * shows the very word that stands there, or says that none does; it is of bounded length, and has no control characters.
 */
public final class TableLineFuzz implements Target {
    private static final Map<String, List<String>> TYPES =
            Map.of("core", List.of(), "disk", List.of("log_dev"), "userspace", List.of("uuid", "type", "argument…"));

    private static final Pattern REFUSAL =
            Pattern.compile("word (\\d+) (?:is '(.*?)', (?:but|which) .*|is missing: .*|says that .*)", Pattern.DOTALL);

    private static final int LONGEST_REFUSAL = 700;
    private static final long MOST_SECTORS = Long.MAX_VALUE / 512;

    /** Reads a line; the product's reader, or a broken one. */
    @FunctionalInterface
    interface Reader {
        TableLine parse(String line, Function<String, Optional<List<String>>> parametersOf) throws TableException;
    }

    private final Reader reader;

    /** Of the product's reader. */
    public TableLineFuzz() {
        this(TableLine::parse);
    }

    TableLineFuzz(Reader reader) {
        this.reader = reader;
    }

    private TableLine parse(String text) throws TableException {
        return reader.parse(text, type -> Optional.ofNullable(TYPES.get(type)));
    }

    @Override
    public void tryOut(byte[] input) {
        InputBytes in = new InputBytes(input);
        // Halves of pairs of characters are not in any UTF-8, but in strings.
        Charset charset = in.next() == 1 ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_8;
        byte[] bytes = in.rest();
        String text = charset == StandardCharsets.UTF_8 ? new String(bytes, charset) : pairs(bytes);
        List<String> words = words(text);
        TableLine line;
        try {
            line = parse(text);
        } catch (TableException e) {
            refused(e.getMessage(), words);
            return;
        }
        new Words(words).compare(line);
        TableLine again;
        try {
            again = parse(line.toString());
        } catch (TableException e) {
            throw new Broken("what is printed is refused: " + line + ": " + e.getMessage());
        }
        Broken.unlessEqual(line.toString(), again.toString(), "what is printed reads as the same");
        Broken.unlessEqual(line.legs(), again.legs(), "the legs of what is printed");
        Broken.unlessEqual(line.logArguments(), again.logArguments(), "the arguments of what is printed");
    }

    private static String pairs(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i + 1 < bytes.length; i += 2) {
            text.append((char) ((bytes[i] & 0xFF) << 8 | bytes[i + 1] & 0xFF));
        }
        return text.toString();
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || " \t\n\u000B\f\r".indexOf(text.charAt(i)) >= 0) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                }
                word.setLength(0);
            } else {
                word.append(text.charAt(i));
            }
        }
        return words;
    }

    // ---- what is refused --------------------------------------------------------------------------------------------

    private static void refused(String message, List<String> words) {
        Matcher parts = REFUSAL.matcher(message);
        Broken.unless(parts.matches(), "a refusal names a word: ", message);
        Broken.unless(message.length() <= LONGEST_REFUSAL, "a refusal of ", message.length(), " characters");
        Broken.unless(message.chars().noneMatch(Character::isISOControl), "a refusal has no control characters");
        int place = Integer.parseInt(parts.group(1));
        Broken.unless(place >= 1 && place <= words.size() + 1, "word ", place, " of ", words.size());
        if (place == words.size() + 1) {
            Broken.unless(message.contains(" is missing: "), "no word ", place, " is there: ", message);
        } else if (parts.group(2) != null) {
            String word = words.get(place - 1);
            StringBuilder seen = new StringBuilder();
            word.chars().limit(100).forEach(c -> seen.append(Character.isISOControl(c) ? '?' : (char) c));
            Broken.unless(
                    message.startsWith("word " + place + " is '" + seen) || message.contains("'" + seen + "'"),
                    "word ",
                    place,
                    " is ",
                    word,
                    ", and not as in: ",
                    message);
        }
    }

    // ---- what is accepted -------------------------------------------------------------------------------------------

    /** Takes the words of a line that was accepted, by the grammar in {@link TableLine}. */
    private static final class Words {
        private final List<String> words;
        private int next;

        Words(List<String> words) {
            this.words = words;
        }

        private String word() {
            Broken.unless(next < words.size(), "a line was accepted that lacks word ", (next + 1));
            return words.get(next++);
        }

        private long number() {
            String word = word();
            Broken.unless(word.matches("[0-9]+"), "'", word, "' was accepted as a number");
            return Long.parseLong(word);
        }

        /** A name as it is to be found in the line: its bytes, with the percent signs resolved. */
        private void name(String found) {
            byte[] raw = word().getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream decoded = new ByteArrayOutputStream();
            for (int i = 0; i < raw.length; i++) {
                if (raw[i] == '%') {
                    decoded.write(Integer.parseInt(new String(raw, i + 1, 2, StandardCharsets.US_ASCII), 16));
                    i += 2;
                } else {
                    decoded.write(raw[i]);
                }
            }
            Broken.unlessEqual(decoded.toString(StandardCharsets.UTF_8), found, "a name");
            Broken.unless(StandardCharsets.UTF_8.newEncoder().canEncode(found), "a name that is no UTF-8: ", found);
            Broken.unless(found.indexOf('\0') < 0, "a name with a character that no path has");
        }

        void compare(TableLine line) {
            Broken.unlessEqual(0L, number(), "the start");
            Broken.unlessEqual(number(), line.targetSectors(), "the length");
            Broken.unlessEqual(word(), "mirror", "the target");
            Broken.unlessEqual(word(), line.logType(), "the type of the log");
            int end = (int) number() + next;
            for (String argument : line.logArguments()) {
                name(argument);
            }
            Broken.unlessEqual(number(), line.regionSectors(), "the region size");
            String sync = next < end ? word() : "";
            Broken.unlessEqual(
                    switch (sync) {
                        case "sync" -> "FORCE_RESYNC";
                        case "nosync" -> "ASSUME_IN_SYNC";
                        case "" -> "AS_RECORDED";
                        default -> "no word";
                    },
                    line.initialSync().name(),
                    "the sync word");
            Broken.unlessEqual(end, next, "the number of arguments of the log");
            legs(line);
            features(line);
            Broken.unlessEqual(words.size(), next, "the number of words");
            ranges(line);
        }

        private void legs(TableLine line) {
            Broken.unlessEqual(number(), (long) line.legs().size(), "the number of legs");
            Set<String> names = new HashSet<>();
            for (TableLine.Leg leg : line.legs()) {
                name(leg.name());
                Broken.unlessEqual(number(), leg.offsetSectors(), "an offset");
                Broken.unless(names.add(leg.name()), "a leg comes twice: ", leg.name());
                Broken.unless(
                        leg.offsetSectors() <= MOST_SECTORS - line.targetSectors(), "offset ", leg.offsetSectors());
            }
        }

        private void features(TableLine line) {
            Set<String> features = new HashSet<>();
            for (long left = next < words.size() ? number() : 0; left > 0; left--) {
                features.add(word());
            }
            Broken.unlessEqual(features.remove("handle_errors"), line.handleErrors(), "handle_errors");
            Broken.unlessEqual(features.remove("keep_log"), line.keepLog(), "keep_log");
            Broken.unless(features.isEmpty() && (line.handleErrors() || !line.keepLog()), "features");
        }

        private static void ranges(TableLine line) {
            long region = line.regionSectors();
            long sectors = line.targetSectors();
            Broken.unless(sectors >= 1 && sectors <= MOST_SECTORS, sectors, " sectors");
            boolean power = region >= 2 && region <= 1L << 31 && Long.bitCount(region) == 1;
            Broken.unless(power && region <= sectors, "a region of ", region, " sectors in ", sectors);
            long most = line.logType().equals("core") ? 1L << 40 : 0xFFFF_FFFFL;
            Broken.unless((sectors - 1) / region < most, "too many regions of ", region, " in ", sectors);
            Broken.unless(
                    line.legs().size() >= 2 && line.legs().size() <= 9,
                    line.legs().size(),
                    " legs");
        }
    }

    // ---- seeds ------------------------------------------------------------------------------------------------------

    @Override
    public List<byte[]> seeds() {
        List<String> lines = List.of(
                "0 524288 mirror core 1 1024 2 /dev/a 0 /dev/b 0",
                "0 524288 mirror core 2 1024 nosync 3 a 0 b%20c 2048 c 9 1 handle_errors",
                "0 1 mirror disk 3 /srv/log%25 2 sync 2 x 0 y 1 2 handle_errors keep_log",
                "0 71000 mirror disk 2 /srv/log 1024 2 /srv/a 0 /srv/b 0",
                "0 4096 mirror userspace 5 uuid disk é%C3%BC 512 sync 2 chaos:/a?x=1 0 b 0 0",
                "0 4096 mirror userspace 3 uuid disk 512 2 a 0 b 0",
                "0\t4096\r\nmirror core 1 2 9 a 0 b 1 c 2 d 3 e 4 f 5 g 6 h 7 i 9223372036854775807",
                "1 4096 mirror core 1 512 2 a 0 a 0 2 keep_log keep_log",
                "0 18014398509481983 mirror core 1 1024 2 a 0 b 1");
        List<byte[]> seeds = new ArrayList<>();
        for (String line : lines) {
            seeds.add(InputBytes.of(new int[] {0}, line.getBytes(StandardCharsets.UTF_8)));
        }
        seeds.add(InputBytes.of(new int[] {1}, lines.get(0).getBytes(StandardCharsets.UTF_16BE)));
        return seeds;
    }

    @Override
    public long mostBytes() {
        return 4 << 20;
    }
}
