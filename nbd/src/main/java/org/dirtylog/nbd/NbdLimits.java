// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.time.Duration;

/** What a server grants its clients. Unchangeable. */
public final class NbdLimits {
    /**
     * 128 connections, 15 s for a handshake, 60 s for a client that stands still in the middle of something, 16 requests
     * in flight and 64 MiB of payload a connection, 256 MiB a server.
     */
    public static final NbdLimits STANDARD =
            new NbdLimits(128, Duration.ofSeconds(15), Duration.ofSeconds(60), 16, 64L << 20, 256L << 20);

    private final int connections;
    private final Duration handshake;
    private final Duration stall;
    private final int requestsInFlight;
    private final long connectionBytes;
    private final long serverBytes;

    private NbdLimits(
            int connections,
            Duration handshake,
            Duration stall,
            int requestsInFlight,
            long connectionBytes,
            long serverBytes) {
        this.connections = connections;
        this.handshake = handshake;
        this.stall = stall;
        this.requestsInFlight = requestsInFlight;
        this.connectionBytes = connectionBytes;
        this.serverBytes = serverBytes;
    }

    /**
     * Limits connections; one too many is closed at once.
     *
     * @param count 1 or more
     * @return other limits
     */
    public NbdLimits withConnections(int count) {
        return new NbdLimits(
                atLeast("connections", count, 1), handshake, stall, requestsInFlight, connectionBytes, serverBytes);
    }

    /**
     * Limits the time from connecting to the end of the handshake.
     *
     * @param time some
     * @return other limits
     */
    public NbdLimits withHandshake(Duration time) {
        return new NbdLimits(
                connections, some("handshake", time), stall, requestsInFlight, connectionBytes, serverBytes);
    }

    /**
     * Limits how long a client may neither take a reply nor finish sending a request that it has begun.
     *
     * @param time some; looked at once a second
     * @return other limits
     */
    public NbdLimits withStall(Duration time) {
        return new NbdLimits(
                connections, handshake, some("stall", time), requestsInFlight, connectionBytes, serverBytes);
    }

    /**
     * Limits how many requests of one connection, which have to wait for something, are worked on at the same time. The
     * others wait in the socket.
     *
     * @param count 1 or more
     * @return other limits
     */
    public NbdLimits withRequestsInFlight(int count) {
        return new NbdLimits(
                connections, handshake, stall, atLeast("requests in flight", count, 1), connectionBytes, serverBytes);
    }

    /**
     * Limits the memory for payload that is not small. What does not fit waits.
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
        return new NbdLimits(connections, handshake, stall, requestsInFlight, ofConnection, ofServer);
    }

    int connections() {
        return connections;
    }

    Duration handshake() {
        return handshake;
    }

    Duration stall() {
        return stall;
    }

    int requestsInFlight() {
        return requestsInFlight;
    }

    long connectionBytes() {
        return connectionBytes;
    }

    long serverBytes() {
        return serverBytes;
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
