// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.runtime.TableLine.Leg;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format of the mirror record is for ever: {@code docs/record-format.md}. */
class RecordTextTest {
    private static final MirrorRecord SAMPLE = new MirrorRecord(
            41,
            UUID.fromString("0f6d3c3e-6f0e-4b8e-9a54-0b2f3f1f7a10"),
            true,
            7,
            12,
            524288,
            new LogKey("disk", List.of("/srv/with blank/log")),
            Optional.of(new LogPair(11, 0x0123456789abcdefL)),
            Optional.of(new LogPair(12, -1)),
            1,
            List.of(
                    new LegRecord(
                            "/srv/leg%0",
                            0,
                            UUID.fromString("12345678-9abc-4def-8123-456789abcdef"),
                            State.EXCLUDED,
                            LabelPlace.BEHIND,
                            List.of(4L, 5L),
                            false),
                    new LegRecord("/srv/leg1", 2048, new UUID(1, 2), State.CURRENT, LabelPlace.NONE, List.of(), true)));

    /** Its legs were changed by commands, and its file does not say so yet. */
    private static final MirrorRecord CHANGED =
            SAMPLE.reshaped(524288, withSuccessor(), 1, new TableShape(262144, List.of(new Leg("/srv/a b", 0))));

    private static List<LegRecord> withSuccessor() {
        List<LegRecord> legs = new ArrayList<>(SAMPLE.legs());
        legs.add(new LegRecord(
                "/srv/new",
                8,
                new UUID(3, 4),
                State.STALE,
                LabelPlace.ATTRIBUTE,
                List.of(MirrorRecord.NO_LABEL),
                false,
                OptionalInt.of(0)));
        return legs;
    }

    private static byte[] sample() throws IOException {
        return sample(3);
    }

    private static byte[] sample(int version) throws IOException {
        try (InputStream in = RecordTextTest.class.getResourceAsStream("/records/version-" + version + ".record")) {
            return in.readAllBytes();
        }
    }

    @Test
    void version_3_is_written_byte_for_byte_as_the_sample_file() throws IOException {
        assertEquals(
                new String(sample(), StandardCharsets.UTF_8),
                new String(RecordText.print(CHANGED), StandardCharsets.UTF_8));
    }

    @Test
    void the_sample_file_of_version_3_is_read() throws IOException {
        assertEquals(CHANGED, RecordText.parse("sample", sample()));
    }

    @Test
    void the_sample_file_of_version_2_is_read_as_one_whose_legs_no_command_has_changed() throws IOException {
        assertEquals(SAMPLE, RecordText.parse("sample", sample(2)));
    }

    @Test
    void the_sample_file_of_version_1_is_read_as_one_of_legs_without_labels() throws IOException {
        MirrorRecord read = RecordText.parse("sample", sample(1));
        assertEquals(read, RecordText.parse("sample", sample(1)), "the ids are the same at each reading");
        assertEquals(2, read.legs().stream().map(LegRecord::id).distinct().count());
        for (LegRecord leg : read.legs()) {
            assertEquals(LabelPlace.NONE, leg.label());
            assertEquals(List.of(), leg.epochs());
        }
        assertEquals(SAMPLE.withLegs(List.of(), 1), read.withLegs(List.of(), 1));
        assertEquals(State.EXCLUDED, read.legs().get(0).state());
        assertEquals(true, read.legs().get(1).forceFailed());
        // What is written from here on is of the later version.
        assertEquals(read, RecordText.parse("again", RecordText.print(read)));
    }

