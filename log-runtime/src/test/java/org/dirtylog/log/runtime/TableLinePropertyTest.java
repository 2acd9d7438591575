// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Lines made by the dice. A failure names the seed of the line. */
class TableLinePropertyTest {
    private static final int LINES = 20_000;
    private static final Map<String, List<String>> TYPES =
            Map.of("core", List.of(), "disk", List.of("log_dev"), "userspace", List.of("uuid", "type", "argument…"));
    private static final List<String> ODD_WORDS = List.of(
            "",
            "0",
            "-1",
            "+1",
            "1.5",
            "0x10",
            "sync",
            "nosync",
            "Sync",
            "mirror",
            "core",
            "disk",
            "nothing",
            "%",
            "%00",
            "%20",
            "%zz",
            "%c3",
            "handle_errors",
            "keep_log",
            "2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "٣",
            "\u0000",
            "\u00a0",
            "\ud800",
            "é",
            "…",
            "a b");

    private static TableLine parse(String line) throws TableException {
        return TableLine.parse(line, type -> Optional.ofNullable(TYPES.get(type)));
    }

    private static List<String> words(SplittableRandom dice) {
        long regionSectors = 1L << dice.nextInt(1, 12);
        long sectors = regionSectors + dice.nextLong(1 << 20);
        List<String> log = new ArrayList<>();
        String type = List.of("core", "disk", "userspace").get(dice.nextInt(3));
        int own = type.equals("core") ? 0 : type.equals("disk") ? 1 : 2 + dice.nextInt(4);
        for (int i = 0; i < own; i++) {
            log.add(name(dice));
        }
        log.add(Long.toString(regionSectors));
        if (dice.nextBoolean()) {
            log.add(dice.nextBoolean() ? "sync" : "nosync");
        }
        List<String> words = new ArrayList<>(List.of("0", Long.toString(sectors), "mirror", type));
        words.add(Integer.toString(log.size()));
        words.addAll(log);
        int legs = dice.nextInt(2, 10);
        words.add(Integer.toString(legs));
        for (int i = 0; i < legs; i++) {
            words.add(name(dice) + i);
            words.add(Long.toString(dice.nextLong(1L << dice.nextInt(1, 50))));
        }
        switch (dice.nextInt(4)) {
            case 1 -> words.addAll(List.of("1", "handle_errors"));
            case 2 -> words.addAll(List.of("2", "handle_errors", "keep_log"));
            default -> {}
        }
        return words;
    }

    /** Any characters but NUL and halves of a pair, which no path has. */
    private static String name(SplittableRandom dice) {
        StringBuilder name = new StringBuilder("/");
        for (int i = dice.nextInt(6); i > 0; i--) {
            int c = switch (dice.nextInt(3)) {
                case 0 -> dice.nextInt(1, 0x30);
                case 1 -> dice.nextInt('0', 'z');
                default -> dice.nextInt(0x80, 0x10fff);
            };
            name.appendCodePoint(Character.isSurrogate((char) c) && c < 0x10000 ? '_' : c);
        }
        return TableWords.encode(name.toString());
    }

    @Test
    void aPrintedLineReadsAsTheSame() throws TableException {
        for (int seed = 0; seed < LINES; seed++) {
            String written = String.join(" ", words(new SplittableRandom(seed)));
            TableLine line = parse(written);
            assertEquals(written, line.toString(), "seed " + seed);
            TableLine again = parse(line.toString());
            assertEquals(line, again, "seed " + seed);
            assertEquals(line.legs(), again.legs(), "seed " + seed);
            assertEquals(line.logArguments(), again.logArguments(), "seed " + seed);
        }
    }

    @Test
    void aDamagedLineIsReadOrRefusedAndNothingElse() {
        int read = 0;
        for (int seed = 0; seed < LINES; seed++) {
            SplittableRandom dice = new SplittableRandom(seed);
            List<String> words = words(dice);
            for (int i = dice.nextInt(1, 4); i > 0 && !words.isEmpty(); i--) {
                damage(words, dice);
            }
            String line = String.join(" ", words);
            try {
                assertEquals(parse(line), parse(parse(line).toString()), "seed " + seed);
                read++;
            } catch (TableException e) {
                assertNotNull(e.getMessage(), "seed " + seed);
                assertTrue(e.getMessage().startsWith("word "), "seed " + seed + ": " + e.getMessage());
            }
        }
        assertTrue(read > 0 && read < LINES, "of " + LINES + " damaged lines " + read + " were read");
    }

    private static void damage(List<String> words, SplittableRandom dice) {
        int at = dice.nextInt(words.size());
        switch (dice.nextInt(5)) {
            case 0 -> words.remove(at);
            case 1 -> words.add(at, words.get(dice.nextInt(words.size())));
            case 2 -> words.subList(at, words.size()).clear();
            case 3 -> words.set(at, ODD_WORDS.get(dice.nextInt(ODD_WORDS.size())));
            default -> {
                char[] word = words.get(at).toCharArray();
                if (word.length > 0) {
                    word[dice.nextInt(word.length)] = (char) dice.nextInt(0x10000);
                }
                words.set(at, new String(word));
            }
        }
        assertTrue(Arrays.stream(words.toArray()).noneMatch(java.util.Objects::isNull));
    }
}
