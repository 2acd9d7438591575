// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.file.Path;
import java.time.Duration;
import org.dirtylog.seams.Tasks;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server with one export, {@code disk}, of 1 MiB and, where a test asks for it, a small one beside it. */
class ServerFixture {
    @TempDir
    Path folder;

    final MemoryDevice device = new MemoryDevice(1 << 20);
    ThreadTasks tasks;
    Path socket;
    NbdServer server;

    @BeforeEach
    void serve() throws Exception {
        tasks = new ThreadTasks();
        socket = folder.resolve("nbd.sock");
        server = new NbdServer(socket, tasks(), limits());
        server.add(NbdExport.of("disk", device));
    }

    Tasks tasks() {
        return tasks;
    }

    NbdLimits limits() {
        return NbdLimits.STANDARD.withHandshake(Duration.ofSeconds(15));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        tasks.close();
    }
}