    @Test
    void each_damaged_byte_is_noticed_and_named() throws IOException {
        byte[] good = sample();
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            IOException e = assertThrows(IOException.class, () -> RecordText.parse("demo.record", bad), "byte " + i);
            assertTrue(e.getMessage().contains("demo.record"), e.getMessage());
        }
    }

    @Test
    void each_truncation_is_noticed() throws IOException {
        byte[] good = sample();
        for (int length = 0; length < good.length; length++) {
            byte[] shorter = Arrays.copyOf(good, length);
            assertThrows(IOException.class, () -> RecordText.parse("demo.record", shorter), "length " + length);
        }
    }

    /** A record with a line replaced, and the checksum that goes with it. */
    private static byte[] signed(int version, String line, String other) throws IOException {
        String text = new String(sample(version), StandardCharsets.UTF_8);
        assertTrue(text.contains("\n" + line + "\n"), "no line " + line);
        String changed = text.replace("\n" + line + "\n", "\n" + other + "\n").replaceAll("(?m)^crc32c=.*\n", "");
        CRC32C crc = new CRC32C();
        crc.update(changed.getBytes(StandardCharsets.UTF_8));
        return (changed + String.format("crc32c=%08x\n", crc.getValue())).getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "source=1, source=3, source",
        "source=1, source=-1, source",
        "source=1, source=4294967297, 4294967297",
        "source=1, source=0, source",
        "counter=41, counter=0, counter",
        "epoch=8, epoch=-8, epoch",
        "generation=12, generation=11, announced",
        "sectors=524288, sectors=0, sectors",
        "sectors=524288, sectors=9223372036854775807, sectors",
        "leg.1.offset=2048, leg.1.offset=-1, leg.1.offset",
        "leg.1.offset=2048, leg.1.offset=9223372036854775807, leg.1.offset",
        "leg.2.replaces=0, leg.2.replaces=2, leg.2.replaces",
        "leg.2.replaces=0, leg.2.replaces=3, leg.2.replaces",
        "leg.0.path=/srv/leg%250, leg.0.path=/srv/leg%0, record",
        "leg.0.path=/srv/leg%250, leg.0.path=/srv/%+10, record",
        "counter=41, counter=+41, record",
    })
    void what_an_opening_could_not_go_by_is_refused_though_the_checksum_matches(String line, String other, String told)
            throws IOException {
        byte[] bad = signed(3, line, other);
        IOException e = assertThrows(IOException.class, () -> RecordText.parse("demo.record", bad));
        assertTrue(e.getMessage().contains("is damaged") && e.getMessage().contains(told), e.getMessage());
    }

    @Test
    void the_checksum_stands_in_a_line_of_its_own_and_is_of_bytes() throws IOException {
        byte[] inValue = signed(2, "log.type=disk", "log.type=disk");
        String text = new String(inValue, StandardCharsets.UTF_8).replaceAll("(?m)^crc32c=.*\n", "") + "x=";
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        byte[] bad = (text + String.format("crc32c=%08x\n", crc.getValue())).getBytes(StandardCharsets.UTF_8);
        assertThrows(IOException.class, () -> RecordText.parse("demo.record", bad));
        byte[] noUtf = signed(2, "log.type=disk", "log.type=\ufffd");
        String latin = new String(noUtf, StandardCharsets.ISO_8859_1).replace("\u00ef\u00bf\u00bd", "\u0080");
        assertThrows(
                IOException.class, () -> RecordText.parse("demo.record", latin.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void another_version_is_refused_by_name() throws IOException {
        byte[] other = new String(sample(), StandardCharsets.UTF_8)
                .replace("record 3\n", "record 4\n")
                .getBytes(StandardCharsets.UTF_8);
        IOException e = assertThrows(IOException.class, () -> RecordText.parse("demo.record", other));
        assertTrue(e.getMessage().contains("record 4"), e.getMessage());
    }

    @Test
    void any_path_survives() {
        for (String path : List.of("/a b", "/100%", "/ü\n", "/tab\t", "\\x", "%25", "")) {
            assertEquals(path, Escapes.decode(Escapes.encode(path)));
            assertTrue(Escapes.encode(path).chars().allMatch(c -> c > ' ' && c < 0x7F));
        }
        assertArrayEquals(new String[] {"%C3%BC"}, new String[] {Escapes.encode("ü")});
    }
}
