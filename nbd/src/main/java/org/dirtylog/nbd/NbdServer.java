// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dirtylog.seams.Tasks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves block devices over NBD, at one or several endpoints. Exports come and go while it runs; an empty name means the only
 * one. Safe for use by many threads.
 */
public final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);
    private static final long SWEEP_NANOS = 1_000_000_000L;

    private final NbdLimits limits;
    private final Shared shared;
    private final Connections connections;
    private final Map<String, NbdExport> exports = new ConcurrentSkipListMap<>();
    private final List<Acceptor> acceptors = new CopyOnWriteArrayList<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * A server that listens nowhere yet.
     *
     * @param tasks  carries out requests that would make others wait
     * @param limits what clients are granted, at all endpoints together
     */
    public NbdServer(Tasks tasks, NbdLimits limits) {
        this.limits = limits;
        this.shared = Shared.of(tasks, limits);
        this.connections = new Connections(limits);
        start(this::sweep, "nbd-sweep");
    }

    /**
     * A server that listens on a Unix socket of mode 0600, without TLS.
     *
     * @param socket path of the socket; one left over by a killed process is replaced, one in use is not
     * @param tasks  carries out requests that would make others wait
     * @param limits what clients are granted
     * @throws IOException if it cannot listen there; the message names the path
     */
    public NbdServer(Path socket, Tasks tasks, NbdLimits limits) throws IOException {
        this(tasks, limits);
        boolean listens = false;
        try {
            listen(NbdEndpoint.unix(socket));
            listens = true;
        } finally {
            if (!listens) {
                close();
            }
        }
    }

    /**
     * Listens at one more place.
     *
     * @param endpoint where, and how
     * @return the port, if it is a TCP endpoint, else 0
     * @throws IOException if it cannot listen there, or will not; the message names the place and the reason
     */
    public int listen(NbdEndpoint endpoint) throws IOException {
        ServerSocketChannel channel = endpoint.listen();
        int port = channel.getLocalAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
        accept(endpoint, channel);
        return port;
    }

    /** Lets clients in at a channel that listens already. */
    void accept(NbdEndpoint endpoint, ServerSocketChannel channel) {
        Acceptor acceptor = new Acceptor(endpoint, channel, connections, exports, shared);
        acceptors.add(acceptor);
        start(acceptor, "nbd-accept");
    }

    private static void start(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void sweep() {
        long period = Math.min(
                SWEEP_NANOS,
                Math.min(limits.handshake().toNanos(), limits.stall().toNanos()) / 4);
        long before = System.nanoTime();
        while (!pause(period)) {
            long now = System.nanoTime();
            connections.look(now, now - before);
            before = now;
        }
    }

    private boolean pause(long nanos) {
        try {
            return stopped.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            LOG.debug("nobody has a reason to interrupt the threads of the server");
            return false;
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
     * Withdraws an export. Requests under way are answered, for a few seconds at most, later ones with {@code ESHUTDOWN};
     * then its connections end.
     *
     * @param name of the export; one that is not there is no mistake
     */
    public void remove(String name) {
        NbdExport removed = exports.remove(name);
        if (removed != null) {
            connections.end(connection -> connection.uses(removed));
        }
    }

    /**
     * Listens no longer, answers what is under way and refuses what comes then, options with {@code NBD_REP_ERR_SHUTDOWN} and
     * requests with {@code ESHUTDOWN}, and ends all connections within the time for it in the limits.
     */
    @Override
    public void close() {
        stopped.countDown();
        acceptors.forEach(Acceptor::stop);
        connections.close();
    }
}
