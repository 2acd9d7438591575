// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.time.Duration;

/** What a server grants its clients. Unchangeable. */
public final class NbdLimits {
    /**
     * 128 connections, 96 of them a client's; 15 s for a handshake, 60 s for a client that stands still in the middle of
     * something, 5 s for a stop; 16 requests handed over a connection and 64 a server; 64 MiB of payload a connection and
     * 256 MiB a server; TCP clients are asked after 60 s of silence whether they are there, six times in 10 s each.
     */
    public static final NbdLimits STANDARD = new NbdLimits(
            new Counts(128, 96, 16, 64),
            new Times(Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(5)),
            new Memory(64L << 20, 256L << 20),
            KeepAlive.STANDARD);

    private final Counts counts;
    private final Times times;
    private final Memory memory;
    private final KeepAlive keepAlive;

    private record Counts(int connections, int clientConnections, int connectionRequests, int serverRequests) {}

    private record Times(Duration handshake, Duration stall, Duration stop) {}

    private record Memory(long connectionBytes, long serverBytes) {}

    private NbdLimits(Counts counts, Times times, Memory memory, KeepAlive keepAlive) {
        this.counts = counts;
        this.times = times;
        this.memory = memory;
        this.keepAlive = keepAlive;
    }

    private NbdLimits with(Counts others) {
        return new NbdLimits(others, times, memory, keepAlive);
    }

    private NbdLimits with(Times others) {
        return new NbdLimits(counts, others, memory, keepAlive);
    }

    /**
     * Limits connections; one too many is closed at once.
     *
     * @param count 1 or more
     * @return other limits
     */
    public NbdLimits withConnections(int count) {
        return with(new Counts(
                atLeast("connections", count, 1),
                counts.clientConnections,
                counts.connectionRequests,
                counts.serverRequests));
    }

    /**
     * Limits the connections of one client, so that it cannot keep all others out. Clients are told from each other by their
     * address over TCP, and by their user over a Unix socket; where the system does not tell users, all are one.
     *
     * @param count 1 or more
     * @return other limits
     */
    public NbdLimits withClientConnections(int count) {
        return with(new Counts(
                counts.connections,
                atLeast("connections of a client", count, 1),
                counts.connectionRequests,
                counts.serverRequests));
    }

    /**
     * Limits the time from connecting to the end of the handshake, that of TLS included.
     *
     * @param time some
     * @return other limits
     */
    public NbdLimits withHandshake(Duration time) {
        return with(new Times(some("handshake", time), times.stall, times.stop));
    }

    /**
     * Limits how long a client may neither take a reply nor finish sending an option or a request that it has begun, nor get
     * on with it by 256 KiB. Between two requests it may stand still for ever.
     *
     * @param time some; looked at once a second
     * @return other limits
     */
    public NbdLimits withStall(Duration time) {
        return with(new Times(times.handshake, some("stall", time), times.stop));
    }

    /**
     * Limits how long the server waits, when it stops or an export is removed, for requests that are under way and for clients
     * to take the answers.
     *
     * @param time some
     * @return other limits
     */
    public NbdLimits withStop(Duration time) {
        return with(new Times(times.handshake, times.stall, some("stop", time)));
    }

    /**
     * Sets when a TCP client that says nothing is asked whether it is still there, and when it is given up. One that is there
     * answers without knowing, however long it is idle.
     *
     * @param idle     1 s or more, in whole seconds: how long it may be silent before it is asked
     * @param interval 1 s or more, in whole seconds: how long it has for each answer
     * @param count    1 to 127: how many answers may be missing
     * @return other limits
     */
    public NbdLimits withKeepAlive(Duration idle, Duration interval, int count) {
        atLeast("seconds of silence", (int) idle.toSeconds(), 1);
        atLeast("seconds for an answer", (int) interval.toSeconds(), 1);
        if (atLeast("missing answers", count, 1) > 127) {
            throw new IllegalArgumentException("missing answers " + count + ", at most 127");
        }
        return new NbdLimits(counts, times, memory, new KeepAlive(idle, interval, count));
    }

    /**
     * Limits how many requests that have to wait for something are handed over, so that those behind them can overtake them.
     * The thread of a connection carries out itself what is too many.
     *
     * @param ofConnection 1 or more
     * @param ofServer     1 or more, and well below the number of tasks that run at once
     * @return other limits
     */
    public NbdLimits withRequests(int ofConnection, int ofServer) {
        return with(new Counts(
                counts.connections,
                counts.clientConnections,
                atLeast("requests of a connection", ofConnection, 1),
                atLeast("requests of the server", ofServer, 1)));
    }

    /**
     * Limits the memory for payloads of more than some hundred KiB, and of requests that are handed over. It is counted in MiB, a
     * request that is handed over has at least one. What does not fit goes piece by piece through the buffers of its connection.
     *
     * @param ofConnection 32 MiB or more
     * @param ofServer     {@code ofConnection} or more
     * @return other limits
     */
    public NbdLimits withPayloadBytes(long ofConnection, long ofServer) {
        if (ofConnection < Wire.MAX_PAYLOAD_BYTES || ofServer < ofConnection) {
            throw new IllegalArgumentException("payload of a connection " + ofConnection + " and of the server "
                    + ofServer + " bytes: a connection needs " + Wire.MAX_PAYLOAD_BYTES
                    + ", the server no less than a connection");
        }
        return new NbdLimits(counts, times, new Memory(ofConnection, ofServer), keepAlive);
    }

    int connections() {
        return counts.connections;
    }

    int clientConnections() {
        return counts.clientConnections;
    }

    Duration handshake() {
        return times.handshake;
    }

    Duration stall() {
        return times.stall;
    }

    Duration stop() {
        return times.stop;
    }

    KeepAlive keepAlive() {
        return keepAlive;
    }

    int connectionRequests() {
        return counts.connectionRequests;
    }

    int serverRequests() {
        return counts.serverRequests;
    }

    long connectionBytes() {
        return memory.connectionBytes;
    }

    long serverBytes() {
        return memory.serverBytes;
    }

    private static int atLeast(String what, int count, int least) {
        if (count < least) {
            throw new IllegalArgumentException(what + " " + count + ", at least " + least);
        }
        return count;
    }

    private static Duration some(String what, Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("time for " + what + " " + time + ", must be more than none");
        }
        return time;
    }
}
