// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.dirtylog.log.LogPair;

/**
 * The record of a mirror as text: a line that names format and version, {@code key=value} lines in fixed order, and a checksum
 * over all of them. Documented in {@code docs/record-format.md}.
 */
final class RecordText {
    private static final String FORMAT = "dirtylog-mirror-record ";
    private static final int VERSION = 3;
    /** Before commands changed the legs. Read still, as version 1 is; what is written is of the latest version. */
    private static final int WITHOUT_CHANGES = 2;
    /** Before legs had ids and labels. */
    private static final int WITHOUT_LABELS = 1;

    private RecordText() {}

    static byte[] print(MirrorRecord record) {
        StringBuilder text = new StringBuilder(FORMAT).append(VERSION).append('\n');
        line(text, "counter", record.counter());
        line(text, "mirror", record.mirrorId());
        line(text, "completed", record.completed());
        line(text, "epoch", record.epoch());
        line(text, "generation", record.generation());
        line(text, "sectors", record.targetSectors());
        line(text, "log.type", record.log().type());
        line(text, "log.arguments", record.log().arguments().size());
        for (int i = 0; i < record.log().arguments().size(); i++) {
            line(
                    text,
                    "log.argument." + i,
                    Escapes.encode(record.log().arguments().get(i)));
        }
        line(text, "confirmed", record.confirmed().map(LogPair::toString).orElse("none"));
        line(text, "announced", record.announced().map(LogPair::toString).orElse("none"));
        line(text, "source", record.source());
        line(text, "legs", record.legs().size());
        for (int i = 0; i < record.legs().size(); i++) {
            MirrorRecord.LegRecord leg = record.legs().get(i);
            line(text, "leg." + i + ".path", Escapes.encode(leg.path()));
            line(text, "leg." + i + ".offset", leg.offset());
            line(text, "leg." + i + ".id", leg.id());
            line(text, "leg." + i + ".state", leg.state());
            line(text, "leg." + i + ".label", leg.label().text());
            line(text, "leg." + i + ".epochs", numbers(leg.epochs()));
            line(text, "leg." + i + ".forceFailed", leg.forceFailed());
            line(
                    text,
                    "leg." + i + ".replaces",
                    leg.replaces().isPresent() ? leg.replaces().getAsInt() : "none");
        }
        line(text, "superseded", record.superseded().isEmpty() ? "none" : Escapes.encode(record.superseded()));
        line(text, "crc32c", checksum(text.toString()));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String numbers(List<Long> numbers) {
        return numbers.isEmpty()
                ? "none"
                : numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static void line(StringBuilder text, String key, Object value) {
        text.append(key).append('=').append(value).append('\n');
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }

    static MirrorRecord parse(String name, byte[] bytes) throws IOException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        // The line, and not a value that ends so.
        int end = text.lastIndexOf("\ncrc32c=") + 1;
        if (!text.startsWith(FORMAT) || end == 0) {
            throw damaged(name, "it is not a mirror record, or its end is missing");
        }
        String first = text.lines().findFirst().orElse("");
        int version = IntStream.rangeClosed(WITHOUT_LABELS, VERSION)
                .filter(known -> first.equals(FORMAT + known))
                .findFirst()
                .orElseThrow(() -> new IOException("record " + name + " begins with '" + first
                        + "', this version reads '" + FORMAT + WITHOUT_LABELS + "' to '" + FORMAT + VERSION
                        + "'; nothing was changed"));
        String found = text.substring(end + "crc32c=".length());
        String expected = checksum(text.substring(0, end));
        if (!found.equals(expected + "\n")) {
            throw damaged(name, "checksum " + found.strip() + ", expected " + expected);
        }
        try {
            MirrorRecord record = read(new Fields(text), version);
            RecordSense.require(record);
            // Of earlier versions there are no samples of everything; what is not UTF-8 would not be noticed in any.
            byte[] expectedBytes = version == VERSION ? print(record) : text.getBytes(StandardCharsets.UTF_8);
            if (!Arrays.equals(expectedBytes, bytes)) {
                throw new IllegalArgumentException("it is not written as a record is");
            }
            return record;
        } catch (IllegalArgumentException e) {
            throw damaged(name, e.getMessage());
        }
    }

    private static IOException damaged(String name, String what) {
        return new IOException("record " + name + " is damaged: " + what
                + "; nothing was changed. Put a copy of it back; or move it away, and have a new one made from the labels of"
                + " the legs: mirror:rebuild " + name.replaceFirst("\\.record$", ""));
    }

    private static MirrorRecord read(Fields fields, int version) {
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < fields.number("log.arguments"); i++) {
            arguments.add(Escapes.decode(fields.get("log.argument." + i)));
        }
        List<MirrorRecord.LegRecord> legs = new ArrayList<>();
        for (int i = 0; i < fields.number("legs"); i++) {
            legs.add(leg(fields, i, version));
        }
        return new MirrorRecord(
                fields.number("counter"),
                UUID.fromString(fields.get("mirror")),
                fields.flag("completed"),
                fields.number("epoch"),
                fields.number("generation"),
                fields.number("sectors"),
                new LogKey(fields.get("log.type"), arguments),
                fields.pair("confirmed"),
                fields.pair("announced"),
                Integer.parseInt(fields.get("source")),
                legs,
                version > WITHOUT_CHANGES ? fields.text("superseded") : "");
    }

