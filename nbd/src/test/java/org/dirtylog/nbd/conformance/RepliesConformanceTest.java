// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dirtylog.nbd.conformance.Transfer.Chunk;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Test;

/** What replies look like. */
class RepliesConformanceTest extends Rules {
    private static final int LENGTH = 96 * 1024;

    /** Positions that begin in data and end in a hole, or lie unaligned, or at the ends. */
    private static final long[] POSITIONS = {0, 511, (1 << 20) - LENGTH / 2, 2 << 20, Peer.SIZE - LENGTH};

    RepliesConformanceTest(Server server) {
        super(server);
    }

    // ---- simple -----------------------------------------------------------------------------------------------------

    @Test
    void without_negotiation_all_replies_are_simple() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            int[][] requests = {
                {Transfer.READ, 512}, {Transfer.READ, 0x7fffffff}, {Transfer.FLUSH, 0}, {Transfer.TRIM, 4096}, {77, 512}
            };
            for (int[] one : requests) {
                transfer.ask(0, one[0], 1, one[0] == Transfer.TRIM ? 8 << 20 : 0, one[1]);
                Chunk reply = transfer.chunk();
                assertEquals(Mode.SIMPLE, reply.mode());
                if (one[0] == Transfer.READ && reply.error() == 0) {
                    transfer.client.receive(512);
                }
            }
        }
    }

    @Test
    void a_simple_reply_has_the_data_or_an_error() throws IOException {
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            for (long position : POSITIONS) {
                assertEquals(LENGTH, transfer.read(position, LENGTH).length);
            }
            assertArrayEquals(bytes(LENGTH, Peer.FILLING), transfer.read(4096, LENGTH));
            assertNotEquals(0, transfer.result(0, Transfer.READ, Peer.SIZE - 1, 2));
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void a_read_that_fails_brings_no_data() throws IOException {
        SparseDevice device = device();
        try (Transfer transfer = begun(Mode.SIMPLE)) {
            device.failsFrom = 3 << 20;
            for (int length : new int[] {4096, 600 * 1024, 8 << 20}) {
                assertEquals(Transfer.EIO, transfer.result(0, Transfer.READ, (3 << 20) - 2048, length));
            }
            device.failsFrom = Long.MAX_VALUE;
            assertTrue(transfer.isInStep());
        } finally {
            device.failsFrom = Long.MAX_VALUE;
        }
    }

    @Test
    void each_request_is_answered_once_with_its_own_cookie() throws IOException {
        long[] cookies = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x67446698L, 0x2560951367446698L};
        for (Mode mode : new Mode[] {Mode.SIMPLE, Mode.STRUCTURED}) {
            try (Transfer transfer = begun(mode)) {
                ByteBuffer all = ByteBuffer.allocate(cookies.length * 28);
                for (long cookie : cookies) {
                    boolean flush = (cookie & 1) == 0;
                    all.put(transfer.header(0, flush ? Transfer.FLUSH : Transfer.CACHE, cookie, 0, flush ? 0 : 512));
                }
                transfer.client.send(all.flip());
                Set<Long> expected = new HashSet<>();
                for (long cookie : cookies) {
                    expected.add(cookie);
                }
                for (int i = 0; i < cookies.length; i++) {
                    assertTrue(expected.remove(transfer.reply().get(0).cookie()));
                }
                transfer.ask(0, Transfer.READ, -7, 0, LENGTH);
                assertEquals(-7, transfer.chunk().cookie());
            }
        }
    }

    // ---- structured -------------------------------------------------------------------------------------------------

    @Test
    void the_flag_for_DF_is_set_if_and_only_if_it_can_be_used() throws IOException {
        try (Transfer simple = begun(Mode.SIMPLE);
                Transfer structured = begun(Mode.STRUCTURED)) {
            assertFalse(simple.offers(Transfer.SEND_DF));
            int error = structured.result(Transfer.DF, Transfer.READ, 0, 512);
            assertEquals(error == 0, structured.offers(Transfer.SEND_DF));
        }
    }

    @Test
    void a_read_is_answered_in_chunks_of_which_the_last_is_marked() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            for (long position : POSITIONS) {
                transfer.ask(0, Transfer.READ, 42, position, LENGTH);
                for (Chunk chunk : transfer.reply()) {
                    assertEquals(Mode.STRUCTURED, chunk.mode());
                    assertEquals(42, chunk.cookie());
                    assertEquals(0, chunk.flags() & ~Transfer.DONE);
                    if (chunk.type() == Transfer.NONE) {
                        assertEquals(0, chunk.payload().length);
                        assertTrue(chunk.isLast());
                    }
                }
                assertTrue(transfer.client.isSilent(20));
            }
        }
    }

    @Test
    void chunks_cover_what_was_asked_for_once() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            for (long position : POSITIONS) {
                transfer.ask(0, Transfer.READ, 1, position, LENGTH);
                BitSet covered = new BitSet(LENGTH);
                for (Chunk chunk : transfer.reply()) {
                    if (chunk.type() == Transfer.NONE) {
                        continue;
                    }
                    ByteBuffer payload = chunk.bytes();
                    int from = Math.toIntExact(payload.getLong() - position);
                    if (chunk.type() == Transfer.HOLE) {
                        assertEquals(12, chunk.payload().length);
                    } else {
                        assertEquals(Transfer.DATA, chunk.type());
                    }
                    int length = chunk.type() == Transfer.HOLE ? payload.getInt() : payload.remaining();
                    assertTrue(from >= 0 && length > 0 && from + length <= LENGTH);
                    assertEquals(-1, at(covered.nextSetBit(from), from + length));
                    covered.set(from, from + length);
                }
                assertEquals(LENGTH, covered.cardinality());
            }
        }
    }

    private static int at(int bit, int end) {
        return bit < end ? bit : -1;
    }

    @Test
    void DF_is_answered_with_one_chunk_of_data() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            offers(transfer, Transfer.SEND_DF, "DF");
            for (int length : new int[] {512, 65536}) {
                long position = (1 << 20) - length / 2;
                transfer.ask(Transfer.DF, Transfer.READ, 1, position, length);
                int chunks = 0;
                for (Chunk chunk : transfer.reply()) {
                    assertEquals(0, chunk.error());
                    if (chunk.type() != Transfer.NONE) {
                        assertEquals(Transfer.DATA, chunk.type());
                        assertEquals(8 + length, chunk.payload().length);
                        assertEquals(position, chunk.bytes().getLong());
                        chunks++;
                    }
                }
                assertEquals(1, chunks);
            }
        }
    }

    /** Asks for what must fail, and takes the error. */
    private static Chunk refusal(Transfer transfer, int flags, long offset, long length) throws IOException {
        transfer.ask(flags, Transfer.READ, 3, offset, length);
        List<Chunk> reply = transfer.reply();
        Chunk error =
                reply.stream().filter(chunk -> chunk.error() != 0).findFirst().orElseThrow();
        assertTrue(reply.stream().allMatch(chunk -> chunk.mode() == Mode.STRUCTURED));
        return error;
    }

    @Test
    void also_errors_of_reads_are_structured() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            refusal(transfer, 1 << 9, 0, 512);
            refusal(transfer, 0, Peer.SIZE, 512);
            refusal(transfer, 0, Peer.SIZE - 1, 512);
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void an_error_has_a_number_and_a_message_that_fits() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            Chunk error = refusal(transfer, 0, Peer.SIZE, 512);
            ByteBuffer payload = error.bytes();
            boolean offset = error.type() == Transfer.ERROR_OFFSET;
            assertTrue(payload.remaining() >= (offset ? 14 : 6));
            assertNotEquals(0, payload.getInt());
            int length = Short.toUnsignedInt(payload.getShort());
            assertTrue(length <= 4096 && length <= payload.remaining() - (offset ? 8 : 0));
            StandardCharsets.UTF_8.newDecoder().decode(payload.slice(payload.position(), length));
        }
    }

    @Test
    void an_error_after_data_is_told_before_the_end() throws IOException {
        SparseDevice device = device();
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            device.failsFrom = 3 << 20;
            for (int length : new int[] {4096, 600 * 1024, 8 << 20}) {
                Chunk error = refusal(transfer, 0, (3 << 20) - 2048, length);
                assertEquals(Transfer.EIO, error.error());
                assertTrue(error.isLast());
            }
            device.failsFrom = Long.MAX_VALUE;
            assertTrue(transfer.isInStep());
        } finally {
            device.failsFrom = Long.MAX_VALUE;
        }
    }

    @Test
    void replies_without_data_are_simple_or_one_chunk() throws IOException {
        try (Transfer transfer = begun(Mode.STRUCTURED)) {
            transfer.ask(0, Transfer.FLUSH, 8, 0, 0);
            Chunk done = transfer.chunk();
            assertEquals(8, done.cookie());
            assertTrue(done.isLast() && done.error() == 0 && done.payload().length == 0);
            transfer.ask(0, 77, 9, 0, 512);
            Chunk refused = transfer.chunk();
            assertEquals(9, refused.cookie());
            assertTrue(refused.isLast() && refused.error() == Transfer.EINVAL);
        }
    }

    @Test
    void no_chunk_is_larger_than_the_largest_payload() throws IOException {
        long most = 32 << 20;
        try (Negotiation negotiation = begun()) {
            for (Negotiation.Answer answer : negotiation.ask(Negotiation.INFO, Negotiation.info(Peer.DISK, 3))) {
                if (answer.type() == Negotiation.DETAIL && answer.info() == Negotiation.OF_BLOCK_SIZE) {
                    most = Integer.toUnsignedLong(answer.number(10));
                }
            }
        }
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            transfer.ask(0, Transfer.READ, 1, 0, 32 << 20);
            for (Chunk chunk : transfer.reply()) {
                assertTrue(chunk.payload().length <= most + 8);
            }
            transfer.ask(0, Transfer.BLOCK_STATUS, 1, 0, Peer.SIZE);
            for (Chunk chunk : transfer.reply()) {
                assertTrue(chunk.payload().length <= most + 8);
            }
        }
    }
}
