// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.time.Duration;

/** What a server grants its clients. Unchangeable. */
public final class NbdLimits {
    /**
     * 128 connections, 15 s for a handshake, 60 s for a client that stands still in the middle of something, 16 requests
     * handed over a connection and 64 a server, 64 MiB of payload a connection and 256 MiB a server.
     */
    public static final NbdLimits STANDARD =
            new NbdLimits(128, Duration.ofSeconds(15), Duration.ofSeconds(60), 16, 64, 64L << 20, 256L << 20);

    private final int connections;
    private final Duration handshake;
    private final Duration stall;
    private final int connectionRequests;
    private final int serverRequests;
    private final long connectionBytes;
    private final long serverBytes;

    private NbdLimits(
            int connections,
            Duration handshake,
            Duration stall,
            int connectionRequests,
            int serverRequests,
            long connectionBytes,
            long serverBytes) {
        this.connections = connections;
        this.handshake = handshake;
        this.stall = stall;
        this.connectionRequests = connectionRequests;
        this.serverRequests = serverRequests;
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
                atLeast("connections", count, 1),
                handshake,
                stall,
                connectionRequests,
                serverRequests,
                connectionBytes,
                serverBytes);
    }

    /**
     * Limits the time from connecting to the end of the handshake.
     *
     * @param time some
     * @return other limits
     */
    public NbdLimits withHandshake(Duration time) {
        return new NbdLimits(
                connections,
                some("handshake", time),
                stall,
                connectionRequests,
                serverRequests,
                connectionBytes,
                serverBytes);
    }

    /**
     * Limits how long a client may neither take a reply nor finish sending an option or a request that it has begun, nor get
     * on with it by 256 KiB. Between two requests it may stand still for ever.
     *
     * @param time some; looked at once a second
     * @return other limits
     */
    public NbdLimits withStall(Duration time) {
        return new NbdLimits(
                connections,
                handshake,
                some("stall", time),
                connectionRequests,
                serverRequests,
                connectionBytes,
                serverBytes);
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
        return new NbdLimits(
                connections,
                handshake,
                stall,
                atLeast("requests of a connection", ofConnection, 1),
                atLeast("requests of the server", ofServer, 1),
                connectionBytes,
                serverBytes);
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
        return new NbdLimits(connections, handshake, stall, connectionRequests, serverRequests, ofConnection, ofServer);
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

    int connectionRequests() {
        return connectionRequests;
    }

    int serverRequests() {
        return serverRequests;
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
