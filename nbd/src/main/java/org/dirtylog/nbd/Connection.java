// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client, from the greeting to the end. */
final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final SocketStream socket;
    private final Peer peer;
    private final NbdEndpoint endpoint;
    private final Connections all;
    /** All that are there; they come and go. */
    private final Map<String, NbdExport> exports;

    private final Shared shared;
    private final long since = System.nanoTime();
    private final Patience receiving = new Patience();
    private final Patience sending = new Patience();
    private final Ending ending = new Ending();
    private volatile NbdExport export;
    private volatile Transmission transmission;
    private volatile boolean negotiated;
    private volatile NbdStream stream;
    private final CountDownLatch ended = new CountDownLatch(1);

    /**
     * Takes the channel over.
     *
     * @throws IOException if the process has no room for it; the channel is the caller's still
     */
    Connection(
            SocketChannel channel,
            Peer peer,
            NbdEndpoint endpoint,
            Connections all,
            Map<String, NbdExport> exports,
            Shared shared)
            throws IOException {
        this.peer = peer;
        this.endpoint = endpoint;
        this.all = all;
        this.exports = exports;
        this.shared = shared;
        socket = new SocketStream(channel);
    }

    void start() {
        shared.threads().start("nbd-connection", this::run);
    }

    private void run() {
        Handshake handshake = new Handshake(
                socket, () -> new TreeMap<>(exports), new Starttls(endpoint.tls(), peer), ending, receiving, sending);
        Transmission first = null;
        try {
            Optional<Handshake.Agreed> agreed = handshake.negotiate();
            negotiated = true;
            if (agreed.isPresent()) {
                export = agreed.get().export();
                // Removed meanwhile: whoever removed it did not see this connection.
                if (exports.get(export.name()) == export) {
                    stream = handshake.stream();
                    first = new Transmission(stream, agreed.get(), shared, ending, receiving, sending, this::start);
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            noteEnd(e);
        } finally {
            stream = handshake.stream();
            if (first == null) {
                end();
            }
        }
        if (first != null) {
            serve(first);
        }
    }

    private void start(Transmission heir) {
        shared.threads().start("nbd-connection", () -> serve(heir));
    }

    private void serve(Transmission one) {
        transmission = one;
        boolean over = true;
        try {
            over = one.run();
        } catch (IOException | RuntimeException | Error e) {
            noteEnd(e);
        } finally {
            if (over) {
                end();
            }
        }
    }

    private void noteEnd(Throwable why) {
        LOG.debug("NBD connection to '{}' ended: {}", exportName(), why.toString());
    }

    private void end() {
        // The place is free before the client can know that it is.
        all.remove(this);
        stream.close();
        ended.countDown();
    }

    Peer peer() {
        return peer;
    }

    boolean uses(NbdExport one) {
        return export == one;
    }

    private String exportName() {
        NbdExport agreed = export;
        return agreed == null ? "" : agreed.name();
    }

    /** Cuts the client off if it stood still for too long. */
    void look(long nowNanos, long passedNanos) {
        NbdLimits limits = shared.limits();
        long stood = Math.max(receiving.stood(passedNanos), sending.stood(passedNanos));
        if (!negotiated && nowNanos - since >= limits.handshake().toNanos()) {
            LOG.debug("A client of {} is cut off: it did not negotiate in {}", endpoint, limits.handshake());
            cutOff();
        } else if (stood >= limits.stall().toNanos()) {
            LOG.warn(
                    "A client of export '{}' is cut off: for {} it has neither taken a reply nor sent the rest of a"
                            + " request",
                    exportName(),
                    limits.stall());
            cutOff();
        }
    }

    // ---- its end, in this order -------------------------------------------------------------------------------------

    /** What is asked from now on is refused, so that the client leaves by itself. */
    void refuse() {
        ending.begin();
    }

    /** What comes from now on is not read; the connection ends when all that was read is answered. */
    void hearNoMore() {
        socket.endInput();
    }

    /** Ends it, whatever it does, also if its thread is in the middle of a long request. */
    void cutOff() {
        Transmission running = transmission;
        if (running != null) {
            running.abandon();
        }
        socket.close();
    }

    /** Waits until it has ended; answers whether it has. */
    boolean awaitEnd(long deadlineNanos) {
        try {
            return ended.await(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ended.getCount() == 0;
        }
    }
}
