// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/** Tells states apart: a hash of 64 bits of all that is added, in order. */
public final class Fingerprint {
    private final CRC32 one = new CRC32();
    private final CRC32C other = new CRC32C();
    private long value;

    /** Starts with nothing. */
    public Fingerprint() {}

    /**
     * Adds bytes.
     *
     * @param bytes  an array
     * @param length how many of them, from the first
     */
    public void add(byte[] bytes, int length) {
        one.reset();
        other.reset();
        one.update(bytes, 0, length);
        other.update(bytes, 0, length);
        add(one.getValue() << 32 | other.getValue());
    }

    /**
     * Adds a number.
     *
     * @param number any
     */
    public void add(long number) {
        value = Dice.mix(value * 31 + number);
    }

    /**
     * Shows the hash.
     *
     * @return any number
     */
    public long value() {
        return value;
    }
}
