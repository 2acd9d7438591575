// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
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
    private static final int MOST_LEFT_FOLDERS = 99;

    private final Path socket;
    private final Tasks tasks;
    private final NbdLimits limits;
    private final Transmission.Budget budget;
    private final Map<String, NbdExport> exports = new ConcurrentSkipListMap<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final ServerSocketChannel listener;
    private volatile boolean stopping;

    /** A client. */
    private final class Connection implements Runnable {
        private final NbdStream stream;
        private final Thread thread;
        private volatile String exportName = "";
        private volatile boolean negotiated;

        Connection(SocketChannel channel) {
            stream = new SocketStream(channel);
            thread = new Thread(this, "nbd-connection");
            thread.setDaemon(true);
        }

        @Override
        public void run() {
            try {
                Optional<Handshake.Agreed> agreed =
                        new Handshake(stream, () -> stopping ? Map.of() : new TreeMap<>(exports)).negotiate();
                negotiated = true;
                if (agreed.isPresent()) {
                    exportName = agreed.get().export().name();
                    // Removed meanwhile: whoever removed it did not see this connection.
                    if (exports.get(exportName) == agreed.get().export()) {
                        new Transmission(stream, agreed.get(), tasks, limits, budget).run();
                    }
                }
            } catch (IOException | RuntimeException e) {
                LOG.debug("NBD connection to '{}' ended: {}", exportName, e.toString());
            } finally {
                // The place is free before the client can know that it is.
                connections.remove(this);
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
        this.socket = socket;
        this.tasks = tasks;
        this.limits = limits;
        this.budget = new Transmission.Budget(limits.serverBytes());
        this.listener = listen(socket);
        Thread accepting = new Thread(this::accept, "nbd-accept");
        accepting.setDaemon(true);
        accepting.start();
    }

    /** Nobody but the owner can connect at any moment: it is bound in a folder of mode 0700, and moved into place. */
    private static ServerSocketChannel listen(Path socket) throws IOException {
        if (Files.exists(socket)) {
            try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                throw new IOException(
                        "socket " + socket + " is in use by another process" + (probe.isConnected() ? "" : "?"));
            } catch (ConnectException left) {
                LOG.info("Socket {} was left over, it is replaced", socket);
            }
        }
        Path folder = privateFolder(socket.toAbsolutePath().getParent());
        Path draft = folder.resolve("s");
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(draft), 128);
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            Files.move(draft, socket, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen on " + socket + ": " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(draft);
            Files.deleteIfExists(folder);
        }
    }

    /** Its name and the draft's in it are no longer than {@code nbd.sock}: a socket's whole path has hardly 100 bytes. */
    private static Path privateFolder(Path parent) throws IOException {
        for (int i = 0; ; i++) {
            try {
                return Files.createDirectory(
                        parent.resolve(".nbd" + i),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                // Left by a killed process.
                if (i == MOST_LEFT_FOLDERS) {
                    throw new IOException("there are too many folders like " + e.getFile() + "; delete them", e);
                }
            }
        }
    }

    private void accept() {
        while (!stopping) {
            try {
                SocketChannel channel = listener.accept();
                if (connections.size() >= limits.connections()) {
                    LOG.warn("A client of {} is turned away: {} are connected", socket, limits.connections());
                    channel.close();
                    continue;
                }
                Connection connection = new Connection(channel);
                connections.add(connection);
                connection.thread.start();
                tasks.startAfter(limits.handshake().toNanos(), "nbd/handshake", () -> {
                    if (!connection.negotiated) {
                        connection.stream.close();
                    }
                });
            } catch (IOException e) {
                if (!stopping) {
                    LOG.error("No more clients can connect to {}: {}", socket, e.getMessage());
                }
                return;
            }
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
        if (exports.remove(name) != null) {
            end(connection -> connection.exportName.equals(name));
        }
    }

    private void end(Predicate<Connection> which) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STOP_MILLIS);
        connections.stream().filter(which).forEach(connection -> connection.stream.endInput());
        for (Connection connection : connections) {
            if (which.test(connection)) {
                waitFor(connection, deadline);
                connection.stream.close();
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
        try {
            listener.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.warn("Socket {} cannot be removed: {}", socket, e.getMessage());
        }
        end(connection -> true);
    }
}
