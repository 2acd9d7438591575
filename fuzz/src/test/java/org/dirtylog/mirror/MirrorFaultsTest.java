// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.dirtylog.fuzz.Planted;
import org.dirtylog.fuzz.Targets;
import org.junit.jupiter.api.Test;

/** Faults in reading labels and records, each of which its target finds. */
class MirrorFaultsTest {
    @Test
    void aLabelWithAnotherChecksumIsRead() throws IOException {
        LabelFuzz faulty = new LabelFuzz(bytes -> {
            byte[] copy = bytes.clone();
            RawLabel.repair(copy);
            return LegLabel.decode(copy);
        });
        Planted.isFound(Targets.Label, faulty, "it is no label");
    }

    @Test
    void whatALabelDoesNotHaveIsPassedOver() throws IOException {
        LabelFuzz faulty = new LabelFuzz(bytes -> {
            byte[] copy = bytes.clone();
            if (new RawLabel(copy).isLabel()) {
                Arrays.fill(copy, 64, 124, (byte) 0);
                RawLabel.repair(copy);
            }
            return LegLabel.decode(copy);
        });
        Planted.isFound(Targets.Label, faulty, "makes no sense");
    }

    @Test
    void aLineOfARecordIsIgnored() throws IOException {
        MirrorRecordFuzz faulty = new MirrorRecordFuzz((name, bytes) -> {
            MirrorRecord record = RecordText.parse(name, bytes);
            return new MirrorRecord(
                    record.counter(),
                    record.mirrorId(),
                    record.completed(),
                    record.epoch(),
                    record.generation(),
                    record.targetSectors(),
                    record.log(),
                    record.confirmed(),
                    record.announced(),
                    record.source(),
                    record.legs());
        });
        Planted.isFound(Targets.MirrorRecord, faulty, "what is read is printed as the same");
    }

    @Test
    void theChecksumOfARecordIsNotCompared() throws IOException {
        MirrorRecordFuzz faulty = new MirrorRecordFuzz((name, bytes) -> {
            try {
                return RecordText.parse(name, bytes);
            } catch (IOException e) {
                String expected = e.getMessage().replaceFirst("(?s).*checksum .*, expected ([0-9a-f]{8}).*", "$1");
                String text = new String(bytes, StandardCharsets.UTF_8)
                        .replaceFirst("crc32c=.*\n$", "crc32c=" + expected + "\n");
                return RecordText.parse(name, text.getBytes(StandardCharsets.UTF_8));
            }
        });
        Planted.isFound(Targets.MirrorRecord, faulty, "the last line is the checksum of all before it");
    }
}
