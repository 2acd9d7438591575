// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where clients find an export, after {@code doc/uri.md} of the NBD project. */
final class NbdUri {
    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

    private NbdUri() {}

    static String unix(boolean tls, Path socket, String exportName) {
        return (tls ? "nbds" : "nbd") + "+unix:///" + encode(exportName) + "?socket=" + encode(socket.toString());
    }

    /** The host is written as URIs want it: an address of version 6 in brackets. */
    static String tcp(boolean tls, String host, int port, String exportName) {
        return (tls ? "nbds" : "nbd") + "://" + host + ":" + port + "/" + encode(exportName);
    }

    private static String encode(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (PLAIN.indexOf(b) >= 0) {
                encoded.append((char) b);
            } else {
                encoded.append(String.format("%%%02X", b & 0xFF));
            }
        }
        return encoded.toString();
    }
}
