// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices.Missing;
import org.dirtylog.seams.InUseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** P40 and P42: one channel and one lock for each file. */
@Timeout(120)
class OneOwnerTest {
    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(8);
    private FileDevices devices;
    private Path file;

    @BeforeEach
    void make() throws IOException {
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        file = Files.write(folder.resolve("leg"), new byte[8192]);
    }

    @AfterEach
    void close() {
        tasks.close();
    }

    @Test
    void aSecondOwnerIsRefusedUnderWhateverName() throws Exception {
        Path hard = Files.createLink(folder.resolve("hard"), file);
        Path soft = Files.createSymbolicLink(folder.resolve("soft"), file);
        try (BlockDevice first = devices.openLeg(file.toString())) {
            for (Path name : new Path[] {file, hard, soft, folder.resolve("data/../leg")}) {
                InUseException refused = assertThrows(
                        InUseException.class, () -> devices.openMedium(name.toString(), 512, Missing.REFUSE));
                assertTrue(refused.getMessage().contains("as a leg"), refused.getMessage());
                assertTrue(refused.getMessage().contains(name.toString()), refused.getMessage());
                assertTrue(refused.getMessage().contains(first.name()), refused.getMessage());
            }
        }
        devices.openLeg(soft.toString()).close();
    }

    @Test
    void nothingThisProcessDoesWithTheNameDropsTheLock() throws Exception {
        Path hard = Files.createLink(folder.resolve("hard"), file);
        try (BlockDevice owner = devices.openLeg(file.toString())) {
            assertFalse(LockTrial.succeedsOn(file), "the owner has no lock");
            owner.force();
            assertThrows(InUseException.class, () -> devices.openLeg(hard.toString()));
            devices.openReadOnly(hard.toString()).close();
            devices.openReadOnly(file.toString()).close();
            assertFalse(LockTrial.succeedsOn(file), "an opening that was refused, or a look, dropped the owner's lock");
        }
        assertTrue(LockTrial.succeedsOn(file), "the lock stayed after the end");
    }

    @Test
    void aLookThatBeganBeforeTheOwnerEndsWithoutDroppingItsLock() throws Exception {
        BlockDevice look = devices.openReadOnly(file.toString());
        try (BlockDevice owner = devices.openLeg(file.toString())) {
            owner.force();
            look.close();
            assertFalse(LockTrial.succeedsOn(file), "the end of the look dropped the owner's lock");
        }
    }

    @Test
    void anOwnerThatLeavesBehindALookGivesTheLockUpAndANewOneKeepsIt() throws Exception {
        BlockDevice first = devices.openLeg(file.toString());
        BlockDevice look = devices.openReadOnly(file.toString());
        first.close();
        assertTrue(LockTrial.succeedsOn(file), "the lock outlived its owner");
        try (BlockDevice second = devices.openLeg(file.toString())) {
            second.write(0, ByteBuffer.wrap(new byte[] {7}));
            look.close();
            assertFalse(LockTrial.succeedsOn(file), "the end of the look dropped the second owner's lock");
        }
    }

    @Test
    void aFileThatAnotherProcessHasIsRefusedWithItsPid() throws Exception {
        try (LockTrial other = LockTrial.on(file)) {
            assertTrue(other.isLocked());
            InUseException refused = assertThrows(InUseException.class, () -> devices.openLeg(file.toString()));
            assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
            assertTrue(refused.getMessage().contains("process " + other.pid()), refused.getMessage());
            devices.openReadOnly(file.toString()).close();
        }
        devices.openLeg(file.toString()).close();
    }

    @Test
    void lockOfAProcessThatWasKilledIsGone() throws Exception {
        LockTrial other = LockTrial.on(file);
        ProcessHandle.of(other.pid()).orElseThrow().destroyForcibly();
        other.close();
        devices.openLeg(file.toString()).close();
    }

    @Test
    void aLookReadsWhatTheOwnerWroteAndCanChangeNothing() throws Exception {
        try (BlockDevice owner = devices.openLeg(file.toString());
                BlockDevice look = devices.openReadOnly(file.toString())) {
            owner.write(4096, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            ByteBuffer into = ByteBuffer.allocate(3);
            look.read(4096, into);
            assertEquals(ByteBuffer.wrap(new byte[] {1, 2, 3}), into.flip());
            assertThrows(IOException.class, () -> look.write(0, ByteBuffer.allocate(1)));
            assertThrows(IOException.class, () -> look.zero(0, 1, BlockDevice.Zeroing.MAY_PUNCH));
            assertThrows(IOException.class, look::force);
            assertFalse(look.punchesHoles());
        }
        assertThrows(
                NoSuchFileException.class,
                () -> devices.openReadOnly(folder.resolve("none").toString()));
    }

    @Test
    void ofManyWhoOpenAtOnceOneGetsIt() throws Exception {
        AtomicInteger owners = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger opened = new AtomicInteger();
        AtomicReference<Throwable> unexpected = new AtomicReference<>();
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int n = 0; n < 300; n++) {
                    try (BlockDevice device = devices.openLeg(file.toString())) {
                        most.accumulateAndGet(owners.incrementAndGet(), Math::max);
                        device.force();
                        opened.incrementAndGet();
                        owners.decrementAndGet();
                    } catch (InUseException e) {
                        Thread.onSpinWait();
                    } catch (Throwable e) {
                        unexpected.set(e);
                    }
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, unexpected.get());
        assertEquals(1, most.get());
        assertTrue(opened.get() > 0);
    }

    @Test
    void whatIsOpenedIsWhatWasLookedAtThoughNamesChangeMeanwhile() throws Exception {
        // Two files change places all the time. Whoever has one must never be given the same bytes under the other
        // name.
        Path other = Files.write(folder.resolve("other"), new byte[8192]);
        Path third = folder.resolve("third");
        Thread swapper = new Thread(() -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    Files.move(file, third);
                    Files.move(other, file);
                    Files.move(third, other);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        swapper.start();
        try {
            int both = 0;
            for (int n = 0; n < 2_000; n++) {
                try (BlockDevice a = devices.openLeg(file.toString());
                        BlockDevice b = devices.openLeg(other.toString())) {
                    a.write(0, ByteBuffer.wrap(new byte[] {1}));
                    b.write(0, ByteBuffer.wrap(new byte[] {2}));
                    ByteBuffer into = ByteBuffer.allocate(1);
                    a.read(0, into);
                    assertEquals(1, into.get(0), "both names led to one file, and it was given out twice");
                    both++;
                } catch (InUseException | NoSuchFileException e) {
                    // The names met on one file, or one was missing for a moment.
                }
            }
            assertTrue(both > 0);
        } finally {
            swapper.interrupt();
            swapper.join();
        }
    }
}
