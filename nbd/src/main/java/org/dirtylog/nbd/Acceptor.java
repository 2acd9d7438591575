// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets clients in at one endpoint. */
final class Acceptor implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    private static final long AGAIN_NANOS = 100_000_000L;

    private final NbdEndpoint endpoint;
    private final ServerSocketChannel listener;
    private final Connections connections;
    private final Map<String, NbdExport> exports;
    private final Shared shared;
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Only its thread uses it: a crowd at the door is told once. */
    private boolean toldOfRefusal;

    Acceptor(
            NbdEndpoint endpoint,
            ServerSocketChannel listener,
            Connections connections,
            Map<String, NbdExport> exports,
            Shared shared) {
        this.endpoint = endpoint;
        this.listener = listener;
        this.connections = connections;
        this.exports = exports;
        this.shared = shared;
    }

    @Override
    public void run() {
        boolean told = false;
        while (listener.isOpen()) {
            try {
                admit(listener.accept());
                told = false;
            } catch (IOException | RuntimeException | Error e) {
                if (listener.isOpen() && !told) {
                    LOG.error("No more clients can connect to {} until this has passed: {}", endpoint, e.toString());
                    told = true;
                }
                pause();
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        boolean admitted = false;
        try {
            Optional<Peer> peer = prepare(channel);
            if (peer.isPresent()) {
                Optional<String> refusal = connections.admit(
                        peer.get(), () -> new Connection(channel, peer.get(), endpoint, connections, exports, shared));
                admitted = refusal.isEmpty();
                tell(peer.get(), refusal);
            }
        } finally {
            if (!admitted) {
                channel.close();
            }
        }
    }

    /** Empty if the client has left meanwhile. */
    private Optional<Peer> prepare(SocketChannel channel) {
        try {
            if (endpoint.socket().isEmpty()) {
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                shared.limits().keepAlive().watch(channel);
            }
            return Optional.of(Peer.of(channel));
        } catch (IOException e) {
            LOG.debug("A client of {} left at once: {}", endpoint, e.toString());
            return Optional.empty();
        }
    }

    private void tell(Peer peer, Optional<String> refusal) {
        if (refusal.isPresent() && !toldOfRefusal) {
            LOG.warn("A client of {} at {} is turned away: {}", endpoint, peer, refusal.get());
        }
        toldOfRefusal = refusal.isPresent();
    }

    private void pause() {
        try {
            stopped.await(AGAIN_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            LOG.debug("nobody has a reason to interrupt the threads of the server");
        }
    }

    /** Lets nobody in any more. */
    void stop() {
        stopped.countDown();
        try {
            listener.close();
            if (endpoint.socket().isPresent()) {
                Files.deleteIfExists(endpoint.socket().get());
            }
        } catch (IOException e) {
            LOG.warn("Socket {} cannot be removed: {}", endpoint, e.getMessage());
        }
    }
}
