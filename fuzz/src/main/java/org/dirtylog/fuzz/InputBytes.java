// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.util.Arrays;

/** An input, taken from its start; behind its end are zeroes. */
public final class InputBytes {
    private final byte[] bytes;
    private int at;

    /**
     * Begins at the first byte.
     *
     * @param bytes of the input, which are not changed
     */
    public InputBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Takes a byte.
     *
     * @return 0 to 255
     */
    public int next() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    /**
     * Takes all that is left.
     *
     * @return a copy of it
     */
    public byte[] rest() {
        byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
        at = bytes.length;
        return rest;
    }

    /**
     * Takes all that is left, as so many bytes.
     *
     * @param length what comes behind is left out, what is missing is zero
     * @return a copy of it
     */
    public byte[] rest(int length) {
        return Arrays.copyOf(rest(), length);
    }

    /**
     * Makes an input.
     *
     * @param first the bytes that {@link #next} will take
     * @param rest  what follows
     * @return the input
     */
    public static byte[] of(int[] first, byte[] rest) {
        byte[] all = new byte[first.length + rest.length];
        for (int i = 0; i < first.length; i++) {
            all[i] = (byte) first[i];
        }
        System.arraycopy(rest, 0, all, first.length, rest.length);
        return all;
    }
}
