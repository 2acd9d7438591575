// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.dirtylog.nbd.NbdExport;
import org.dirtylog.nbd.NbdLimits;
import org.dirtylog.nbd.NbdServer;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lengths of more than 32 bits, on a device of 8 TiB. */
@Timeout(60)
class LongRequestsTest {
    private static final long SIZE = 8L << 40;
    private static final long PIECE = 64L << 20;

    @TempDir
    Path folder;

    private final SparseDevice device = new SparseDevice(SIZE);
    private Path socket;
    private ThreadTasks tasks;
    private NbdServer server;

    @BeforeEach
    void serve() throws IOException {
        tasks = new ThreadTasks();
        socket = folder.resolve("s");
        server = new NbdServer(socket, tasks, NbdLimits.STANDARD);
        server.add(NbdExport.of("disk", device));
    }

    @AfterEach
    void stop() {
        server.close();
        tasks.close();
    }

    private Transfer begun(String... contexts) throws IOException {
        return Transfer.begun(socket, "disk", Mode.EXTENDED, contexts);
    }

    @Test
    void terabytes_are_zeroed_trimmed_and_fetched_by_one_request_each() throws IOException {
        byte[] noise = {1, 2, 3};
        try (Transfer transfer = begun()) {
            for (int type : new int[] {Transfer.WRITE_ZEROES, Transfer.TRIM}) {
                for (long at : new long[] {0, 5, 6L << 40, SIZE - 3}) {
                    assertEquals(0, transfer.write(0, at, noise));
                }
                assertEquals(0, transfer.result(Transfer.FUA, type, 3, SIZE - 3));
                assertArrayEquals(new byte[] {1, 2, 3, 0, 0, 0}, transfer.read(0, 6));
                assertArrayEquals(new byte[3], transfer.read(6L << 40, 3));
                assertArrayEquals(new byte[3], transfer.read(SIZE - 3, 3));
            }
            assertEquals(0, transfer.result(0, Transfer.CACHE, 0, SIZE));
            assertEquals(PIECE, device.longestPiece.get());
            assertTrue(device.pieces.get() >= 3 * (SIZE / PIECE), device.pieces + " pieces");
        }
    }

    @Test
    void one_that_takes_long_is_overtaken_by_what_comes_later() throws IOException {
        device.zero = new CountDownLatch(1);
        try (Transfer transfer = begun()) {
            transfer.ask(0, Transfer.WRITE_ZEROES, 1, 0, SIZE);
            transfer.ask(0, Transfer.READ, 2, 0, 512);
            assertEquals(2, transfer.chunk().cookie());
            assertEquals(0, transfer.write(0, 512, new byte[512]));
            device.zero.countDown();
            Transfer.Chunk done = transfer.chunk();
            assertEquals(1, done.cookie());
            assertEquals(0, done.error());
        }
    }

    @Test
    void who_leaves_without_a_word_leaves_no_work_behind() throws Exception {
        // All of it would take minutes.
        device.zeroMillis = 1;
        try (Transfer transfer = begun()) {
            transfer.ask(0, Transfer.WRITE_ZEROES, 1, 0, SIZE);
            awaitPieces(2);
            transfer.client.endOutput();
            assertEquals(Transfer.ESHUTDOWN, transfer.error());
            assertTrue(transfer.client.isEnded());
        }
        assertTrue(device.pieces.get() < SIZE / PIECE, device.pieces + " pieces");
    }

    @Test
    void who_asks_to_leave_is_answered_first() throws Exception {
        device.zero = new CountDownLatch(1);
        try (Transfer transfer = begun()) {
            transfer.ask(0, Transfer.WRITE_ZEROES, 1, 0, SIZE);
            awaitPieces(2);
            transfer.ask(0, Transfer.DISC, 2, 0, 0);
            device.zero.countDown();
            assertEquals(0, transfer.error());
            assertTrue(transfer.client.isEnded());
        }
        assertEquals(SIZE / PIECE, device.pieces.get());
    }

    @Test
    void an_export_that_is_withdrawn_is_left_alone_soon_also_where_there_was_no_place_to_hand_over_to()
            throws Exception {
        Path narrow = folder.resolve("narrow");
        try (NbdServer one = new NbdServer(narrow, tasks, NbdLimits.STANDARD.withRequests(1, 1))) {
            one.add(NbdExport.of("disk", device));
            device.zero = new CountDownLatch(1);
            try (Transfer first = Transfer.begun(narrow, "disk", Mode.EXTENDED);
                    Transfer second = Transfer.begun(narrow, "disk", Mode.EXTENDED)) {
                first.ask(0, Transfer.WRITE_ZEROES, 1, 0, SIZE);
                awaitPieces(2);
                second.ask(0, Transfer.WRITE_ZEROES, 1, 0, SIZE);
                awaitPieces(3);
                one.remove("disk");
                device.zero.countDown();
                Thread.sleep(200);
                assertTrue(device.pieces.get() < 10, device.pieces + " pieces");
            }
        }
    }

    private void awaitPieces(int count) throws InterruptedException {
        while (device.pieces.get() < count) {
            Thread.sleep(5);
        }
    }

    @Test
    void an_extent_can_be_longer_than_32_bits_and_is_told_up_to_a_tebibyte() throws IOException {
        try (Transfer transfer = begun("base:allocation")) {
            assertEquals(0, transfer.write(0, 5L << 30, new byte[SparseDevice.CELL_BYTES]));
            transfer.ask(0, Transfer.BLOCK_STATUS, 1, 0, SIZE);
            List<Transfer.Chunk> reply = transfer.reply();
            ByteBuffer told = reply.get(0).bytes();
            assertEquals(transfer.contexts.get("base:allocation"), told.getInt());
            assertEquals(3, told.getInt());
            long[] expected = {5L << 30, 3, SparseDevice.CELL_BYTES, 0, (1L << 40) - (5L << 30) - (64 << 10), 3};
            for (long one : expected) {
                assertEquals(one, told.getLong());
            }
            assertEquals(0, told.remaining());
        }
    }

    @Test
    void lengths_beyond_all_bounds_are_refused_and_the_connection_goes_on() throws IOException {
        try (Transfer transfer = begun("base:allocation")) {
            for (long length : new long[] {SIZE + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.TRIM, 0, length));
                assertEquals(Transfer.ENOSPC, transfer.result(0, Transfer.WRITE_ZEROES, 0, length));
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.READ, 0, length));
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.CACHE, 0, length));
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.BLOCK_STATUS, 0, length));
            }
            assertEquals(0, device.pieces.get());
            assertTrue(transfer.isInStep());
        }
    }
}
