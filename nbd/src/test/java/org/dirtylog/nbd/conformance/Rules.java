// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.util.Arrays;
import org.dirtylog.nbd.conformance.Transfer.Mode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules of the protocol, each a test that is tried on every server. */
@ParameterizedClass
@EnumSource(Server.class)
@ExtendWith(Verdicts.class)
@Timeout(120)
abstract class Rules {
    final Server server;
    Peer peer;

    Rules(Server server) {
        this.server = server;
    }

    Negotiation begun() throws IOException {
        return Negotiation.begun(peer.socket(Peer.DISK));
    }

    /** With structured replies, which the options for contexts need. */
    Negotiation structured() throws IOException {
        Negotiation negotiation = begun();
        if (negotiation.result(Negotiation.STRUCTURED_REPLY, new byte[0]) != Negotiation.ACK) {
            throw new NotOffered("structured replies");
        }
        return negotiation;
    }

    Transfer begun(Mode mode) throws IOException {
        return Transfer.begun(peer.socket(Peer.DISK), Peer.DISK, mode);
    }

    /** With all contexts that the server has. */
    Transfer withContexts(Mode mode) throws IOException {
        return Transfer.begun(peer.socket(Peer.DISK), Peer.DISK, mode, contexts());
    }

    String[] contexts() {
        return server.contexts.toArray(new String[0]);
    }

    Transfer fixed(Mode mode) throws IOException {
        return Transfer.begun(peer.socket(Peer.FIXED), Peer.FIXED, mode);
    }

    /** A device that can be made to fail and to wait; there is one behind ours only. */
    SparseDevice device() {
        if (peer.device == null) {
            throw new NotTried();
        }
        return peer.device;
    }

    static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    static void offers(Transfer transfer, int flag, String what) {
        if (!transfer.offers(flag)) {
            throw new NotOffered(what);
        }
    }
}
