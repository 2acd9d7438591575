// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandshakeTest extends ServerFixture {
    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    @Test
    void GO_tells_size_flags_and_block_sizes() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_GO, WireClient.info("disk", Wire.INFO_BLOCK_SIZE, Wire.INFO_NAME));
            Set<Integer> seen = new HashSet<>();
            WireClient.OptionReply reply = client.optionReply();
            while (reply.type() == Wire.REP_INFO) {
                int info = reply.data().getShort();
                seen.add(info);
                if (info == Wire.INFO_EXPORT) {
                    assertEquals(1 << 20, reply.data().getLong());
                } else if (info == Wire.INFO_BLOCK_SIZE) {
                    assertEquals(1, reply.data().getInt());
                    assertEquals(4096, reply.data().getInt());
                    assertEquals(32 << 20, reply.data().getInt());
                } else {
                    assertEquals("disk", text(reply.data()));
                }
                reply = client.optionReply();
            }
            assertEquals(Wire.REP_ACK, reply.type());
            assertEquals(Set.of(Wire.INFO_EXPORT, Wire.INFO_BLOCK_SIZE, Wire.INFO_NAME), seen);
        }
    }

    @Test
    void the_empty_name_is_the_only_export_and_none_if_there_are_two() throws IOException {
        WireClient.connected(socket, "", false).close();
        server.add(NbdExport.of("other", new MemoryDevice(512)));
        assertThrows(IOException.class, () -> WireClient.connected(socket, "", false));
        WireClient.connected(socket, "other", false).close();
    }

    @Test
    void an_unknown_export_is_an_error_and_the_negotiation_goes_on() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_GO, WireClient.info("nothing"));
            assertEquals(Wire.REP_ERR_UNKNOWN, client.optionReply().type());
            client.option(Wire.OPT_INFO, WireClient.info("disk"));
            assertEquals(Wire.REP_INFO, client.optionReply().type());
        }
    }

    @Test
    void EXPORT_NAME_is_answered_with_124_zeroes_unless_the_client_wants_none() throws IOException {
        for (int flags : new int[] {1, 3}) {
            try (WireClient client = WireClient.greeted(socket, flags)) {
                client.option(Wire.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
                assertEquals(1 << 20, client.receive(10).getLong());
                client.receive(flags == 1 ? 124 : 0);
                client.ask(0, Wire.CMD_READ, 7, 0, 512);
                assertEquals(7, client.simple(512).cookie());
            }
        }
    }

    @Test
    void EXPORT_NAME_of_an_unknown_export_ends_the_connection() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_EXPORT_NAME, "nothing".getBytes(StandardCharsets.UTF_8));
            assertTrue(client.isClosed());
        }
    }

    @Test
    void LIST_names_all_exports_and_takes_no_data() throws IOException {
        server.add(NbdExport.of("other", new MemoryDevice(512)).withDescription("small"));
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_LIST, new byte[] {1});
            assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            client.option(Wire.OPT_LIST, new byte[0]);
            WireClient.OptionReply first = client.optionReply();
            WireClient.OptionReply second = client.optionReply();
            first.data().getInt();
            second.data().getInt();
            assertEquals(List.of("disk", "othersmall"), List.of(text(first.data()), text(second.data())));
            assertEquals(Wire.REP_ACK, client.optionReply().type());
        }
    }

    @Test
    void options_that_are_not_known_and_TLS_are_unsupported() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            for (int option : new int[] {Wire.OPT_STARTTLS, 12, 99, -1}) {
                client.option(option, new byte[3]);
                assertEquals(Wire.REP_ERR_UNSUP, client.optionReply().type(), "option " + option);
            }
        }
    }

    @Test
    void an_option_that_is_too_long_is_refused_without_being_kept() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_LIST, new byte[300_000]);
            assertEquals(Wire.REP_ERR_TOO_BIG, client.optionReply().type());
            client.option(Wire.OPT_LIST, new byte[0]);
            assertEquals(Wire.REP_SERVER, client.optionReply().type());
        }
    }

    @Test
    void malformed_GO_is_invalid() throws IOException {
        byte[][] wrong = {
            {},
            {0, 0},
            {0, 0, 0, 9, 'd', 'i', 's', 'k', 0, 0},
            {-1, -1, -1, -1, 0, 0},
            {0, 0, 0, 4, 'd', 'i', 's', 'k', 0, 2, 0}
        };
        try (WireClient client = WireClient.greeted(socket, 3)) {
            for (byte[] data : wrong) {
                client.option(Wire.OPT_GO, data);
                assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            }
        }
    }

    @Test
    void contexts_need_structured_replies_and_hold_for_the_export_they_were_chosen_for() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("disk", "base:allocation"));
            assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type());
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.option(Wire.OPT_LIST_META_CONTEXT, WireClient.queries("disk"));
            WireClient.OptionReply listed = client.optionReply();
            listed.data().getInt();
            assertEquals("base:allocation", text(listed.data()));
            client.expectAck();
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("disk", "base:allocation", "no:such"));
            assertEquals(Wire.REP_META_CONTEXT, client.optionReply().type());
            client.expectAck();
        }
    }

    @Test
    void a_count_of_queries_beyond_all_bounds_is_invalid() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            for (int count : new int[] {1, 0x7fffffff, 0x80000000, -1}) {
                byte[] data = WireClient.queries("disk");
                ByteBuffer.wrap(data).putInt(data.length - 4, count);
                client.option(Wire.OPT_SET_META_CONTEXT, data);
                assertEquals(Wire.REP_ERR_INVALID, client.optionReply().type(), Integer.toHexString(count));
            }
        }
    }

    @Test
    void contexts_do_not_hold_for_another_export_that_came_under_the_same_name() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_STRUCTURED_REPLY, new byte[0]);
            client.expectAck();
            client.option(Wire.OPT_SET_META_CONTEXT, WireClient.queries("disk", "base:allocation"));
            client.optionReply();
            client.expectAck();
            server.remove("disk");
            server.add(NbdExport.of("disk", device));
            client.option(Wire.OPT_GO, WireClient.info("disk"));
            while (client.optionReply().type() != Wire.REP_ACK) {
                continue;
            }
            client.ask(0, Wire.CMD_BLOCK_STATUS, 1, 0, 512);
            assertEquals(Wire.EINVAL, client.chunk().error());
        }
    }

    @Test
    void an_unknown_option_is_named_by_its_number() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(-1, new byte[0]);
            assertEquals(
                    "option 4294967295 is not supported",
                    text(client.optionReply().data()));
        }
    }

    @Test
    void flags_that_are_not_known_end_the_connection() throws IOException {
        for (int flags : new int[] {4, 7, -1}) {
            try (WireClient client = WireClient.greeted(socket, flags)) {
                assertTrue(client.isClosed(), "flags " + flags);
            }
        }
    }

    @Test
    void a_client_of_plain_newstyle_can_choose_an_export_and_nothing_else() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 2)) {
            client.option(Wire.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
            assertEquals(1 << 20, client.receive(10).getLong());
        }
        for (int option : new int[] {Wire.OPT_LIST, Wire.OPT_GO, Wire.OPT_STARTTLS, 99}) {
            try (WireClient client = WireClient.greeted(socket, 0)) {
                client.option(option, new byte[0]);
                assertTrue(client.isClosed(), "option " + option);
            }
        }
    }

    @Test
    void ABORT_is_acknowledged_and_ends_the_connection() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.option(Wire.OPT_ABORT, new byte[0]);
            client.expectAck();
            assertTrue(client.isClosed());
        }
    }

    @Test
    void an_option_without_its_magic_ends_the_connection() throws IOException {
        try (WireClient client = WireClient.greeted(socket, 3)) {
            client.send(ByteBuffer.allocate(16));
            assertThrows(EOFException.class, () -> client.receive(1));
        }
    }
}
