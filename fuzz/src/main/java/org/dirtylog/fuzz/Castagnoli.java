// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

/** CRC-32C by its definition, and not by the class that the product uses. */
public final class Castagnoli {
    private static final int REVERSED_POLYNOMIAL = 0x82F6_3B78;
    private static final int[] TABLE = new int[256];

    static {
        for (int i = 0; i < TABLE.length; i++) {
            int rest = i;
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                rest = rest >>> 1 ^ (rest & 1) * REVERSED_POLYNOMIAL;
            }
            TABLE[i] = rest;
        }
    }

    private Castagnoli() {}

    /**
     * Sums bytes up.
     *
     * @param bytes  all of them
     * @param from   the first that counts
     * @param length how many do
     * @return the checksum
     */
    public static int of(byte[] bytes, int from, int length) {
        int rest = -1;
        for (int i = from; i < from + length; i++) {
            rest = rest >>> 8 ^ TABLE[(rest ^ bytes[i]) & 0xFF];
        }
        return ~rest;
    }
}
