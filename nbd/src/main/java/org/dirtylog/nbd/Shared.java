// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.dirtylog.seams.Tasks;

/**
 * What the connections of a server share. Whatever of it runs out, nobody waits for: a request that gets no memory or no
 * place is carried out by the thread of its connection, through the connection's own buffers. So no client, and no export
 * whose requests cannot go on, ever keeps another from going on.
 *
 * @param tasks       carries out requests that are handed over
 * @param limits      what clients are granted
 * @param places      for requests that are carried out by tasks; far fewer than there are threads for tasks, since requests
 *                    wait for tasks of mirrors and logs
 * @param payloads    memory for payloads that are on their way
 * @param connections memory that a connection has as long as it lasts
 * @param threads     for what waits for clients
 */
record Shared(Tasks tasks, NbdLimits limits, Semaphore places, Slabs payloads, Slabs connections, Threads threads) {
    static Shared of(Tasks tasks, NbdLimits limits) {
        return of(tasks, limits, Threads.DAEMONS, () -> ByteBuffer.allocateDirect(Slabs.BYTES));
    }

    /** With threads and memory that are the caller's. */
    static Shared of(Tasks tasks, NbdLimits limits, Threads threads, Supplier<ByteBuffer> memory) {
        return new Shared(
                tasks,
                limits,
                new Semaphore(limits.serverRequests()),
                new Slabs((int) (limits.serverBytes() / Slabs.PAYLOAD_BYTES), memory),
                new Slabs(limits.connections(), memory),
                threads);
    }
}