    private static MirrorRecord.LegRecord leg(Fields fields, int index, int version) {
        boolean labels = version > WITHOUT_LABELS;
        String leg = "leg." + index + ".";
        return new MirrorRecord.LegRecord(
                Escapes.decode(fields.get(leg + "path")),
                fields.number(leg + "offset"),
                // The same at each reading, until the first opening writes it down.
                labels ? UUID.fromString(fields.get(leg + "id")) : idOf(fields.get("mirror"), index),
                LegSet.State.valueOf(fields.get(leg + "state")),
                labels ? LabelPlace.of(fields.get(leg + "label")) : LabelPlace.NONE,
                labels ? fields.numbers(leg + "epochs") : List.of(),
                fields.flag(leg + "forceFailed"),
                version > WITHOUT_CHANGES ? fields.index(leg + "replaces") : OptionalInt.empty());
    }

    private static UUID idOf(String mirror, int index) {
        return UUID.nameUUIDFromBytes((mirror + "/" + index).getBytes(StandardCharsets.UTF_8));
    }

    /** The lines by key; what is missing or senseless is an {@link IllegalArgumentException} that names the key. */
    private static final class Fields {
        private final Map<String, String> values = new LinkedHashMap<>();

        Fields(String text) {
            text.lines().skip(1).forEach(line -> {
                int at = line.indexOf('=');
                if (at < 0 || values.put(line.substring(0, at), line.substring(at + 1)) != null) {
                    throw new IllegalArgumentException("line '" + line + "' is no key=value, or comes twice");
                }
            });
        }

        String get(String key) {
            String value = values.get(key);
            if (value == null) {
                throw new IllegalArgumentException("no line " + key + "=");
            }
            return value;
        }

        long number(String key) {
            return Long.parseLong(get(key));
        }

        OptionalInt index(String key) {
            String value = get(key);
            return value.equals("none") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
        }

        /** Empty for none. */
        String text(String key) {
            String value = get(key);
            return value.equals("none") ? "" : Escapes.decode(value);
        }

        List<Long> numbers(String key) {
            String value = get(key);
            List<Long> numbers = new ArrayList<>();
            for (String number : value.equals("none") ? new String[0] : value.split(",", -1)) {
                numbers.add(Long.parseLong(number));
            }
            return numbers;
        }

        boolean flag(String key) {
            return switch (get(key)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException(key + " is " + get(key) + ", expected true or false");
            };
        }

        Optional<LogPair> pair(String key) {
            String value = get(key);
            if (value.equals("none")) {
                return Optional.empty();
            }
            int slash = value.indexOf('/');
            if (slash < 0) {
                throw new IllegalArgumentException(key + " is " + value + ", expected generation/nonce");
            }
            return Optional.of(new LogPair(
                    Long.parseLong(value.substring(0, slash)), Long.parseUnsignedLong(value.substring(slash + 1), 16)));
        }
    }
}
