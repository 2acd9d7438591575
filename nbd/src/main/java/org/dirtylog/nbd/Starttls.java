// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one connection into TLS, and the answers of the negotiation that depend on it: "TLS support" in {@code
 * doc/proto.md} of the NBD project. Only the connection's thread uses it.
 */
final class Starttls {
    private static final Logger LOG = LoggerFactory.getLogger(Starttls.class);

    private final NbdTls tls;
    private final Peer peer;
    private boolean begun;

    Starttls(NbdTls tls, Peer peer) {
        this.tls = tls;
        this.peer = peer;
    }

    /** Whether an option is refused because TLS comes first. Only the option that begins it is not, and the one to leave. */
    boolean comesBefore(int option) {
        return tls.mode() == NbdTls.Mode.REQUIRE && !begun && option != Wire.OPT_STARTTLS && option != Wire.OPT_ABORT;
    }

    /** The answer to the option that begins TLS. */
    int answer(boolean hasData) {
        if (tls.mode() == NbdTls.Mode.OFF) {
            return Wire.REP_ERR_UNSUP;
        }
        return begun || hasData ? Wire.REP_ERR_INVALID : Wire.REP_ACK;
    }

    /**
     * Follows the acknowledgement: from here on there is TLS or nothing. Nothing may have been read from the stream beyond the
     * option, so that what somebody sent behind it is no request but a broken record.
     *
     * @throws IOException if client and server do not agree; the stream is closed
     */
    NbdStream begin(NbdStream bare) throws IOException {
        begun = true;
        SSLEngine engine = tls.engine();
        TlsStream stream;
        try {
            stream = TlsStream.agreed(bare, engine);
        } catch (IOException e) {
            LOG.info("A client at {} does not come to terms on TLS: {}", peer, e.getMessage());
            throw e;
        }
        LOG.debug("A client at {} uses {}", peer, described(engine.getSession()));
        return stream;
    }

    private static String described(SSLSession session) {
        String channel = session.getProtocol() + " with " + session.getCipherSuite();
        try {
            return channel + ", as " + session.getPeerPrincipal();
        } catch (SSLPeerUnverifiedException e) {
            return channel + ", without a certificate";
        }
    }
}
