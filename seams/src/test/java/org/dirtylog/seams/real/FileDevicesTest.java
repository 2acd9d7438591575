// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Devices.Missing;
import org.dirtylog.seams.LegType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileDevicesTest {
    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(4);
    private FileDevices devices;

    @BeforeEach
    void make() throws IOException {
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
    }

    @AfterEach
    void close() {
        tasks.close();
    }

    @Test
    void aMissingLegIsRefusedAndNotMade() {
        Path missing = folder.resolve("none");
        refused(NoSuchFileException.class, missing, "no such leg", "truncate");
        assertFalse(Files.exists(missing));
    }

    @Test
    void whatHoldsNoBlocksIsRefusedByWhatItIs() throws Exception {
        refused(IOException.class, folder, "a directory", "a file or a block device is needed");
        refused(IOException.class, Path.of("/dev/full"), "a character device");
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        refused(IOException.class, pipe, "a pipe");
        Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        refused(IOException.class, loop, "cannot open");
        refused(IOException.class, Files.createFile(folder.resolve("empty")), "empty (0 bytes)");
        IOException notAPath = assertThrows(IOException.class, () -> devices.openLeg("a\0b"));
        assertTrue(notAPath.getMessage().contains("not a path"), notAPath.getMessage());
    }

    @Test
    void aFileWithoutPermissionIsRefusedWithTheUser() throws Exception {
        Path file = Files.write(folder.resolve("leg"), new byte[512]);
        if (System.getProperty("user.name").equals("root")) {
            // Root may write anything but what cannot be written: a file of sysfs stands for it.
            refused(AccessDeniedException.class, Path.of("/sys/kernel/fscaps"), "may not open it");
            return;
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        refused(AccessDeniedException.class, file, "may not open it", System.getProperty("user.name"));
    }

    @Test
    void aMissingMediumIsMadeWholePrivateAndZero() throws IOException {
        Path log = folder.resolve("log");
        assertThrows(NoSuchFileException.class, () -> devices.openMedium(log.toString(), 10_000, Missing.REFUSE));
        assertFalse(Files.exists(log));
        try (BlockDevice medium = devices.openMedium(log.toString(), 10_000, Missing.CREATE)) {
            assertEquals(10_000, medium.sizeBytes());
            ByteBuffer all = ByteBuffer.allocate(10_000);
            medium.read(0, all);
            assertEquals(ByteBuffer.allocate(10_000), all.flip());
            medium.write(5_000, ByteBuffer.wrap(new byte[] {1}));
            medium.force();
        }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(log)));
        assertTrue((Integer) Files.getAttribute(log, "unix:nlink") == 1, "another name was left");
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(2, left.count(), "the log and the folder of records");
        }
        try (BlockDevice medium = devices.openMedium(log.toString(), 10_000, Missing.CREATE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            medium.read(5_000, one);
            assertEquals(1, one.get(0), "an existing log was made again");
        }
    }

    @Test
    void aNewMediumMayHaveTheLongestName() throws Exception {
        Path log = folder.resolve("l".repeat(255));
        devices.openMedium(log.toString(), 4096, Missing.CREATE).close();
        assertEquals(4096, Files.size(log));
    }

    @Test
    void aNewMediumIsAllocatedToItsEnd() throws Exception {
        Path log = folder.resolve("log");
        devices.openMedium(log.toString(), 1 << 20, Missing.CREATE).close();
        Process stat = new ProcessBuilder("stat", "-c", "%b", log.toString()).start();
        long blocks = Long.parseLong(stat.inputReader().readLine());
        assertTrue(blocks * 512 >= 1 << 20, blocks + " blocks are allocated");
    }

    @Test
    void aMediumThatIsTooSmallIsRefusedAndLeftAlone() throws IOException {
        Path log = Files.write(folder.resolve("log"), new byte[4096]);
        IOException refused =
                assertThrows(IOException.class, () -> devices.openMedium(log.toString(), 8192, Missing.CREATE));
        for (String word : new String[] {log.toString(), "4096", "8192", "truncate -s 8192"}) {
            assertTrue(refused.getMessage().contains(word), refused.getMessage());
        }
        assertEquals(4096, Files.size(log));
        devices.openMedium(log.toString(), 4096, Missing.REFUSE).close();
    }

    @Test
    void aMediumIsNotMadeWhereThereIsNoFolderOrNoRoom() throws IOException {
        Path nowhere = folder.resolve("no/such/log");
        IOException refused =
                assertThrows(IOException.class, () -> devices.openMedium(nowhere.toString(), 512, Missing.CREATE));
        assertTrue(refused.getMessage().contains(nowhere.getParent().toString()), refused.getMessage());
        Path huge = folder.resolve("huge");
        IOException noRoom =
                assertThrows(IOException.class, () -> devices.openMedium(huge.toString(), 1L << 55, Missing.CREATE));
        assertTrue(noRoom.getMessage().contains(huge.toString()), noRoom.getMessage());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count(), "something was left behind");
        }
    }

    @Test
    void aSchemeOpensTheLegTypeThatHasItAtTheMoment() throws IOException {
        Path file = Files.write(folder.resolve("leg"), new byte[512]);
        Kind worse = new Kind("chaos");
        Kind better = new Kind("chaos");
        devices.addLegType(worse, 0, 1);
        devices.addLegType(better, 5, 2);
        devices.addLegType(new Kind("other"), 9, 3);
        devices.openLeg("chaos:" + file).close();
        assertEquals(file.toString(), better.opened);
        devices.removeLegType(better);
        devices.openLeg("chaos:" + file).close();
        assertEquals(file.toString(), worse.opened);
        assertSame(devices, worse.devices);
        devices.removeLegType(worse);
        IOException refused = assertThrows(NoSuchFileException.class, () -> devices.openLeg("chaos:x"));
        assertTrue(refused.getMessage().contains("leg type 'chaos'"), refused.getMessage());
        assertTrue(refused.getMessage().contains("other"), refused.getMessage());
    }

    @Test
    void aFileMayBeNamedLikeASchemeThatNobodyHas() throws IOException {
        Path file = Files.write(Path.of("target", "chaos:leg"), new byte[512]);
        try {
            devices.addLegType(new Kind("other"), 0, 1);
            devices.openLeg(file.toString()).close();
        } finally {
            Files.delete(file);
        }
    }

    private void refused(Class<? extends IOException> kind, Path path, String... words) {
        IOException refused = assertThrows(kind, () -> devices.openLeg(path.toString()));
        assertTrue(refused.getMessage().contains(path.toString()), refused.getMessage());
        for (String word : words) {
            assertTrue(refused.getMessage().contains(word), refused.getMessage());
        }
    }

    private static final class Kind implements LegType {
        private final String scheme;
        private String opened = "";
        private Devices devices;

        Kind(String scheme) {
            this.scheme = scheme;
        }

        @Override
        public String scheme() {
            return scheme;
        }

        @Override
        public BlockDevice open(String rest, Devices from) throws IOException {
            opened = rest;
            devices = from;
            return from.openLeg(rest);
        }
    }
}
