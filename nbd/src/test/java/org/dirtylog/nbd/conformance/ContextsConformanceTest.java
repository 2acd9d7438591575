// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dirtylog.nbd.conformance.Negotiation.Answer;
import org.dirtylog.nbd.conformance.Transfer.Chunk;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Test;

/** What is told about bytes: contexts, and questions for block status. */
class ContextsConformanceTest extends Rules {
    private static final int[] BOTH = {Negotiation.LIST_META_CONTEXT, Negotiation.SET_META_CONTEXT};

    ContextsConformanceTest(Server server) {
        super(server);
    }

    /** The names that are told, in an answer that must succeed. */
    private static List<String> names(Negotiation negotiation, int option, String... queries) throws IOException {
        List<String> names = new ArrayList<>();
        List<Answer> answers = negotiation.ask(option, Negotiation.queries(Peer.DISK, queries));
        for (Answer answer : answers.subList(0, answers.size() - 1)) {
            assertEquals(Negotiation.CONTEXT, answer.type());
            names.add(answer.text(4));
        }
        assertEquals(Negotiation.ACK, answers.get(answers.size() - 1).type());
        return names;
    }

    private void assertSame(Collection<String> expected, List<String> told) {
        assertEquals(expected.size(), told.size());
        assertEquals(new HashSet<>(expected), new HashSet<>(told));
    }

    // ---- options ----------------------------------------------------------------------------------------------------

