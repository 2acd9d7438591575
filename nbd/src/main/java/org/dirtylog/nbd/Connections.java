// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is connected to a server: how many may be, who stands still for too long, and how they are seen off. */
final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    /** How long a client that is seen off has for hearing that it is. */
    private static final long HEARING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final NbdLimits limits;
    private final Set<Connection> connected = ConcurrentHashMap.newKeySet();
    /** Guarded by this. */
    private boolean closed;

    Connections(NbdLimits limits) {
        this.limits = limits;
    }

    /** Makes a connection, with all that it needs. */
    @FunctionalInterface
    interface Arrival {
        Connection make() throws IOException;
    }

    /** Lets a client in, or answers why it is turned away. */
    synchronized Optional<String> admit(Peer peer, Arrival arrival) throws IOException {
        Optional<String> refusal = refusal(peer);
        if (refusal.isEmpty()) {
            Connection connection = arrival.make();
            connected.add(connection);
            boolean started = false;
            try {
                connection.start();
                started = true;
            } finally {
                if (!started) {
                    connected.remove(connection);
                }
            }
        }
        return refusal;
    }

    private Optional<String> refusal(Peer peer) {
        if (closed) {
            return Optional.of("the server is being stopped");
        }
        if (connected.size() >= limits.connections()) {
            return Optional.of(limits.connections() + " are connected, and no more may be");
        }
        long own = connected.stream().filter(one -> one.peer().equals(peer)).count();
        if (own >= limits.clientConnections()) {
            return Optional.of(own + " of its connections are there, and no more may be a client's");
        }
        return Optional.empty();
    }

    void remove(Connection connection) {
        connected.remove(connection);
    }

    /** Looks after all clients at once, so that none needs a clock of its own. */
    void look(long nowNanos, long passedNanos) {
        for (Connection connection : connected) {
            connection.look(nowNanos, passedNanos);
        }
    }

    /** Sees all clients off, and lets nobody in any more. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        end(connection -> true);
    }

    /**
     * Sees clients off. What they asked before is answered, what they ask now is refused; who does not leave by itself then is
     * heard no more, and who does not take its answers is cut off.
     */
    void end(Predicate<Connection> which) {
        long begun = System.nanoTime();
        long hearing = Math.min(HEARING_NANOS, limits.stop().toNanos() / 2);
        List<Connection> leaving =
                new ArrayList<>(connected.stream().filter(which).toList());
        leaving.forEach(Connection::refuse);
        leaving.removeIf(connection -> connection.awaitEnd(begun + hearing));
        leaving.forEach(Connection::hearNoMore);
        leaving.removeIf(connection -> connection.awaitEnd(begun + limits.stop().toNanos()));
        if (!leaving.isEmpty()) {
            LOG.warn(
                    "{} clients are cut off: within {} they did not take the answers to what they had asked, or it was"
                            + " not done",
                    leaving.size(),
                    limits.stop());
        }
        leaving.forEach(Connection::cutOff);
    }
}
