// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.dirtylog.fuzz.Castagnoli;

/** A label as {@code docs/leg-label.md} describes it, read from its bytes without the product's reader. */
record RawLabel(byte[] bytes) {
    static final int BYTES = 128;
    private static final byte[] LETTERS = "dirtyleg".getBytes(StandardCharsets.US_ASCII);

    private ByteBuffer numbers() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    boolean isLabel() {
        return bytes.length >= BYTES
                && Arrays.equals(bytes, 0, LETTERS.length, LETTERS, 0, LETTERS.length)
                && numbers().getInt(124) == Castagnoli.of(bytes, 0, 124);
    }

    boolean makesSense() {
        for (int i = 64; i < 124; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return numbers().getInt(8) == 1
                && numbers().getInt(12) == BYTES
                && epoch() >= 1
                && numbers().getLong(56) >= 1;
    }

    long epoch() {
        return numbers().getLong(48);
    }

    /** Puts the right checksum where letters stand, so that what lies behind the checksum is reached. */
    static void repair(byte[] bytes) {
        if (bytes.length >= BYTES && Arrays.equals(bytes, 0, LETTERS.length, LETTERS, 0, LETTERS.length)) {
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(124, Castagnoli.of(bytes, 0, 124));
        }
    }
}
