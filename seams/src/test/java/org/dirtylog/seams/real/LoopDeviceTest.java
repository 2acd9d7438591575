// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.dirtylog.seams.InUseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Block devices, for which a loop device stands; needs root, {@code /dev/loop-control} and losetup of util-linux. */
@Timeout(60)
@Tag("loop-device")
class LoopDeviceTest {
    private static final int BYTES = 4 << 20;

    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(4);
    private final byte[] contents = new byte[BYTES];
    private FileDevices devices;
    private String loop = "";

    @BeforeEach
    void attach() throws Exception {
        assumeTrue(
                Files.isWritable(Path.of("/dev/loop-control")),
                "block devices are not tried: needs root and /dev/loop-control");
        assumeTrue(Files.isExecutable(Path.of("/sbin/losetup")), "block devices are not tried: install util-linux");
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        new Random(3).nextBytes(contents);
        Path below = Files.write(folder.resolve("below"), contents);
        loop = run("losetup", "--find", "--show", "--sector-size", "4096", below.toString());
    }

    @AfterEach
    void detach() throws Exception {
        if (!loop.isEmpty()) {
            run("losetup", "--detach", loop);
        }
        tasks.close();
    }

    @Test
    void aBlockDeviceTellsItsSizeAndBlock() throws IOException {
        try (BlockDevice device = devices.openLeg(loop)) {
            assertEquals(BYTES, device.sizeBytes());
            assertEquals(4096, device.blockBytes());
            assertTrue(device.punchesHoles(), "a loop device on a file passes discards on");
            byte[] read = new byte[5000];
            device.read(777, ByteBuffer.wrap(read));
            assertArrayEquals(Arrays.copyOfRange(contents, 777, 5777), read);
            device.write(777, ByteBuffer.wrap(new byte[] {1}));
            device.force();
            device.prefetch(0, BYTES);
            long[] told = {0};
            device.extents(0, BYTES, (bytes, hole, zero) -> (told[0] += bytes) > 0);
            assertEquals(BYTES, told[0]);
        }
    }

    @Test
    void unalignedZeroesLeaveTheirNeighboursAlone() throws IOException {
        int[][] ranges = {{0, 4096}, {5000, 20_000}, {100_001, 300}, {8192, 1}, {1 << 20, 2 << 20}, {BYTES - 5, 5}};
        try (BlockDevice device = devices.openLeg(loop)) {
            for (Zeroing zeroing : Zeroing.values()) {
                for (int[] range : ranges) {
                    device.write(range[0], ByteBuffer.wrap(filled(range[1])));
                    Arrays.fill(contents, range[0], range[0] + range[1], (byte) 0);
                    device.zero(range[0], range[1], zeroing);
                    byte[] all = new byte[BYTES];
                    device.read(0, ByteBuffer.wrap(all));
                    assertArrayEquals(contents, all, zeroing + " " + Arrays.toString(range));
                }
            }
        }
    }

    @Test
    void twoNodesOfOneDeviceAreOneDevice() throws Exception {
        Path second = folder.resolve("second");
        String[] numbers = run("stat", "-c", "%Hr %Lr", loop).split(" ");
        run("mknod", second.toString(), "b", numbers[0], numbers[1]);
        try (BlockDevice first = devices.openLeg(loop)) {
            InUseException refused = assertThrows(InUseException.class, () -> devices.openLeg(second.toString()));
            assertTrue(refused.getMessage().contains(first.name()), refused.getMessage());
            devices.openReadOnly(second.toString()).close();
            assertFalse(LockTrial.succeedsOn(Path.of(loop)));
        }
    }

    @Test
    void aMountedDeviceIsRefusedAndAnOwnedOneCannotBeMounted() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/sbin/mkfs.ext4")), "mounting is not tried: install e2fsprogs");
        run("mkfs.ext4", "-q", "-F", loop);
        Path mountPoint = Files.createDirectory(folder.resolve("mnt"));
        run("mount", loop, mountPoint.toString());
        try {
            InUseException refused = assertThrows(InUseException.class, () -> devices.openLeg(loop));
            assertTrue(refused.getMessage().contains("mounted"), refused.getMessage());
        } finally {
            run("umount", mountPoint.toString());
        }
        try (BlockDevice device = devices.openLeg(loop)) {
            device.force();
            assertThrows(AssertionError.class, () -> run("mount", loop, mountPoint.toString()));
        }
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0x55);
        return bytes;
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        assertEquals(0, process.waitFor(), String.join(" ", command) + ": " + output);
        return output;
    }
}
