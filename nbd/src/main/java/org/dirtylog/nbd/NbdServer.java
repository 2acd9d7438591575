// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.dirtylog.seams.Tasks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves block devices over NBD on a Unix socket of mode 0600. Exports come and go while it runs; an empty name means the only
 * one. Safe for use by many threads.
 */
public final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);
    private static final long STOP_MILLIS = 5_000;
    private static final long SWEEP_NANOS = 1_000_000_000L;
    private static final long ACCEPT_AGAIN_NANOS = 100_000_000L;

    private final Path socket;
    private final NbdLimits limits;
    private final Shared shared;
    private final Map<String, NbdExport> exports = new ConcurrentSkipListMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final ServerSocketChannel listener;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopping;

    /** A client. */
    private final class Connection implements Runnable {
        private final NbdStream stream;
        private final Thread thread;
        private final long since = System.nanoTime();
        private final Patience receiving = new Patience();
        private final Patience sending = new Patience();
        private volatile NbdExport export;
        private volatile Transmission transmission;
        private volatile boolean negotiated;

        Connection(SocketChannel channel) throws IOException {
            stream = new SocketStream(channel);
            thread = new Thread(this, "nbd-connection");
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            try {
                Optional<Handshake.Agreed> agreed = new Handshake(
                                stream, () -> stopping ? Map.of() : new TreeMap<>(exports), receiving, sending)
                        .negotiate();
                negotiated = true;
                if (agreed.isPresent()) {
                    export = agreed.get().export();
                    // Removed meanwhile: whoever removed it did not see this connection.
                    if (exports.get(export.name()) == export) {
                        transmission = new Transmission(stream, agreed.get(), shared, receiving, sending);
                        transmission.run();
                    }
                }
            } catch (IOException | RuntimeException | Error e) {
                LOG.debug("NBD connection to '{}' ended: {}", exportName(), e.toString());
            } finally {
                // The place is free before the client can know that it is.
                connections.remove(this);
                stream.close();
            }
        }

        private String exportName() {
            NbdExport agreed = export;
            return agreed == null ? "" : agreed.name();
        }

        /** Ends it, also if its thread is in the middle of a long request. */
        void cutOff() {
            Transmission running = transmission;
            if (running != null) {
                running.abandon();
            }
            stream.close();
        }

        /** Cuts the client off if it stood still for too long. */
        void look(long nowNanos, long passedNanos) {
            long stood = Math.max(receiving.stood(passedNanos), sending.stood(passedNanos));
            if (!negotiated && nowNanos - since >= limits.handshake().toNanos()) {
                LOG.debug("A client of {} is cut off: it did not negotiate in {}", socket, limits.handshake());
                stream.close();
            } else if (stood >= limits.stall().toNanos()) {
                LOG.warn(
                        "A client of export '{}' is cut off: for {} it has neither taken a reply nor sent the rest of a"
                                + " request",
                        exportName(),
                        limits.stall());
                stream.close();
            }
        }
    }

    /**
     * Listens.
     *
     * @param socket path of the socket; one left over by a killed process is replaced, one in use is not
     * @param tasks  carries out requests that would make others wait
     * @param limits what clients are granted
     * @throws IOException if it cannot listen there; the message names the path
     */
    public NbdServer(Path socket, Tasks tasks, NbdLimits limits) throws IOException {
        this(socket, UnixListener.listen(socket), tasks, limits);
    }

    /** Takes over a channel that listens. */
    NbdServer(Path socket, ServerSocketChannel listener, Tasks tasks, NbdLimits limits) {
        this.socket = socket;
        this.limits = limits;
        this.shared = Shared.of(tasks, limits);
        this.listener = listener;
        start(this::accept, "nbd-accept");
        start(this::sweep, "nbd-sweep");
    }

    private static void start(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        boolean told = false;
        while (!stopping && listener.isOpen()) {
            try {
                admit(listener.accept());
                told = false;
            } catch (IOException | RuntimeException | Error e) {
                if (!stopping && !told) {
                    LOG.error("No more clients can connect to {} until this has passed: {}", socket, e.toString());
                    told = true;
                }
                pause(ACCEPT_AGAIN_NANOS);
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        Connection connection = null;
        try {
            if (connections.size() >= limits.connections()) {
                LOG.warn("A client of {} is turned away: {} are connected", socket, limits.connections());
                channel.close();
                return;
            }
            connection = new Connection(channel);
            connections.add(connection);
            connection.thread.start();
        } catch (IOException | RuntimeException | Error e) {
            if (connection != null) {
                connections.remove(connection);
            }
            channel.close();
            throw e;
        }
    }

    /** Looks after all clients at once, so that none needs a clock of its own. */
    private void sweep() {
        long period = Math.min(
                SWEEP_NANOS,
                Math.min(limits.handshake().toNanos(), limits.stall().toNanos()) / 4);
        long before = System.nanoTime();
        while (!stopping) {
            pause(period);
            long now = System.nanoTime();
            for (Connection connection : connections) {
                connection.look(now, now - before);
            }
            before = now;
        }
    }

    private void pause(long nanos) {
        try {
            stopped.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            LOG.debug("nobody has a reason to interrupt the threads of the server");
        }
    }

    /**
     * Offers an export to clients.
     *
     * @param export the export
     * @throws IllegalArgumentException if there is one of that name
     */
    public void add(NbdExport export) {
        if (exports.putIfAbsent(export.name(), export) != null) {
            throw new IllegalArgumentException("there is an export '" + export.name() + "' already");
        }
    }

    /**
     * Withdraws an export. Requests under way are answered, for a few seconds at most; then its connections end.
     *
     * @param name of the export; one that is not there is no mistake
     */
    public void remove(String name) {
        NbdExport removed = exports.remove(name);
        if (removed != null) {
            end(connection -> connection.export == removed);
        }
    }

    private void end(Predicate<Connection> which) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MILLIS);
        connections.stream().filter(which).forEach(connection -> connection.stream.endInput());
        for (Connection connection : connections) {
            if (which.test(connection)) {
                waitFor(connection, deadline);
                connection.cutOff();
            }
        }
    }

    private static void waitFor(Connection connection, long deadline) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        try {
            connection.thread.join(Math.max(1, millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Listens no longer, answers what is under way, and ends all connections within a few seconds. */
    @Override
    public void close() {
        stopping = true;
        stopped.countDown();
        try {
            listener.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.warn("Socket {} cannot be removed: {}", socket, e.getMessage());
        }
        end(connection -> true);
    }
}
