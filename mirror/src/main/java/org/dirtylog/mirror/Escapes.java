// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Percent-encoding of what may not stand in a line: blanks, control characters, the percent sign itself. */
final class Escapes {
    private Escapes() {}

    static String encode(String plain) {
        StringBuilder text = new StringBuilder();
        for (byte b : plain.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xFF;
            if (c <= ' ' || c == '%' || c >= 0x7F) {
                text.append(String.format("%%%02X", c));
            } else {
                text.append((char) c);
            }
        }
        return text.toString();
    }

    static String decode(String encoded) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%' && i + 2 < encoded.length()) {
                bytes.write(Integer.parseInt(encoded.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
