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
import org.dirtylog.log.LogPair;
import org.dirtylog.log.runtime.TableLine.Leg;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.junit.jupiter.api.Test;

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
