// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.dirtylog.seams.Tasks;

/**
 * One connection, from the greeting to the end, over a stream that is no socket. It is in this package because the bundle keeps
 * to itself what it is made of: {@link Connection} does with them what this does, and owns a socket and a place among others.
 */
public final class ServedConnection {
    private final NbdStream stream;
    private final NbdExport export;
    private final Shared shared;
    private final Ending ending = new Ending();
    private final Patience receiving = new Patience();
    private final Patience sending = new Patience();
    private String failure;
    private boolean ended;

    /**
     * Prepares.
     *
     * @param stream  the client is at its other end
     * @param export  what it may ask for
     * @param tasks   carries out what is handed over
     * @param limits  of the server
     * @param threads begins threads, by their names
     * @param memory  makes buffers
     */
    public ServedConnection(
            NbdStream stream,
            NbdExport export,
            Tasks tasks,
            NbdLimits limits,
            BiConsumer<String, Runnable> threads,
            Supplier<ByteBuffer> memory) {
        this.stream = stream;
        this.export = export;
        this.shared = Shared.of(tasks, limits, threads::accept, memory);
    }

    /** How large buffers are.
     *
     * @return bytes
     */
    public static int memoryBytes() {
        return Slabs.BYTES;
    }

    /** Serves until the end, unless the device holds this thread up: then another one does. */
    public void run() {
        Handshake handshake = new Handshake(
                stream,
                () -> Map.of(export.name(), export),
                new Starttls(NbdTls.OFF, new Peer("a simulated client")),
                ending,
                receiving,
                sending);
        try {
            Optional<Handshake.Agreed> agreed = handshake.negotiate();
            if (agreed.isPresent()) {
                serve(new Transmission(stream, agreed.get(), shared, ending, receiving, sending, this::start));
            } else {
                end(null);
            }
        } catch (IOException e) {
            end(e);
        }
    }

    private void start(Transmission heir) {
        shared.threads().start("nbd-connection", () -> serve(heir));
    }

    private void serve(Transmission one) {
        try {
            if (one.run()) {
                end(null);
            }
        } catch (IOException e) {
            end(e);
        }
    }

    private void end(IOException why) {
        failure = why == null ? null : why.getMessage();
        ended = true;
        stream.close();
    }

    /** What is asked from now on is refused: the server is being stopped. */
    public void refuse() {
        ending.begin();
    }

    /**
     * Tells whether nobody serves any more.
     *
     * @return whether so; {@link #failure()} says why then
     */
    public boolean isEnded() {
        return ended;
    }

    /**
     * What ended it.
     *
     * @return why, or {@code null} if the client left in good order
     */
    public String failure() {
        return failure;
    }
}
