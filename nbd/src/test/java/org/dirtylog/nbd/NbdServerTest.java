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
