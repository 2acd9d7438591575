// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dirtylog.nbd.conformance.Transfer.Chunk;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Test;

/** Extended headers: {@code NBD_OPT_EXTENDED_HEADERS} and what follows from it. */
class ExtendedConformanceTest extends Rules {
    private static final long AREA = 16 << 20;

    ExtendedConformanceTest(Server server) {
        super(server);
    }

    private Negotiation extended() throws IOException {
        Negotiation negotiation = begun();
        if (negotiation.result(Negotiation.EXTENDED_HEADERS, new byte[0]) != Negotiation.ACK) {
            negotiation.close();
            throw new NotOffered("extended headers");
        }
        return negotiation;
    }

    // ---- options ----------------------------------------------------------------------------------------------------

    @Test
    void GO_and_INFO_are_there_for_extended_headers() throws IOException {
        try (Negotiation negotiation = extended()) {
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.INFO, Negotiation.info(Peer.DISK)));
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, Negotiation.info(Peer.DISK)));
        }
    }

    @Test
    void the_option_takes_no_data() throws IOException {
        extended().close();
        try (Negotiation negotiation = begun()) {
            assertEquals(Negotiation.INVALID, negotiation.result(Negotiation.EXTENDED_HEADERS, new byte[4]));
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.SIMPLE)) {
                assertTrue(transfer.isInStep());
            }
        }
    }

    @Test
    void there_is_no_way_back_to_structured_replies() throws IOException {
        try (Negotiation negotiation = extended()) {
            assertEquals(Negotiation.EXT_HEADER_REQD, negotiation.result(Negotiation.STRUCTURED_REPLY, new byte[0]));
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.EXTENDED)) {
                assertArrayEquals(bytes(512, Peer.FILLING), transfer.read(512, 512));
            }
        }
    }

    @Test
    void structured_replies_may_come_first() throws IOException {
        extended().close();
        try (Negotiation negotiation = structured()) {
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.EXTENDED_HEADERS, new byte[0]));
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.EXTENDED)) {
                assertArrayEquals(bytes(512, Peer.FILLING), transfer.read(512, 512));
            }
        }
    }

    @Test
    void EXPORT_NAME_does_not_go_with_extended_headers() throws IOException {
        try (Negotiation negotiation = extended()) {
            negotiation.send(Negotiation.EXPORT_NAME, Peer.DISK.getBytes());
            assertTrue(negotiation.client.isEnded());
        }
    }

    @Test
    void contexts_of_base_need_no_extended_headers() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (int option : new int[] {Negotiation.LIST_META_CONTEXT, Negotiation.SET_META_CONTEXT}) {
                byte[] queries = Negotiation.queries(Peer.DISK, "base:allocation");
                assertEquals(Negotiation.ACK, negotiation.result(option, queries));
            }
        }
    }

    @Test
    void a_choice_of_contexts_is_offered_with_extended_headers_and_contexts_only() throws IOException {
        assertFalse(begun(Mode.SIMPLE).offers(Transfer.BLOCK_STAT_PAYLOAD));
        assertFalse(withContexts(Mode.STRUCTURED).offers(Transfer.BLOCK_STAT_PAYLOAD));
        try (Transfer without = begun(Mode.EXTENDED);
                Transfer with = withContexts(Mode.EXTENDED)) {
            assertFalse(without.offers(Transfer.BLOCK_STAT_PAYLOAD));
            assertTrue(with.offers(Transfer.BLOCK_STAT_PAYLOAD));
        }
    }

    @Test
    void DF_is_offered_with_extended_headers() throws IOException {
        try (Transfer transfer = begun(Mode.EXTENDED)) {
            assertTrue(transfer.offers(Transfer.SEND_DF));
            transfer.ask(Transfer.DF, Transfer.READ, 1, 0, 65536);
            List<Chunk> reply = transfer.reply();
            assertEquals(Transfer.DATA, reply.get(0).type());
            assertEquals(65536 + 8, reply.get(0).payload().length);
        }
    }

    // ---- transmission -----------------------------------------------------------------------------------------------

    private static void assertExtended(Transfer transfer, long cookie, long offset) throws IOException {
        for (Chunk chunk : transfer.reply()) {
            assertEquals(Mode.EXTENDED, chunk.mode());
            assertEquals(cookie, chunk.cookie());
            assertEquals(offset, chunk.offset());
            assertEquals(0, chunk.flags() & ~Transfer.DONE);
        }
    }

    @Test
    void every_reply_is_extended_and_bears_the_offset_of_its_request() throws IOException {
        try (Transfer transfer = withContexts(Mode.EXTENDED)) {
            transfer.ask(0, Transfer.READ, 1, 4097, 512);
            assertExtended(transfer, 1, 4097);
            transfer.ask(0, Transfer.WRITE, 2, AREA, new byte[700_000]);
            assertExtended(transfer, 2, AREA);
            transfer.ask(0, Transfer.FLUSH, 3, 0, 0);
            assertExtended(transfer, 3, 0);
            transfer.ask(0, Transfer.BLOCK_STATUS, 4, 12345, 1 << 20);
            assertExtended(transfer, 4, 12345);
            transfer.ask(0, Transfer.TRIM, 5, AREA, 4096);
            assertExtended(transfer, 5, AREA);
            // Errors as well.
            transfer.ask(0, Transfer.READ, 6, -5, 512);
            assertExtended(transfer, 6, -5);
            transfer.ask(1 << 9, Transfer.CACHE, 7, 99, 512);
            assertExtended(transfer, 7, 99);
            transfer.ask(0, 77, 8, 3, 512);
            assertExtended(transfer, 8, 3);
        }
    }

    @Test
    void requests_have_64_bits_of_length() throws IOException {
        try (Transfer transfer = begun(Mode.EXTENDED)) {
            assertEquals(0, transfer.write(0, AREA, bytes(4096, 9)));
            for (int type : new int[] {Transfer.TRIM, Transfer.CACHE, Transfer.WRITE_ZEROES, Transfer.READ}) {
                // Whoever takes the lower half of it finds nothing wrong.
                assertTrue(transfer.result(0, type, AREA, (1L << 32) + 4096) != 0, "command " + type);
            }
            assertArrayEquals(bytes(4096, 9), transfer.read(AREA, 4096));
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void a_payload_that_no_command_wants_is_read_past() throws IOException {
        try (Transfer transfer = begun(Mode.EXTENDED)) {
            for (int type : new int[] {
                Transfer.READ,
                Transfer.TRIM,
                Transfer.CACHE,
                Transfer.FLUSH,
                Transfer.WRITE_ZEROES,
                Transfer.BLOCK_STATUS,
                77
            }) {
                transfer.ask(0, type, 5, 0, new byte[type == Transfer.READ ? 600_000 : 512]);
                assertEquals(Transfer.EINVAL, transfer.error(), "command " + type);
            }
            assertTrue(transfer.isInStep());
        }
    }

    @Test
    void a_payload_beyond_the_largest_ends_the_connection() throws IOException {
        for (int type : new int[] {Transfer.WRITE, Transfer.TRIM, Transfer.BLOCK_STATUS}) {
            try (Transfer transfer = begun(Mode.EXTENDED)) {
                transfer.ask(Transfer.PAYLOAD, type, 5, 0, 1L << 40);
                assertTrue(transfer.client.isEnded());
            }
        }
    }

    @Test
    void a_write_without_its_flag_has_no_payload() throws IOException {
        try (Transfer transfer = begun(Mode.EXTENDED)) {
            assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.WRITE, AREA, 512));
            assertTrue(transfer.isInStep());
        }
    }

    // ---- block status -----------------------------------------------------------------------------------------------

    /** The ids in a reply that must succeed, each chunk looked at. */
    private static List<Integer> told(Transfer transfer, long asked, boolean one) throws IOException {
        List<Integer> ids = new ArrayList<>();
        for (Chunk chunk : transfer.reply()) {
            assertEquals(0, chunk.error());
            if (chunk.type() == Transfer.NONE) {
                continue;
            }
            assertEquals(Transfer.STATUS_EXT, chunk.type());
            assertTrue(chunk.payload().length >= 24 && chunk.payload().length % 16 == 8);
            ByteBuffer payload = chunk.bytes();
            ids.add(payload.getInt());
            int count = payload.getInt();
            assertTrue(count == 0 || count == payload.remaining() / 16);
            assertTrue(!one || payload.remaining() == 16);
            long sum = 0;
            while (payload.hasRemaining()) {
                assertTrue(sum < asked);
                long length = payload.getLong();
                assertTrue(length > 0 && (!one || length <= asked));
                sum += length;
                // No context has more than 32 bits of flags.
                assertEquals(0, payload.getInt());
                payload.getInt();
            }
        }
        return ids;
    }

    @Test
    void each_context_is_told_in_one_chunk_with_64_bits_of_length() throws IOException {
        try (Transfer transfer = withContexts(Mode.EXTENDED)) {
            for (int flags : new int[] {0, Transfer.REQ_ONE}) {
                transfer.ask(flags, Transfer.BLOCK_STATUS, 5, 512, 3 << 20);
                List<Integer> ids = told(transfer, 3 << 20, flags != 0);
                assertEquals(transfer.contexts.size(), ids.size());
                assertEquals(new HashSet<>(transfer.contexts.values()), new HashSet<>(ids));
            }
        }
    }

    /** A choice of contexts, as a payload. */
    private static byte[] choice(long length, int... ids) {
        ByteBuffer payload = ByteBuffer.allocate(8 + 4 * ids.length).putLong(length);
        for (int id : ids) {
            payload.putInt(id);
        }
        return payload.array();
    }

    @Test
    void a_choice_of_contexts_is_answered_with_these() throws IOException {
        try (Transfer transfer = withContexts(Mode.EXTENDED)) {
            int[] all = transfer.contexts.values().stream().mapToInt(id -> id).toArray();
            for (int id : all) {
                transfer.ask(Transfer.REQ_ONE, Transfer.BLOCK_STATUS, 5, 0, choice(1 << 20, id));
                assertEquals(List.of(id), told(transfer, 1 << 20, true));
            }
            transfer.ask(0, Transfer.BLOCK_STATUS, 5, 0, choice(Peer.SIZE, all));
            assertEquals(Set.copyOf(transfer.contexts.values()), Set.copyOf(told(transfer, Peer.SIZE, false)));
            transfer.ask(0, Transfer.BLOCK_STATUS, 5, 0, choice(Peer.SIZE + 1, all));
            assertEquals(Transfer.EINVAL, transfer.error());
        }
    }

    @Test
    void a_choice_with_ids_that_are_not_known_or_come_twice_is_read_past_and_refused() throws IOException {
        try (Transfer transfer = withContexts(Mode.EXTENDED)) {
            int id = transfer.contexts.get("base:allocation");
            byte[][] wrong = {
                choice(512, id, id),
                choice(512, id, 0x77777777),
                choice(512, -1),
                choice(512),
                choice(512, new int[5000]),
                {0, 0, 0, 0},
                new byte[13]
            };
            for (byte[] payload : wrong) {
                transfer.ask(0, Transfer.BLOCK_STATUS, 5, 0, payload);
                assertEquals(Transfer.EINVAL, transfer.error(), payload.length + " bytes");
                assertTrue(transfer.isInStep());
            }
        }
    }
}
