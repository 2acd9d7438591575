// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.dirtylog.log.Found;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Logs that slot format 1 wrote. They were written once, and every later version must read them with the same answer; a new
 * slot format adds samples and leaves these.
 */
class SampleLogTest {
    private static final Path FOLDER = Path.of("src/test/resources/samples");
    private static final RegionSet DIRTY = RegionSet.of(3, 64).plus(RegionSet.range(68, 70));

    /** The life that the samples are from: made, brought into sync, four regions dirty, and stopped or not. */
    private static DiskLogFixture life(int blockBytes, boolean stopped) throws Exception {
        DiskLogFixture f = new DiskLogFixture(70, 4096, blockBytes);
        f.medium.put(new byte[4096]);
        f.geometry = new RegionGeometry(71_000, 1024);
        f.host.legsAgree = true;
        f.openWithDirty(DIRTY);
        if (stopped) {
            f.stop();
        }
        return f;
    }

    private static byte[] sample(int blockBytes, boolean stopped) throws Exception {
        return Files.readAllBytes(FOLDER.resolve("slot1-" + (stopped ? "closed" : "open") + "-" + blockBytes + ".log"));
    }

    @ParameterizedTest
    @CsvSource({"512, true", "512, false", "4096, true", "4096, false"})
    void a_sample_opens_with_what_it_recorded(int blockBytes, boolean stopped) throws Exception {
        DiskLogFixture f = life(blockBytes, stopped);
        f.medium.put(sample(blockBytes, stopped));
        f.open();
        assertEquals(Found.RECORDED, f.found);
        assertEquals(DIRTY, f.dirty());
        assertEquals(stopped ? Optional.of(true) : Optional.empty(), f.record.closedCleanly);
    }

    @ParameterizedTest
    @CsvSource({"512, true", "512, false", "4096, true", "4096, false"})
    void today_s_writer_writes_the_same_bytes(int blockBytes, boolean stopped) throws Exception {
        assertArrayEquals(
                sample(blockBytes, stopped), life(blockBytes, stopped).medium.content());
    }

    @Test
    void every_field_of_the_slot_is_where_the_documentation_says() throws Exception {
        RecordHead head = new RecordHead("sample", ByteBuffer.wrap(sample(512, true)));
        IdentitySlot open = head.slot(0).orElseThrow();
        IdentitySlot closed = head.slot(1).orElseThrow();
        assertEquals(closed, head.newest().orElseThrow());
        assertEquals(IdentitySlot.State.OPEN, open.state());
        assertEquals(IdentitySlot.State.CLOSED, closed.state());
        assertEquals(DiskLogFixture.MIRROR, closed.mirrorId());
        assertEquals(new RegionGeometry(71_000, 1024), closed.geometry());
        assertEquals(open.pair(), closed.pair());
        assertEquals(1, closed.pair().generation());
        assertEquals(1, open.sequence());
        assertEquals(2, closed.sequence());
        assertTrue(closed.legsAgree());
    }

    /** Writes the samples; run by hand for a new slot format, never for an old one. */
    public static void main(String... folder) throws Exception {
        for (int blockBytes : new int[] {512, 4096}) {
            for (boolean stopped : new boolean[] {true, false}) {
                Path file = FOLDER.resolve("slot1-" + (stopped ? "closed" : "open") + "-" + blockBytes + ".log");
                Files.write(
                        file, life(blockBytes, stopped).medium.content(), java.nio.file.StandardOpenOption.CREATE_NEW);
            }
        }
    }
}
