// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.dirtylog.seams.RecordFolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRecordFolderTest {
    @TempDir
    Path temporary;

    @Test
    void aRecordIsReplacedByWritingAnotherAndRenamingIt() throws IOException {
        RecordFolder records = folder();
        assertEquals(Optional.empty(), records.read("a"));
        records.write("a", new byte[] {1, 2, 3});
        records.write("a.new", new byte[100_000]);
        records.write("a.new", new byte[] {4});
        records.rename("a.new", "a");
        records.force();
        assertArrayEquals(new byte[] {4}, folder().read("a").orElseThrow());
        assertEquals(Optional.empty(), records.read("a.new"));
        records.delete("a");
        records.delete("a");
        assertEquals(Optional.empty(), records.read("a"));
        assertThrows(IOException.class, () -> records.rename("a", "b"));
    }

    @Test
    void nobodyElseCanReadRecords() throws IOException {
        folder().write("a", new byte[1]);
        Path made = temporary.resolve("home/data");
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.resolve("a"))));
    }

    @Test
    void aNameCannotLeadOutOfTheFolder() throws IOException {
        RecordFolder records = folder();
        for (String name : new String[] {"", ".", "..", "../a", "/etc/passwd", "a/b", "a\0"}) {
            assertThrows(IllegalArgumentException.class, () -> records.read(name), name);
            assertThrows(IllegalArgumentException.class, () -> records.write(name, new byte[1]), name);
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws IOException {
        Files.createFile(temporary.resolve("home"));
        IOException refused = assertThrows(IOException.class, this::folder);
        assertTrue(refused.getMessage().contains(temporary.resolve("home").toString()), refused.getMessage());
    }

    @Test
    void anInterruptedThreadStillWritesAndStaysInterrupted() throws IOException {
        RecordFolder records = folder();
        Thread.currentThread().interrupt();
        try {
            records.write("a", new byte[] {9});
            records.force();
        } finally {
            assertTrue(Thread.interrupted(), "the interrupt was swallowed");
        }
        assertArrayEquals(new byte[] {9}, records.read("a").orElseThrow());
    }

    private RecordFolder folder() throws IOException {
        return new FileRecordFolder(temporary.resolve("home/data"));
    }
}
