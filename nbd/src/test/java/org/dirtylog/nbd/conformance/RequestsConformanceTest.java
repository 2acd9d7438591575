// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.dirtylog.nbd.conformance.Transfer.Chunk;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Test;

/** What requests bring about. */
class RequestsConformanceTest extends Rules {
    /** Where tests write. */
    private static final long AREA = 8 << 20;

    private static final int LENGTH = 128 * 1024;

    RequestsConformanceTest(Server server) {
        super(server);
    }

    // ---- what is offered --------------------------------------------------------------------------------------------

    @Test
    void the_flags_say_that_they_are_flags() throws IOException {
        for (String export : new String[] {Peer.DISK, Peer.FIXED}) {
            try (Transfer transfer = Transfer.begun(peer.socket(export), export, Mode.SIMPLE)) {
                assertTrue(transfer.offers(Transfer.HAS_FLAGS));
            }
        }
    }

    @Test
    void what_is_offered_works() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            int[][] offers = {
                {Transfer.SEND_FLUSH, 0, Transfer.FLUSH, 0},
                {Transfer.SEND_TRIM, 0, Transfer.TRIM, LENGTH},
                {Transfer.SEND_WRITE_ZEROES, 0, Transfer.WRITE_ZEROES, LENGTH},
                {Transfer.SEND_WRITE_ZEROES, Transfer.NO_HOLE, Transfer.WRITE_ZEROES, LENGTH},
                {Transfer.SEND_CACHE, 0, Transfer.CACHE, LENGTH}
            };
            for (int[] one : offers) {
                if (transfer.offers(one[0])) {
                    long offset = one[2] == Transfer.FLUSH ? 0 : AREA;
                    assertEquals(0, transfer.result(one[1], one[2], offset, one[3]), "command " + one[2]);
                }
            }
            if (transfer.offers(Transfer.SEND_FUA)) {
                assertEquals(0, transfer.write(Transfer.FUA, AREA, bytes(512, 1)));
            }
        }
    }

    @Test
    void FUA_is_accepted_with_every_command() throws IOException {
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            offers(transfer, Transfer.SEND_FUA, "FUA");
            for (int type : new int[] {Transfer.TRIM, Transfer.CACHE, Transfer.WRITE_ZEROES}) {
                assertEquals(0, transfer.result(Transfer.FUA, type, AREA, 4096), "command " + type);
            }
            assertEquals(0, transfer.result(Transfer.FUA, Transfer.FLUSH, 0, 0));
            assertEquals(0, transfer.result(Transfer.FUA, Transfer.READ, 0, 512));
            assertEquals(0, transfer.write(Transfer.FUA, AREA, bytes(512, 1)));
            assertEquals(0, transfer.result(Transfer.FUA, Transfer.BLOCK_STATUS, 0, 512));
        }
    }

    @Test
    void a_read_only_export_says_so_and_refuses_changes() throws IOException {
        try (Transfer transfer = fixed(Mode.SIMPLE)) {
            assertTrue(transfer.offers(Transfer.READ_ONLY));
            assertNotEquals(0, transfer.write(0, 0, bytes(512, 1)));
            assertNotEquals(0, transfer.result(0, Transfer.TRIM, 0, 4096));
            assertNotEquals(0, transfer.result(0, Transfer.WRITE_ZEROES, 0, 4096));
            assertArrayEquals(bytes(4096, Peer.FILLING), transfer.read(0, 4096));
        }
    }

    @Test
    void fast_zeroes_are_offered_only_where_zeroes_are() throws IOException {
        for (String export : new String[] {Peer.DISK, Peer.FIXED}) {
            try (Transfer transfer = Transfer.begun(peer.socket(export), export, Mode.SIMPLE)) {
                assertTrue(transfer.offers(Transfer.SEND_WRITE_ZEROES) || !transfer.offers(Transfer.SEND_FAST_ZERO));
            }
        }
    }

    // ---- permanence -------------------------------------------------------------------------------------------------

    /** Asks while the device does not force, and sees that the reply waits for it. */
    private void assertWaitsForForce(Transfer transfer, int flags, int type, long offset, int length)
            throws IOException {
        SparseDevice device = device();
        device.force = new CountDownLatch(1);
        try {
            if (type == Transfer.WRITE) {
                transfer.ask(flags, type, 9, offset, bytes(length, 3));
            } else {
                transfer.ask(flags, type, 9, offset, length);
            }
            assertTrue(transfer.client.isSilent(100), "command " + type);
        } finally {
            device.force.countDown();
            device.force = null;
        }
        assertEquals(0, transfer.error());
    }

    @Test
    void FLUSH_is_answered_when_all_that_was_answered_is_permanent() throws IOException {
        device();
        try (Transfer transfer = begun(Mode.SIMPLE);
                Transfer other = begun(Mode.SIMPLE)) {
            assertEquals(0, transfer.write(0, AREA, bytes(512, 1)));
            assertEquals(0, transfer.result(0, Transfer.WRITE_ZEROES, AREA, LENGTH));
            assertEquals(0, other.result(0, Transfer.TRIM, AREA, LENGTH));
            assertWaitsForForce(transfer, 0, Transfer.FLUSH, 0, 0);
        }
    }

    @Test
    void FUA_is_answered_when_the_write_is_permanent() throws IOException {
        device();
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            for (int type : new int[] {Transfer.WRITE, Transfer.WRITE_ZEROES, Transfer.TRIM}) {
                assertWaitsForForce(transfer, Transfer.FUA, type, AREA, LENGTH);
            }
        }
    }

    @Test
    void a_flush_that_fails_is_an_error() throws IOException {
        SparseDevice device = device();
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            device.failure = new IOException("broken");
            assertEquals(Transfer.EIO, transfer.result(0, Transfer.FLUSH, 0, 0));
            assertEquals(Transfer.EIO, transfer.write(Transfer.FUA, AREA, bytes(512, 1)));
        } finally {
            device.failure = null;
        }
    }

    @Test
    void what_one_connection_wrote_and_flushed_others_see() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE);
                Transfer other = begun(Mode.SIMPLE)) {
            offers(transfer, Transfer.CAN_MULTI_CONN, "several connections to one export");
            for (int i = 1; i < 20; i++) {
                assertEquals(0, transfer.write(i % 2 == 0 ? Transfer.FUA : 0, AREA, bytes(LENGTH, i)));
                assertEquals(0, other.result(0, Transfer.FLUSH, 0, 0));
                assertArrayEquals(bytes(LENGTH, i), other.read(AREA, LENGTH));
            }
        }
    }

    // ---- commands ---------------------------------------------------------------------------------------------------

    @Test
    void WRITE_writes_what_is_read_afterwards_at_any_place() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            for (int length : new int[] {1, 511, 4096, 70_001, 3 << 20}) {
                assertEquals(0, transfer.write(0, AREA + 13, bytes(length, length)));
                assertArrayEquals(bytes(length, length), transfer.read(AREA + 13, length));
            }
        }
    }

    @Test
    void what_cannot_be_written_is_an_error() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            assertNotEquals(0, transfer.write(0, Peer.SIZE - 256, bytes(512, 1)));
            assertNotEquals(0, transfer.write(0, Peer.SIZE, bytes(512, 1)));
            assertNotEquals(0, transfer.result(0, Transfer.WRITE_ZEROES, Peer.SIZE - 256, 512));
            assertNotEquals(0, transfer.result(0, Transfer.CACHE, Peer.SIZE - 256, 512));
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void zeroes_are_read_where_zeroes_were_written() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            offers(transfer, Transfer.SEND_WRITE_ZEROES, "zeroes");
            for (int flags : new int[] {0, Transfer.NO_HOLE, Transfer.FUA}) {
                assertEquals(0, transfer.write(0, AREA, bytes(LENGTH, 7)));
                assertEquals(0, transfer.result(flags, Transfer.WRITE_ZEROES, AREA + 512, LENGTH - 1024));
                byte[] expected = bytes(LENGTH, 7);
                ByteBuffer.wrap(expected).put(512, new byte[LENGTH - 1024]);
                assertArrayEquals(expected, transfer.read(AREA, LENGTH));
            }
        }
    }

    @Test
    void zeroes_without_holes_stay_allocated() throws IOException {
        try (Transfer transfer =
                Transfer.begun(peer.socket(Peer.DISK), Peer.DISK, Mode.STRUCTURED, "base:allocation")) {
            // A file may be told as a hole that has its space all the same.
            device();
            assertEquals(0, transfer.result(Transfer.NO_HOLE, Transfer.WRITE_ZEROES, AREA, LENGTH));
            transfer.ask(Transfer.REQ_ONE, Transfer.BLOCK_STATUS, 1, AREA, LENGTH);
            assertEquals(0, transfer.reply().get(0).bytes().getInt(8) & 1, "a hole");
        }
    }

    @Test
    void only_fast_zeroes_may_be_too_slow() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            offers(transfer, Transfer.SEND_FAST_ZERO, "fast zeroes");
            for (int flags : new int[] {0, Transfer.NO_HOLE}) {
                assertEquals(0, transfer.result(flags, Transfer.WRITE_ZEROES, AREA, LENGTH));
                long begun = System.nanoTime();
                int error = transfer.result(flags | Transfer.FAST_ZERO, Transfer.WRITE_ZEROES, AREA, 16 << 20);
                assertTrue(error == 0 || error == Transfer.ENOTSUP, "error " + error);
                assertTrue(System.nanoTime() - begun < 5_000_000_000L, "neither fast nor refused");
            }
        }
    }

    @Test
    void CACHE_changes_nothing_and_rejects_flags_that_it_does_not_know() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            offers(transfer, Transfer.SEND_CACHE, "CACHE");
            assertEquals(0, transfer.write(0, AREA, bytes(LENGTH, 9)));
            assertEquals(0, transfer.result(0, Transfer.CACHE, AREA, LENGTH));
            assertArrayEquals(bytes(LENGTH, 9), transfer.read(AREA, LENGTH));
            for (int flag : new int[] {Transfer.NO_HOLE, Transfer.DF, Transfer.REQ_ONE, 1 << 8, 1 << 15}) {
                assertNotEquals(0, transfer.result(flag, Transfer.CACHE, AREA, LENGTH), "flag " + flag);
            }
        }
    }

    @Test
    void DISC_is_not_answered_but_all_that_came_before_it_is() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            ByteBuffer all = ByteBuffer.allocate(40 * 28);
            for (int i = 0; i < 39; i++) {
                all.put(transfer.header(0, i % 3 == 0 ? Transfer.FLUSH : Transfer.CACHE, i, 0, i % 3 == 0 ? 0 : 4096));
            }
            transfer.client.send(
                    all.put(transfer.header(0, Transfer.DISC, 99, 0, 0)).flip());
            Set<Long> cookies = new HashSet<>();
            for (int i = 0; i < 39; i++) {
                assertTrue(cookies.add(transfer.chunk().cookie()));
            }
            assertFalse(cookies.contains(99L));
            assertTrue(transfer.client.isEnded());
        }
    }

    @Test
    void what_makes_no_sense_is_an_error_and_the_connection_goes_on() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            assertEquals(Transfer.EINVAL, transfer.result(0, 77, 0, 512));
            assertEquals(Transfer.EINVAL, transfer.result(1 << 9, Transfer.READ, 0, 512));
            assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.READ, Peer.SIZE, 512));
            assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.READ, -1, 512));
            assertNotEquals(0, transfer.result(0, Transfer.TRIM, Peer.SIZE - 1, 512));
            for (int type : new int[] {Transfer.READ, Transfer.TRIM, Transfer.WRITE_ZEROES, Transfer.CACHE}) {
                transfer.result(0, type, 0, 0);
            }
            transfer.write(0, 0, new byte[0]);
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void more_than_the_largest_payload_is_read_or_refused_and_the_connection_goes_on() throws IOException {
        for (Mode mode : new Mode[] {Mode.SIMPLE, Mode.STRUCTURED}) {
            try (Transfer transfer = begun(mode)) {
                for (long length : new long[] {33 << 20, 0xfffffffcL}) {
                    transfer.ask(0, Transfer.READ, 1, 0, length);
                    List<Chunk> reply = transfer.reply();
                    if (reply.get(0).mode() == Mode.SIMPLE && reply.get(0).error() == 0) {
                        transfer.client.receive((int) length);
                    }
                }
                assertTrue(transfer.isInStep());
            }
        }
    }
}
