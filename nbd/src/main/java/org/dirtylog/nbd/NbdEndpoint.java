// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A place where clients connect: a Unix socket that only its owner can use, or a TCP address with TLS. Whoever wants TCP
 * without has to say so. Unchangeable.
 */
public final class NbdEndpoint {
    /** What IANA gave the protocol. */
    public static final int PORT = 10809;

    private static final int BACKLOG = 128;

    private final Optional<Path> socket;
    private final Optional<InetSocketAddress> address;
    private final NbdTls tls;
    private final Bare bare;

    /** Where TCP is granted without TLS. */
    private enum Bare {
        NOWHERE,
        LOOPBACK,
        ANYWHERE
    }

    private NbdEndpoint(Optional<Path> socket, Optional<InetSocketAddress> address, NbdTls tls, Bare bare) {
        this.socket = socket;
        this.address = address;
        this.tls = tls;
        this.bare = bare;
    }

    /**
     * A Unix socket of mode 0600.
     *
     * @param socket its path, at most 106 bytes; one left over by a killed process is replaced, one in use is not
     * @return the endpoint, without TLS
     */
    public static NbdEndpoint unix(Path socket) {
        return new NbdEndpoint(Optional.of(socket), Optional.empty(), NbdTls.OFF, Bare.NOWHERE);
    }

    /**
     * A TCP address. It needs {@link #withTls TLS that is required} or one of the {@code insecure} switches.
     *
     * @param address where to listen; port 0 for one that the system chooses
     * @return the endpoint
     */
    public static NbdEndpoint tcp(InetSocketAddress address) {
        return new NbdEndpoint(Optional.empty(), Optional.of(address), NbdTls.OFF, Bare.NOWHERE);
    }

    /**
     * Encrypts.
     *
     * @param settings whether clients may or must
     * @return another endpoint with these settings
     */
    public NbdEndpoint withTls(NbdTls settings) {
        return new NbdEndpoint(socket, address, Objects.requireNonNull(settings, "settings"), bare);
    }

    /**
     * Grants TCP without TLS on a loopback address: every user of the machine can then read and write all exports.
     *
     * @return another endpoint for which that is so
     */
    public NbdEndpoint insecure() {
        return new NbdEndpoint(socket, address, tls, Bare.LOOPBACK);
    }

    /**
     * Grants TCP without TLS on any address: everybody who can reach it can then read and write all exports.
     *
     * @return another endpoint for which that is so
     */
    public NbdEndpoint insecureOnAnyAddress() {
        return new NbdEndpoint(socket, address, tls, Bare.ANYWHERE);
    }

    /** Listens; the message of a failure names the place. */
    ServerSocketChannel listen() throws IOException {
        if (socket.isPresent()) {
            return UnixListener.listen(socket.get());
        }
        InetSocketAddress where = address.orElseThrow();
        requireSecure(where);
        boolean four = where.getAddress() instanceof Inet4Address;
        try {
            return bound(
                    ServerSocketChannel.open(four ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6), where);
        } catch (IOException | UnsupportedOperationException e) {
            throw new IOException("cannot listen on " + this + ": " + e.getMessage(), e);
        }
    }

    private static ServerSocketChannel bound(ServerSocketChannel channel, InetSocketAddress where) throws IOException {
        boolean bound = false;
        try {
            channel.bind(where, BACKLOG);
            bound = true;
            return channel;
        } finally {
            if (!bound) {
                channel.close();
            }
        }
    }

    private void requireSecure(InetSocketAddress where) throws IOException {
        if (where.isUnresolved()) {
            throw new IOException("cannot listen on " + this + ": there is no address of that name");
        }
        if (tls.mode() == NbdTls.Mode.REQUIRE || bare == Bare.ANYWHERE) {
            return;
        }
        boolean loopback = where.getAddress().isLoopbackAddress();
        if (bare == Bare.NOWHERE || !loopback) {
            throw new IOException("does not listen on " + this + " with TLS " + tls.mode()
                    + ": whoever reaches it could"
                    + " read and write all exports; expected TLS that is required, or "
                    + (loopback ? "'insecure'" : "'insecure' for any address, since this is not a loopback address"));
        }
    }

    NbdTls tls() {
        return tls;
    }

    Optional<Path> socket() {
        return socket;
    }

    /** What it is called in messages. */
    @Override
    public String toString() {
        return socket.map(Path::toString)
                .orElseGet(() -> "tcp://" + address.orElseThrow().toString().replaceFirst("^[^/]*/", ""));
    }
}
