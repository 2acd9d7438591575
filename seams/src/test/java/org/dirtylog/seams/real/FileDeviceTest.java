// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.dirtylog.seams.Signal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileDeviceTest {
    private static final int BYTES = 4 << 20;

    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(8);
    private FileDevices devices;
    private Path file;
    private byte[] contents;
    private BlockDevice device;

    @BeforeEach
    void open() throws IOException {
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        contents = new byte[BYTES];
        new Random(8).nextBytes(contents);
        file = Files.write(folder.resolve("leg"), contents);
        device = devices.openLeg(file.toString());
    }

    @AfterEach
    void close() {
        device.close();
        tasks.close();
    }

    @Test
    void bytesAreReadWhereTheyWereWritten() throws IOException {
        byte[] fresh = {1, 2, 3, 4, 5};
        for (boolean direct : new boolean[] {true, false}) {
            ByteBuffer from = direct ? ByteBuffer.allocateDirect(9) : ByteBuffer.allocate(9);
            from.put(2, fresh).position(2).limit(7);
            device.write(1234, from);
            assertEquals(7, from.position());
            ByteBuffer into = direct ? ByteBuffer.allocateDirect(20) : ByteBuffer.allocate(20);
            into.position(3).limit(8);
            device.read(1234, into);
            assertEquals(8, into.position());
            assertEquals(ByteBuffer.wrap(fresh), into.position(3));
        }
        device.force();
        assertEquals(BYTES, device.sizeBytes());
        assertEquals(512, device.blockBytes());
        assertEquals(file.toString(), device.name());
    }

    @Test
    void zeroedBytesReadAsZeroesAndTheirNeighboursStay() throws IOException {
        int[][] ranges = {{0, 1}, {4096, 8192}, {100_001, 77_777}, {BYTES - 10, 10}, {1_000_000, 2_500_000}};
        for (Zeroing zeroing : Zeroing.values()) {
            for (int[] range : ranges) {
                device.zero(range[0], range[1], zeroing);
                Arrays.fill(contents, range[0], range[0] + range[1], (byte) 0);
                assertArrayEquals(contents, Files.readAllBytes(copy()), zeroing + " " + Arrays.toString(range));
            }
        }
    }

    @Test
    void zeroesAreWrittenWhereTheFileSystemKnowsNoBetter() throws IOException {
        List<String> written = new ArrayList<>();
        Path small = Files.write(folder.resolve("small"), new byte[] {1});
        OpenFiles.Claim look = OpenFiles.ofProcess().look(small);
        try {
            // The descriptor of a look cannot allocate, so it tells nothing of holes; its error is not one of
            // "unsupported".
            FileSpace space = new FileSpace(look, 1, 512);
            assertFalse(space.punchesHoles());
            assertThrows(
                    IOException.class,
                    () -> space.zero(0, 1, Zeroing.MAY_PUNCH, (at, from) -> written.add(at + "+" + from.remaining())));
        } finally {
            look.end().run();
        }
        assertEquals(List.of(), written);
    }

    @Test
    void holesAreFoundWhereTheyWerePunched() throws IOException {
        assumeTrue(device.punchesHoles(), "the temporary folder is on a file system without holes");
        device.zero(1 << 20, 1 << 20, Zeroing.MAY_PUNCH);
        assertEquals(List.of("data 1048576", "hole 1048576", "data 2097152"), extents(0, BYTES));
        assertEquals(List.of("data 100", "hole 100"), extents((1 << 20) - 100, 200));
        assertEquals(List.of("hole 1000"), extents((1 << 20) + 5, 1000));
    }

    @Test
    void whoHasEnoughOfTheHolesIsToldNoMore() throws IOException {
        assumeTrue(device.punchesHoles(), "the temporary folder is on a file system without holes");
        device.zero(1 << 20, 1 << 20, Zeroing.MAY_PUNCH);
        for (int enough = 1; enough <= 2; enough++) {
            List<Long> runs = new ArrayList<>();
            int most = enough;
            device.extents(0, BYTES, (length, hole, zero) -> {
                runs.add(length);
                return runs.size() < most;
            });
            assertEquals(enough, runs.size());
        }
    }

    @Test
    void aFullMediumIsKnownByWhatTheSystemSaysInItsLanguage() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "there is no /dev/full here");
        try (FileChannel channel = FileChannel.open(full, StandardOpenOption.WRITE)) {
            IOException thrown = assertThrows(IOException.class, () -> channel.write(ByteBuffer.allocate(512)));
            assertTrue(Native.saysNoSpace(thrown.getMessage()), thrown.getMessage());
        }
        assertFalse(Native.saysNoSpace(Native.text(Native.EINVAL)));
    }

    @Test
    void askingForHolesChangesNothing() throws IOException {
        assertArrayEquals(contents, Files.readAllBytes(copy()));
        assertEquals(BYTES, Files.size(file));
    }

    @Test
    void aReadOfWhatSomebodyTruncatedFails() throws IOException {
        try (FileChannel outside = FileChannel.open(file, StandardOpenOption.WRITE)) {
            outside.truncate(10_000);
        }
        IOException failed = assertThrows(IOException.class, () -> device.read(8192, ByteBuffer.allocate(4096)));
        assertTrue(failed.getMessage().contains("truncated"), failed.getMessage());
        assertTrue(failed.getMessage().contains(file.toString()), failed.getMessage());
        assertThrows(IOException.class, () -> extents(8192, 4096));
        device.read(0, ByteBuffer.allocate(10_000));
    }

    @Test
    void whatIsOutOfRangeIsRefusedBeforeTheSystemIsAsked() {
        assertThrows(IllegalArgumentException.class, () -> device.read(-1, ByteBuffer.allocate(1)));
        assertThrows(IllegalArgumentException.class, () -> device.write(BYTES, ByteBuffer.allocate(1)));
        assertThrows(IllegalArgumentException.class, () -> device.zero(1, BYTES, Zeroing.MAY_PUNCH));
        assertThrows(IllegalArgumentException.class, () -> device.zero(1, Long.MAX_VALUE, Zeroing.MAY_PUNCH));
        assertThrows(IllegalArgumentException.class, () -> extents(Long.MAX_VALUE, 1));
    }

    @Test
    void submittedWorkEndsWithItsFailureWhateverItThrows() throws Exception {
        assertNull(submitted(d -> d.write(0, ByteBuffer.allocate(512))));
        IOException own = new IOException("on purpose");
        assertEquals(own, submitted(d -> {
            throw own;
        }));
        assertInstanceOf(
                IllegalArgumentException.class,
                submitted(d -> d.read(-1, ByteBuffer.allocate(1))).getCause());
        tasks.close();
        assertTrue(submitted(d -> {}).getMessage().contains("nothing was done"));
    }

    @Test
    void afterAFenceNothingGetsInAndWhoIsInsideIsWaitedFor() throws Exception {
        // The visitor of extents runs inside the device: it stands for a call stuck in the kernel.
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<IOException> ended = new CompletableFuture<>();
        device.submit(
                d -> d.extents(0, 512, (bytes, hole, zero) -> {
                    stuck.countDown();
                    awaitQuietly(release);
                    return true;
                }),
                ended::complete);
        stuck.await();
        assertFalse(device.fence(System.nanoTime() - 1));
        assertFalse(device.fence(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(5)));
        IOException refused = assertThrows(IOException.class, () -> device.write(0, ByteBuffer.allocate(1)));
        assertTrue(refused.getMessage().contains("taken away"), refused.getMessage());
        device.close();
        assertThrows(IOException.class, () -> devices.openLeg(file.toString()), "given out while a call was inside");
        assertFalse(LockTrial.succeedsOn(file), "the lock went while a call was inside");
        release.countDown();
        assertTrue(device.fence(Signal.NEVER));
        assertNull(ended.get());
        // The last call to leave gives the file back, just behind its completion.
        device = openedWhenFree();
        device.write(0, ByteBuffer.allocate(1));
    }

    @Test
    void everyCallIsBeforeTheFenceOrFails() throws Exception {
        for (int round = 0; round < 40; round++) {
            BlockDevice mine = device;
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread thread = new Thread(() -> {
                    ByteBuffer ones = ByteBuffer.allocateDirect(4096);
                    while (ones.hasRemaining()) {
                        ones.put((byte) 1);
                    }
                    try {
                        while (true) {
                            mine.write(0, ones.flip());
                        }
                    } catch (IOException e) {
                        // fenced
                    }
                });
                thread.start();
                threads.add(thread);
            }
            assertTrue(mine.fence(Signal.NEVER));
            mine.close();
            device = devices.openLeg(file.toString());
            device.write(0, ByteBuffer.allocate(4096));
            ByteBuffer into = ByteBuffer.allocate(4096);
            for (Thread thread : threads) {
                thread.join();
            }
            device.read(0, into);
            assertEquals(ByteBuffer.allocate(4096), into.flip(), "a write came after the fence, in round " + round);
        }
    }

    @Test
    void anInterruptBeforeACallClosesNothingAndStays() throws IOException {
        Thread.currentThread().interrupt();
        try {
            device.write(0, ByteBuffer.allocate(512));
            device.read(0, ByteBuffer.allocate(512));
            device.zero(0, 512, Zeroing.KEEP_ALLOCATED);
            device.force();
        } finally {
            assertTrue(Thread.interrupted(), "the interrupt was swallowed");
        }
        device.read(0, ByteBuffer.allocate(512));
    }

    @Test
    void anInterruptWithinACallIsNamedAsTheCauseOfWhatFollows() throws Exception {
        CompletableFuture<IOException> failed = new CompletableFuture<>();
        Thread writer = new Thread(
                () -> {
                    ByteBuffer much = ByteBuffer.allocateDirect(BYTES);
                    try {
                        while (true) {
                            device.write(0, much.clear());
                            Thread.interrupted();
                        }
                    } catch (IOException e) {
                        failed.complete(e);
                    }
                },
                "the culprit");
        writer.start();
        while (!failed.isDone()) {
            writer.interrupt();
            Thread.onSpinWait();
        }
        assertTrue(
                failed.get().getMessage().contains("the culprit was interrupted"),
                failed.get().getMessage());
        IOException later = assertThrows(IOException.class, () -> device.read(0, ByteBuffer.allocate(1)));
        assertTrue(later.getMessage().contains("another thread was interrupted"), later.getMessage());
        device.close();
        device = devices.openLeg(file.toString());
        device.read(0, ByteBuffer.allocate(1));
    }

    @Test
    void aTruncatedFileIsToldByAForceAndDoesNotGrowBackByAWriteAtItsEnd() throws Exception {
        try (FileChannel somebody = FileChannel.open(file, StandardOpenOption.WRITE)) {
            somebody.truncate(1000);
        }
        IOException written =
                assertThrows(IOException.class, () -> device.write(BYTES - 512, ByteBuffer.allocate(512)));
        assertTrue(written.getMessage().contains("truncated"), written.getMessage());
        assertEquals(1000, Files.size(file));
        device.write(0, ByteBuffer.allocate(512));
        IOException forced = assertThrows(IOException.class, () -> device.force());
        assertTrue(forced.getMessage().contains("truncated"), forced.getMessage());
    }

    @Test
    void aFileThatHasGrownIsMeasuredAnew() throws IOException {
        long asked = BYTES + 8192;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), asked - 1);
        }
        assertEquals(BYTES, device.sizeBytes());
        assertThrows(IllegalArgumentException.class, () -> device.write(BYTES, ByteBuffer.allocate(1)));
        assertEquals(asked, device.measure());
        assertEquals(asked, device.sizeBytes());
        device.write(BYTES, ByteBuffer.allocate(1));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(BYTES);
        }
        IOException shorter = assertThrows(IOException.class, () -> device.measure());
        assertTrue(shorter.getMessage().contains("truncated"), shorter.getMessage());
        assertEquals(asked, device.sizeBytes());
    }

    @Test
    void aNoteIsKeptBesideTheBytes() throws IOException {
        assertTrue(device.attribute("label").isEmpty());
        if (!device.keepsAttributes()) {
            // A tmpfs before Linux 6.6.
            assertThrows(IOException.class, () -> device.setAttribute("label", new byte[1]));
            return;
        }
        device.setAttribute("label", new byte[] {1, 2, 3});
        device.setAttribute("other", new byte[0]);
        device.setAttribute("label", new byte[] {0, -1});
        device.close();
        device = openedWhenFree();
        assertArrayEquals(new byte[] {0, -1}, device.attribute("label").orElseThrow());
        assertArrayEquals(new byte[0], device.attribute("other").orElseThrow());
        assertArrayEquals(contents, Files.readAllBytes(copy()));
        BlockDevice looked = devices.openReadOnly(file.toString());
        assertFalse(looked.keepsAttributes());
        assertArrayEquals(new byte[] {0, -1}, looked.attribute("label").orElseThrow());
        assertThrows(IOException.class, () -> looked.setAttribute("label", new byte[1]));
        looked.close();
    }

    @Test
    void aClosedDeviceSaysSo() {
        device.close();
        device.close();
        IOException refused = assertThrows(IOException.class, () -> device.read(0, ByteBuffer.allocate(1)));
        assertTrue(refused.getMessage().contains("closed"), refused.getMessage());
    }

    private IOException submitted(BlockDevice.Work work) throws Exception {
        CompletableFuture<IOException> ended = new CompletableFuture<>();
        device.submit(work, ended::complete);
        return ended.get(20, TimeUnit.SECONDS);
    }

    private List<String> extents(long position, long bytes) throws IOException {
        List<String> runs = new ArrayList<>();
        device.extents(position, bytes, (length, hole, zero) -> {
            assertEquals(hole, zero);
            runs.add((hole ? "hole " : "data ") + length);
            return true;
        });
        return runs;
    }

    private BlockDevice openedWhenFree() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try {
                return devices.openLeg(file.toString());
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.onSpinWait();
            }
        }
    }

    /** What the file holds, read through the device. */
    private Path copy() throws IOException {
        ByteBuffer all = ByteBuffer.allocate(BYTES);
        device.read(0, all);
        return Files.write(folder.resolve("copy"), all.array());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
