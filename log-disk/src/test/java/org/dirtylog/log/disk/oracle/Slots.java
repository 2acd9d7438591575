// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What our record has and the kernel's has not: two slots of 128 bytes, in bytes that the kernel keeps as they are. Read here once
 * more, from the description of the format, since a kernel's answer is compared with one that knows them.
 *
 * @param regionSize of the slot that counts, 0 if there is none
 * @param target     and how long the target was
 */
record Slots(long regionSize, long target) {
    private static final int[] AT = {256, 768};
    private static final int BYTES = 128;

    static Slots in(byte[] content) {
        ByteBuffer record = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        long highest = 0;
        Slots newest = new Slots(0, 0);
        for (int at : AT) {
            CRC32C crc = new CRC32C();
            crc.update(content, at, BYTES - 4);
            boolean valid = record.getInt(at + BYTES - 4) == (int) crc.getValue()
                    && new String(content, at, 8, java.nio.charset.StandardCharsets.US_ASCII).equals("dirtylog");
            if (valid && record.getLong(at + 64) > highest) {
                highest = record.getLong(at + 64);
                newest = new Slots(record.getLong(at + 32), record.getLong(at + 40));
            }
        }
        return newest;
    }

    /** The first byte of what the kernel's record has too that differs, or -1. */
    static int firstDifference(byte[] ours, byte[] kernels) {
        int from = 0;
        for (int at : AT) {
            int differs = Arrays.mismatch(ours, from, at, kernels, from, at);
            if (differs >= 0) {
                return from + differs;
            }
            from = at + BYTES;
        }
        int differs = Arrays.mismatch(ours, from, ours.length, kernels, from, kernels.length);
        return differs < 0 ? -1 : from + differs;
    }
}
