// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.dirtylog.sim.world.Disk;

/** A leg as somebody may copy it, and put it back later: its bytes, and its label ({@code docs/leg-label.md}). */
record LegImage(byte[] bytes, byte[] note, long epoch) {
    static final int BLOCK_BYTES = 4096;
    private static final long MAGIC = 0x6765_6C79_7472_6964L;
    private static final int EPOCH_AT = 48;
    private static final int CHECKSUM_AT = 124;

    static LegImage of(Disk leg, int roomAt) {
        return new LegImage(leg.medium().clone(), leg.note(), epochOf(leg, roomAt));
    }

    /** The epoch of the label of a leg, or 0 if it has none. */
    static long epochOf(Disk leg, int roomAt) {
        long epoch = epochAt(ByteBuffer.wrap(leg.note()));
        for (int at = roomAt; at + BLOCK_BYTES <= leg.bytes(); at += BLOCK_BYTES) {
            epoch = Math.max(
                    epoch,
                    epochAt(ByteBuffer.wrap(leg.medium(), at, BLOCK_BYTES).slice()));
        }
        return epoch;
    }

    /** Whether the mirror finds a label: the checksum covers what stands before it. */
    static boolean isLabelled(Disk leg, int roomAt) {
        boolean found = isLabel(ByteBuffer.wrap(leg.note()));
        for (int at = roomAt; at + BLOCK_BYTES <= leg.bytes(); at += BLOCK_BYTES) {
            found |= isLabel(ByteBuffer.wrap(leg.view(), at, BLOCK_BYTES).slice());
        }
        return found;
    }

    private static boolean isLabel(ByteBuffer label) {
        if (epochAt(label) == 0) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(label.slice(0, CHECKSUM_AT));
        return label.getInt(CHECKSUM_AT) == (int) crc.getValue();
    }

    private static long epochAt(ByteBuffer label) {
        label.order(ByteOrder.LITTLE_ENDIAN);
        return label.remaining() < 128 || label.getLong(0) != MAGIC ? 0 : label.getLong(EPOCH_AT);
    }

    /** Puts it in the place of the leg, with its label or without. */
    void putBack(Disk leg, int roomAt, boolean withLabel) {
        byte[] image = bytes.clone();
        if (!withLabel) {
            Arrays.fill(image, Math.min(roomAt, image.length), image.length, (byte) 0);
        }
        leg.load(image);
        leg.loadNote(withLabel ? note : new byte[0]);
    }
}
