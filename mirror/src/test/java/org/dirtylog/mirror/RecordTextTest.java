// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.LogPair;
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
                    new LegRecord("/srv/leg%0", 0, State.EXCLUDED, false),
                    new LegRecord("/srv/leg1", 2048, State.CURRENT, true)));

    private static byte[] sample() throws IOException {
        try (InputStream in = RecordTextTest.class.getResourceAsStream("/records/version-1.record")) {
            return in.readAllBytes();
        }
    }

    @Test
    void version_1_is_written_byte_for_byte_as_the_sample_file() throws IOException {
        assertEquals(
                new String(sample(), StandardCharsets.UTF_8),
                new String(RecordText.print(SAMPLE), StandardCharsets.UTF_8));
    }

    @Test
    void the_sample_file_of_version_1_is_read() throws IOException {
        assertEquals(SAMPLE, RecordText.parse("sample", sample()));
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
                .replace("record 1\n", "record 2\n")
                .getBytes(StandardCharsets.UTF_8);
        IOException e = assertThrows(IOException.class, () -> RecordText.parse("demo.record", other));
        assertTrue(e.getMessage().contains("record 2"), e.getMessage());
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
