// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Homes and their locks; that a second process is refused is tried with real processes. */
class HomeLockTest {
    @TempDir
    Path folder;

    @Test
    void the_lock_names_its_process_while_it_is_held() throws Exception {
        Home home = new Home(folder.resolve("a/b"));
        home.prepare();
        HomeLock lock = HomeLock.take(home);
        assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(home.lockFile()));
        lock.release();
        assertEquals("", Files.readString(home.lockFile()));
    }

    @Test
    void a_home_with_too_long_a_name_is_refused_before_anything_is_made() throws Exception {
        Home home = new Home(folder.resolve("x".repeat(106)));
        Refusal refusal = assertThrows(Refusal.class, home::prepare);
        assertTrue(refusal.getMessage().contains("at most 106"), refusal.getMessage());
        assertFalse(Files.exists(home.folder()));
    }

    @Test
    void only_sockets_count_as_leftovers() throws Exception {
        Home home = new Home(folder);
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(home.controlSocket()));
        }
        Files.writeString(home.nbdSocket(), "somebody's file");
        Refusal refusal = assertThrows(Refusal.class, home::removeLeftovers);
        assertTrue(refusal.getMessage().contains("nbd.sock is a file"), refusal.getMessage());
        assertFalse(Files.exists(home.controlSocket()));
        assertTrue(Files.exists(home.nbdSocket()));
    }

    @Test
    void a_file_in_the_place_of_a_folder_is_named() throws Exception {
        Files.writeString(folder.resolve("etc"), "");
        Refusal refusal = assertThrows(Refusal.class, () -> new Home(folder).prepare());
        assertTrue(refusal.getMessage().contains(folder.resolve("etc") + " exists and is no folder"));
    }
}
