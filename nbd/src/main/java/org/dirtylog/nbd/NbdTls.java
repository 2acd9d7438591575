// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** Whether clients of an endpoint may or must use TLS, of version 1.2 or later, and whether they show certificates. Unchangeable. */
public final class NbdTls {
    /** No TLS: who asks for it is told that it is not supported. */
    public static final NbdTls OFF = new NbdTls(Mode.OFF, ClientCertificates.NONE, () -> {
        throw new IllegalStateException("without TLS nobody asks for keys");
    });

    private static final List<String> VERSIONS = List.of("TLSv1.3", "TLSv1.2");

    private final Mode mode;
    private final ClientCertificates clientCertificates;
    private final Supplier<SSLContext> keys;

    /** What a client that has not begun TLS may do; "TLS support" in {@code doc/proto.md} of the NBD project. */
    public enum Mode {
        /** All, and TLS it cannot begin: the protocol's NOTLS. */
        OFF,
        /** All, and begin TLS: SELECTIVETLS without exports that need it. Whoever sits between can prevent TLS. */
        ALLOW,
        /** Begin TLS, or leave: FORCEDTLS. */
        REQUIRE
    }

    /** What a client has to show when it begins TLS. */
    public enum ClientCertificates {
        /** Nothing; it is not asked. */
        NONE,
        /** A certificate that is trusted, or nothing. */
        OPTIONAL,
        /** A certificate that is trusted. */
        REQUIRED
    }

    private NbdTls(Mode mode, ClientCertificates clientCertificates, Supplier<SSLContext> keys) {
        this.mode = mode;
        this.clientCertificates = clientCertificates;
        this.keys = keys;
    }

    /**
     * Lets clients use TLS if they want to.
     *
     * @param keys the server's certificate with its key, and whom it trusts; asked once for each client that begins TLS, by
     *             several threads. {@link TlsFiles} is one
     * @return TLS without certificates of clients
     */
    public static NbdTls allow(Supplier<SSLContext> keys) {
        return new NbdTls(Mode.ALLOW, ClientCertificates.NONE, Objects.requireNonNull(keys, "keys"));
    }

    /**
     * Demands TLS.
     *
     * @param keys as for {@link #allow}
     * @return TLS without certificates of clients
     */
    public static NbdTls require(Supplier<SSLContext> keys) {
        return new NbdTls(Mode.REQUIRE, ClientCertificates.NONE, Objects.requireNonNull(keys, "keys"));
    }

    /**
     * Asks clients that begin TLS for certificates.
     *
     * @param wanted whether; who is trusted, the context knows
     * @return other settings
     * @throws IllegalStateException if there is no TLS
     */
    public NbdTls withClientCertificates(ClientCertificates wanted) {
        if (mode == Mode.OFF) {
            throw new IllegalStateException("without TLS no client can show a certificate");
        }
        return new NbdTls(mode, Objects.requireNonNull(wanted, "wanted"), keys);
    }

    /**
     * Tells whether TLS may or must be used.
     *
     * @return the mode
     */
    public Mode mode() {
        return mode;
    }

    /** The server's end of one connection. */
    SSLEngine engine() {
        SSLEngine engine = keys.get().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        List<String> supported = Arrays.asList(engine.getSupportedProtocols());
        parameters.setProtocols(VERSIONS.stream().filter(supported::contains).toArray(String[]::new));
        parameters.setUseCipherSuitesOrder(true);
        switch (clientCertificates) {
            case NONE -> parameters.setNeedClientAuth(false);
            case OPTIONAL -> parameters.setWantClientAuth(true);
            case REQUIRED -> parameters.setNeedClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return engine;
    }
}
