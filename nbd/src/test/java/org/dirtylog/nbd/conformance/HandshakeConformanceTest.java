// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import org.dirtylog.nbd.conformance.Negotiation.Answer;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Test;

/** Greeting and options. */
class HandshakeConformanceTest extends Rules {
    private static final byte[] NOTHING = {};

    HandshakeConformanceTest(Server server) {
        super(server);
    }

    private static Answer last(List<Answer> answers) {
        return answers.get(answers.size() - 1);
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    /** A name that is no export's. */
    private String unknown() throws IOException {
        try (Negotiation negotiation = begun()) {
            if (negotiation.result(Negotiation.INFO, Negotiation.info("nothing")) == Negotiation.ACK) {
                throw new NotOffered("exports of which some do not exist");
            }
        }
        return "nothing";
    }

    private static void assertText(String text) {
        assertFalse(text.indexOf(0) >= 0, "NUL in a string");
        assertTrue(name(text).length <= 4096, "a string of " + text.length());
    }

    // ---- greeting ---------------------------------------------------------------------------------------------------

    @Test
    void the_greeting_is_fixed_newstyle_and_sets_no_flag_that_is_not_defined() throws IOException {
        try (Negotiation negotiation = new Negotiation(peer.socket(Peer.DISK))) {
            assertEquals(Negotiation.FIXED_NEWSTYLE, negotiation.serverFlags & ~Negotiation.NO_ZEROES);
        }
    }

    @Test
    void a_client_flag_that_is_not_known_ends_the_connection() throws IOException {
        for (int flag = 2; flag < 32; flag++) {
            try (Negotiation negotiation = new Negotiation(peer.socket(Peer.DISK))) {
                negotiation.flags(3 | 1 << flag);
                assertTrue(negotiation.client.isEnded(), "flag " + flag);
            }
        }
    }

    @Test
    void zeroes_follow_EXPORT_NAME_only_if_the_client_did_not_decline_them() throws IOException {
        for (int flags : new int[] {Negotiation.FIXED_NEWSTYLE, Negotiation.FIXED_NEWSTYLE | Negotiation.NO_ZEROES}) {
            try (Negotiation negotiation = new Negotiation(peer.socket(Peer.DISK))) {
                negotiation.flags(flags);
                negotiation.send(Negotiation.EXPORT_NAME, name(Peer.DISK));
                ByteBuffer told = negotiation.client.receive(10);
                assertEquals(Peer.SIZE, told.getLong());
                assertEquals(Transfer.HAS_FLAGS, told.getShort() & Transfer.HAS_FLAGS);
                if (flags == Negotiation.FIXED_NEWSTYLE) {
                    assertEquals(ByteBuffer.allocate(124), negotiation.client.receive(124));
                }
                assertTrue(negotiation.client.isSilent(50));
            }
        }
    }

    @Test
    void a_client_of_plain_newstyle_can_choose_an_export() throws IOException {
        try (Negotiation negotiation = new Negotiation(peer.socket(Peer.DISK))) {
            negotiation.flags(0);
            negotiation.send(Negotiation.EXPORT_NAME, name(Peer.DISK));
            assertEquals(Peer.SIZE, negotiation.client.receive(134).getLong());
        }
    }

    // ---- options ----------------------------------------------------------------------------------------------------

    @Test
    void EXPORT_NAME_of_what_there_is_not_ends_the_connection() throws IOException {
        String unknown = unknown();
        try (Negotiation negotiation = begun()) {
            negotiation.send(Negotiation.EXPORT_NAME, name(unknown));
            assertTrue(negotiation.client.isEnded());
        }
    }

    @Test
    void what_cannot_be_granted_is_an_error_and_the_negotiation_goes_on() throws IOException {
        String unknown = unknown();
        try (Negotiation negotiation = begun()) {
            for (int option : new int[] {Negotiation.INFO, Negotiation.GO}) {
                List<Answer> answers = negotiation.ask(option, Negotiation.info(unknown));
                assertEquals(Negotiation.UNKNOWN, last(answers).type());
                assertEquals(1, answers.size());
            }
            byte[] longName = Negotiation.info("x".repeat(5000));
            assertTrue(negotiation.result(Negotiation.INFO, longName) < 0);
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, Negotiation.info(Peer.DISK)));
        }
    }

    @Test
    void what_is_malformed_is_an_error_and_the_negotiation_goes_on() throws IOException {
        byte[][] malformed = {
            {},
            {0, 0, 0, 4, 'd'},
            {0, 0, 0, 99, 'd', 'i', 's', 'k', 0, 0},
            {-1, -1, -1, -1, 0, 0},
            {0, 0, 0, 0, 0, 3, 0}
        };
        try (Negotiation negotiation = begun()) {
            for (byte[] data : malformed) {
                assertTrue(negotiation.result(Negotiation.INFO, data) < 0, data.length + " bytes");
            }
            assertTrue(negotiation.result(Negotiation.LIST, new byte[3]) < 0);
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, Negotiation.info(Peer.DISK)));
        }
    }

    @Test
    void an_option_that_is_not_implemented_is_UNSUP_and_the_next_is_understood() throws IOException {
        try (Negotiation negotiation = begun()) {
            for (int option : new int[] {0, 4, 12, 77, 0x7fffffff, -1}) {
                assertEquals(Negotiation.UNSUP, negotiation.result(option, new byte[23]), "option " + option);
            }
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, Negotiation.info(Peer.DISK)));
        }
    }

    @Test
    void each_answer_bears_the_option_that_it_answers() throws IOException {
        try (Negotiation negotiation = begun()) {
            for (int option : new int[] {Negotiation.LIST, Negotiation.INFO, 99, Negotiation.STRUCTURED_REPLY}) {
                byte[] data = option == Negotiation.INFO ? Negotiation.info(Peer.DISK) : NOTHING;
                for (Answer answer : negotiation.ask(option, data)) {
                    assertEquals(option, answer.option());
                }
            }
        }
    }

    @Test
    void ABORT_is_acknowledged_whatever_comes_with_it() throws IOException {
        for (byte[] data : new byte[][] {NOTHING, new byte[17]}) {
            try (Negotiation negotiation = begun()) {
                assertEquals(Negotiation.ACK, negotiation.result(Negotiation.ABORT, data));
            }
        }
    }

    @Test
    void LIST_tells_names_that_fit_their_answers() throws IOException {
        try (Negotiation negotiation = begun()) {
            List<Answer> answers = negotiation.ask(Negotiation.LIST, NOTHING);
            assertEquals(Negotiation.ACK, last(answers).type());
            assertTrue(answers.size() > 1);
            for (Answer answer : answers.subList(0, answers.size() - 1)) {
                assertEquals(Negotiation.SERVER, answer.type());
                assertTrue(answer.number(0) >= 0 && answer.number(0) <= answer.data().length - 4);
            }
        }
    }

    @Test
    void strings_are_UTF8_without_NUL_and_of_at_most_4096_bytes() throws IOException {
        try (Negotiation negotiation = begun()) {
            for (Answer answer : negotiation.ask(Negotiation.LIST, NOTHING)) {
                if (answer.type() == Negotiation.SERVER) {
                    assertText(answer.text(4));
                }
            }
            for (Answer answer : negotiation.ask(Negotiation.INFO, Negotiation.info(Peer.DISK, 1, 2))) {
                boolean text = answer.type() == Negotiation.DETAIL
                        && (answer.info() == Negotiation.OF_NAME || answer.info() == Negotiation.OF_DESCRIPTION);
                if (text) {
                    assertText(answer.text(2));
                }
            }
            for (int option : new int[] {99, Negotiation.STARTTLS}) {
                assertText(last(negotiation.ask(option, new byte[5])).text(0));
            }
        }
    }

    // ---- INFO and GO ------------------------------------------------------------------------------------------------

    @Test
    void INFO_and_GO_tell_the_export_before_they_succeed_in_12_bytes() throws IOException {
        try (Negotiation negotiation = begun()) {
            for (int option : new int[] {Negotiation.INFO, Negotiation.GO}) {
                List<Answer> answers = negotiation.ask(option, Negotiation.info(Peer.DISK, 0, 1, 2, 3));
                assertEquals(Negotiation.ACK, last(answers).type());
                List<Answer> exports = answers.stream()
                        .filter(answer -> answer.type() == Negotiation.DETAIL && answer.info() == Negotiation.OF_EXPORT)
                        .toList();
                assertEquals(1, exports.size());
                assertEquals(12, exports.get(0).data().length);
                assertEquals(Peer.SIZE, ByteBuffer.wrap(exports.get(0).data()).getLong(2));
            }
        }
    }

    @Test
    void each_detail_has_the_length_of_its_kind() throws IOException {
        try (Negotiation negotiation = begun()) {
            for (Answer answer : negotiation.ask(Negotiation.INFO, Negotiation.info(Peer.DISK, 1, 2, 3))) {
                if (answer.type() == Negotiation.DETAIL) {
                    int length = answer.data().length;
                    switch (answer.info()) {
                        case Negotiation.OF_EXPORT -> assertEquals(12, length);
                        case Negotiation.OF_BLOCK_SIZE -> assertEquals(14, length);
                        default -> assertTrue(length >= 2);
                    }
                }
            }
        }
    }

    @Test
    void details_that_are_not_known_are_not_missed() throws IOException {
        try (Negotiation negotiation = begun()) {
            byte[] data = Negotiation.info(Peer.DISK, 77, 0x7fff, 0xffff, Negotiation.OF_NAME);
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.INFO, data));
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, data));
        }
    }

    @Test
    void GO_tells_what_INFO_has_told_just_before() throws IOException {
        try (Negotiation negotiation = begun()) {
            byte[] data = Negotiation.info(Peer.DISK, 1, 2, 3);
            Comparator<String> anyOrder = Comparator.naturalOrder();
            List<String> before = negotiation.ask(Negotiation.INFO, data).stream()
                    .map(answer ->
                            answer.type() + ByteBuffer.wrap(answer.data()).toString() + hash(answer))
                    .sorted(anyOrder)
                    .toList();
            List<String> after = negotiation.ask(Negotiation.GO, data).stream()
                    .map(answer ->
                            answer.type() + ByteBuffer.wrap(answer.data()).toString() + hash(answer))
                    .sorted(anyOrder)
                    .toList();
            assertEquals(before, after);
        }
    }

    private static int hash(Answer answer) {
        return ByteBuffer.wrap(answer.data()).hashCode();
    }

    @Test
    void no_zeroes_follow_GO() throws IOException {
        try (Negotiation negotiation = new Negotiation(peer.socket(Peer.DISK))) {
            negotiation.flags(Negotiation.FIXED_NEWSTYLE);
            try (Transfer transfer = Transfer.begun(negotiation, Peer.DISK, Mode.SIMPLE)) {
                assertTrue(transfer.client.isSilent(50));
                assertTrue(transfer.isInStep());
            }
        }
    }

    @Test
    void block_sizes_are_powers_of_two_in_their_order() throws IOException {
        boolean told = false;
        try (Negotiation negotiation = begun()) {
            for (Answer answer : negotiation.ask(Negotiation.INFO, Negotiation.info(Peer.DISK, 3))) {
                if (answer.type() == Negotiation.DETAIL && answer.info() == Negotiation.OF_BLOCK_SIZE) {
                    long least = Integer.toUnsignedLong(answer.number(2));
                    long preferred = Integer.toUnsignedLong(answer.number(6));
                    long most = Integer.toUnsignedLong(answer.number(10));
                    assertEquals(1, Long.bitCount(least));
                    assertTrue(least <= 65536);
                    assertEquals(1, Long.bitCount(preferred));
                    assertTrue(preferred >= Math.max(least, 512));
                    assertTrue(most == 0xffffffffL || most % least == 0);
                    assertTrue(most >= preferred && most >= 1 << 20);
                    told = true;
                }
            }
        }
        if (!told) {
            throw new NotOffered("block sizes");
        }
    }

    @Test
    void block_sizes_are_not_missed_by_who_asks_for_them() throws IOException {
        try (Negotiation negotiation = begun()) {
            byte[] data = Negotiation.info(Peer.DISK, Negotiation.OF_BLOCK_SIZE);
            assertNotEquals(Negotiation.BLOCK_SIZE_REQD, negotiation.result(Negotiation.INFO, data));
            assertNotEquals(Negotiation.BLOCK_SIZE_REQD, negotiation.result(Negotiation.GO, data));
        }
    }

    // ---- without TLS ------------------------------------------------------------------------------------------------

    @Test
    void without_TLS_it_is_refused_and_never_demanded() throws IOException {
        try (Negotiation negotiation = begun()) {
            assertTrue(negotiation.result(Negotiation.STARTTLS, NOTHING) < 0);
            byte[] info = Negotiation.info(Peer.DISK);
            byte[] queries = Negotiation.queries(Peer.DISK);
            for (int option : new int[] {Negotiation.STARTTLS, Negotiation.LIST, Negotiation.STRUCTURED_REPLY, 99}) {
                assertNotEquals(Negotiation.TLS_REQD, negotiation.result(option, NOTHING));
            }
            for (int option : new int[] {Negotiation.LIST_META_CONTEXT, Negotiation.SET_META_CONTEXT}) {
                assertNotEquals(Negotiation.TLS_REQD, negotiation.result(option, queries));
            }
            assertNotEquals(Negotiation.TLS_REQD, negotiation.result(Negotiation.INFO, info));
            assertEquals(Negotiation.ACK, negotiation.result(Negotiation.GO, info));
        }
    }
}