    @Test
    void what_cannot_be_parsed_is_INVALID() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (int option : BOTH) {
                byte[] data = Negotiation.queries(Peer.DISK, "base:allocation");
                ByteBuffer.wrap(data).putInt(data.length - 19, 900);
                assertEquals(Negotiation.INVALID, negotiation.result(option, data));
                byte[] many = Negotiation.queries(Peer.DISK);
                ByteBuffer.wrap(many).putInt(many.length - 4, 3);
                assertEquals(Negotiation.INVALID, negotiation.result(option, many));
            }
        }
    }

    @Test
    void a_namespace_that_is_not_known_is_passed_over() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (int option : BOTH) {
                assertSame(List.of("base:allocation"), names(negotiation, option, "x-none:such", "base:allocation"));
                assertSame(List.of(), names(negotiation, option, "x-none:such"));
            }
        }
    }

    @Test
    void LIST_without_queries_tells_all() throws IOException {
        try (Negotiation negotiation = structured()) {
            List<String> told = names(negotiation, Negotiation.LIST_META_CONTEXT);
            assertTrue(told.contains("base:allocation"));
            for (String context : server.contexts) {
                String namespace = context.substring(0, context.indexOf(':') + 1);
                assertTrue(told.contains(context) || told.contains(namespace), context);
            }
        }
    }

    @Test
    void LIST_with_queries_tells_what_matches_one_of_them() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (String context : server.contexts) {
                assertSame(List.of(context), names(negotiation, Negotiation.LIST_META_CONTEXT, context, "base:none"));
            }
            assertSame(server.contexts, names(negotiation, Negotiation.LIST_META_CONTEXT, contexts()));
        }
    }

    @Test
    void the_wildcard_of_base_counts_in_LIST_and_not_in_SET() throws IOException {
        try (Negotiation negotiation = structured()) {
            assertSame(List.of("base:allocation"), names(negotiation, Negotiation.LIST_META_CONTEXT, "base:"));
            assertSame(List.of(), names(negotiation, Negotiation.SET_META_CONTEXT, "base:"));
        }
    }

    @Test
    void a_leaf_of_base_that_is_not_known_is_passed_over() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (int option : BOTH) {
                assertSame(List.of(), names(negotiation, option, "base:nothing"));
            }
        }
    }

    @Test
    void SET_without_queries_chooses_nothing() throws IOException {
        try (Negotiation negotiation = structured()) {
            assertSame(List.of("base:allocation"), names(negotiation, Negotiation.SET_META_CONTEXT, "base:allocation"));
            assertSame(List.of(), names(negotiation, Negotiation.SET_META_CONTEXT));
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.STRUCTURED)) {
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.BLOCK_STATUS, 0, 512));
            }
        }
    }

    @Test
    void SET_that_fails_leaves_nothing_chosen() throws IOException {
        try (Negotiation negotiation = structured()) {
            assertSame(List.of("base:allocation"), names(negotiation, Negotiation.SET_META_CONTEXT, "base:allocation"));
            assertEquals(Negotiation.INVALID, negotiation.result(Negotiation.SET_META_CONTEXT, new byte[3]));
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.STRUCTURED)) {
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.BLOCK_STATUS, 0, 512));
            }
        }
    }

    @Test
    void SET_gives_each_context_an_id_of_its_own() throws IOException {
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            assertEquals(Set.copyOf(server.contexts), transfer.contexts.keySet());
            assertEquals(server.contexts.size(), new HashSet<>(transfer.contexts.values()).size());
        }
    }

    @Test
    void names_have_a_namespace_that_is_registered_or_local() throws IOException {
        try (Negotiation negotiation = structured()) {
            for (String name : names(negotiation, Negotiation.LIST_META_CONTEXT)) {
                assertTrue(name.matches("(?s)(base|nbd-server|qemu|x-[^:]*):.*"), name);
            }
        }
    }

    // ---- BLOCK_STATUS -----------------------------------------------------------------------------------------------

    /** The chunks with status in a reply that must succeed. */
    private static List<Chunk> status(Transfer transfer, int flags, long offset, long length) throws IOException {
        transfer.ask(flags, Transfer.BLOCK_STATUS, 5, offset, length);
        List<Chunk> told = new ArrayList<>();
        for (Chunk chunk : transfer.reply()) {
            assertEquals(Mode.STRUCTURED, chunk.mode());
            assertEquals(5, chunk.cookie());
            assertEquals(0, chunk.error());
            if (chunk.type() != Transfer.NONE) {
                assertEquals(Transfer.STATUS, chunk.type());
                told.add(chunk);
            }
        }
        return told;
    }

    @Test
    void each_context_is_told_in_one_chunk_of_a_structured_reply() throws IOException {
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            List<Integer> ids = new ArrayList<>();
            for (Chunk chunk : status(transfer, 0, 0, Peer.SIZE)) {
                ids.add(chunk.bytes().getInt());
            }
            assertEquals(transfer.contexts.size(), ids.size());
            assertEquals(new HashSet<>(transfer.contexts.values()), new HashSet<>(ids));
        }
    }

    @Test
    void a_chunk_has_one_run_or_more_and_none_is_empty() throws IOException {
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            for (long offset : new long[] {0, 513, 1 << 20, Peer.SIZE - 1}) {
                for (Chunk chunk : status(transfer, 0, offset, Math.min(3 << 20, Peer.SIZE - offset))) {
                    assertTrue(chunk.payload().length >= 12 && chunk.payload().length % 8 == 4);
                    ByteBuffer runs = chunk.bytes().position(4);
                    while (runs.hasRemaining()) {
                        assertTrue(runs.getInt() != 0);
                        runs.getInt();
                    }
                }
            }
        }
    }

    @Test
    void only_the_last_run_reaches_the_end_of_what_was_asked_for() throws IOException {
        long asked = (2 << 20) + 512;
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            for (Chunk chunk : status(transfer, 0, 512, asked)) {
                ByteBuffer runs = chunk.bytes().position(4);
                long told = 0;
                while (runs.hasRemaining()) {
                    assertTrue(told < asked);
                    told += Integer.toUnsignedLong(runs.getInt());
                    runs.getInt();
                }
            }
        }
    }

    @Test
    void REQ_ONE_is_answered_with_one_run_within_what_was_asked_for() throws IOException {
        try (Transfer transfer = withContexts(Mode.STRUCTURED)) {
            for (long length : new long[] {1, 512, 65537, 3 << 20, Peer.SIZE}) {
                for (Chunk chunk : status(transfer, Transfer.REQ_ONE, 0, length)) {
                    assertEquals(12, chunk.payload().length);
                    long told = Integer.toUnsignedLong(chunk.bytes().getInt(4));
                    assertTrue(told > 0 && told <= length, told + " of " + length);
                }
            }
        }
    }

    @Test
    void allocation_tells_data_and_holes_and_what_is_allocated_can_be_written() throws IOException {
        try (Transfer transfer =
                Transfer.begun(peer.socket(Peer.DISK), Peer.DISK, Mode.STRUCTURED, "base:allocation")) {
            ByteBuffer data = status(transfer, 0, 4096, 4096).get(0).bytes();
            assertTrue(Integer.toUnsignedLong(data.getInt(4)) >= 4096);
            assertEquals(0, data.getInt(8));
            assertEquals(0, transfer.write(0, 4096, bytes(4096, Peer.FILLING)));
            long hole = Peer.SIZE - (4 << 20);
            assertEquals(3, status(transfer, 0, hole, 4096).get(0).bytes().getInt(8));
        }
    }

    @Test
    void what_is_not_negotiated_is_EINVAL() throws IOException {
        for (Mode mode : new Mode[] {Mode.SIMPLE, Mode.STRUCTURED}) {
            try (Transfer transfer = begun(mode)) {
                assertEquals(Transfer.EINVAL, transfer.result(0, Transfer.BLOCK_STATUS, 0, 512));
                assertTrue(transfer.isInStep());
            }
        }
    }
}
