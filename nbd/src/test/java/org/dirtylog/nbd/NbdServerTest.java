// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class NbdServerTest extends ServerFixture {
    @Override
    NbdLimits limits() {
        return NbdLimits.STANDARD.withConnections(2).withHandshake(Duration.ofMillis(300));
    }

    @Test
    void a_socket_may_have_the_longest_name_that_can_be_bound() throws Exception {
        Path room = folder.resolve("x".repeat(106 - folder.toString().length() - "//nbd.sock".length()));
        Files.createDirectories(room);
        for (int i = 0; i < 3; i++) {
            // Left by a process that was killed in between.
            Files.createDirectory(room.resolve(".nbd" + i));
        }
        Path longest = room.resolve("nbd.sock");
        try (NbdServer there = new NbdServer(longest, tasks, NbdLimits.STANDARD)) {
            there.add(NbdExport.of("x", device));
            WireClient.connected(longest, "x", true).close();
        }
        assertEquals(3, room.toFile().list().length);
    }

    @Test
    void the_socket_is_for_its_owner_only_and_nothing_is_left_beside_it() throws IOException {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void a_socket_left_over_is_replaced_and_one_in_use_is_not() throws IOException {
        assertThrows(IOException.class, () -> new NbdServer(socket, tasks, NbdLimits.STANDARD));
        var left = folder.resolve("left.sock");
        ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        killed.bind(UnixDomainSocketAddress.of(left));
        killed.close();
        assertTrue(Files.exists(left));
        try (NbdServer again = new NbdServer(left, tasks, NbdLimits.STANDARD)) {
            again.add(NbdExport.of("x", device));
            WireClient.connected(left, "x", true).close();
        }
        assertFalse(Files.exists(left));
    }

    @Test
    void what_is_no_socket_is_left_as_it_is() throws IOException {
        Path file = Files.writeString(folder.resolve("file.sock"), "precious");
        Path directory = Files.createDirectory(folder.resolve("folder.sock"));
        Path link = Files.createSymbolicLink(folder.resolve("link.sock"), file);
        for (Path taken : List.of(file, directory, link)) {
            IOException refused =
                    assertThrows(IOException.class, () -> new NbdServer(taken, tasks, NbdLimits.STANDARD));
            assertTrue(refused.getMessage().contains(taken.toString()), refused.getMessage());
        }
        assertEquals("precious", Files.readString(file));
        assertTrue(Files.isSymbolicLink(link));
    }

    @Test
    void a_path_may_have_all_the_bytes_that_the_system_allows_and_no_more() throws IOException {
        Path deep = folder;
        while (deep.toString().length() < 60) {
            deep = Files.createDirectory(deep.resolve("x".repeat(10)));
        }
        deep = Files.createDirectory(deep.resolve(
                "y".repeat(106 - "/nbd.sock".length() - 1 - deep.toString().length())));
        Path longest = deep.resolve("nbd.sock");
        assertEquals(106, longest.toString().length());
        try (NbdServer server = new NbdServer(longest, tasks, NbdLimits.STANDARD)) {
            server.add(NbdExport.of("x", device));
            WireClient.connected(longest, "x", true).close();
        }
        Path longer = deep.resolve("nbd1.sock");
        IOException refused = assertThrows(IOException.class, () -> new NbdServer(longer, tasks, NbdLimits.STANDARD));
        assertTrue(refused.getMessage().contains("107 bytes, Java on Linux allows 106"), refused.getMessage());
    }

    @Test
    void a_client_beyond_the_limit_is_turned_away_and_a_place_that_is_given_back_is_free() throws Exception {
        WireClient first = WireClient.connected(socket, "disk", false);
        try (WireClient second = WireClient.connected(socket, "disk", false)) {
            try (WireClient third = new WireClient(socket)) {
                assertTrue(third.isClosed());
            }
            first.ask(0, Wire.CMD_DISC, 1, 0, 0);
            assertTrue(first.isClosed());
            first.close();
            WireClient.connected(socket, "disk", false).close();
            second.ask(0, Wire.CMD_READ, 1, 0, 512);
            assertEquals(0, second.simple(512).error());
        }
    }

    @Test
    void a_client_that_does_not_negotiate_in_time_is_cut_off() throws IOException {
        try (WireClient slow = WireClient.greeted(socket, 3)) {
            assertTrue(slow.isClosed());
        }
    }

    @Test
    void two_exports_of_one_name_are_a_mistake() {
        assertThrows(IllegalArgumentException.class, () -> server.add(NbdExport.of("disk", device)));
    }
}
