// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Says whose leg a device is, and since when (P21). What does not carry the magic and a matching checksum is no label, so a
 * torn one is none. Documented in {@code docs/leg-label.md}.
 *
 * @param mirrorId      the mirror
 * @param legId         the leg, made when it was added
 * @param epoch         the epoch in which the label was written, 1 or more
 * @param targetSectors length of the mirror then
 */
record LegLabel(UUID mirrorId, UUID legId, long epoch, long targetSectors) {
    static final int BYTES = 128;
    private static final long MAGIC = 0x6765_6C79_7472_6964L; // "dirtyleg"
    private static final int VERSION = 1;
    private static final int VERSION_AT = 8;
    private static final int LENGTH_AT = 12;
    private static final int MIRROR_AT = 16;
    private static final int LEG_AT = 32;
    private static final int EPOCH_AT = 48;
    private static final int TARGET_SECTORS_AT = 56;
    private static final int CHECKSUM_AT = BYTES - 4;

    byte[] encode() {
        ByteBuffer label = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        label.putLong(0, MAGIC)
                .putInt(VERSION_AT, VERSION)
                .putInt(LENGTH_AT, BYTES)
                .putLong(EPOCH_AT, epoch)
                .putLong(TARGET_SECTORS_AT, targetSectors);
        put(label, MIRROR_AT, mirrorId);
        put(label, LEG_AT, legId);
        label.putInt(CHECKSUM_AT, checksum(label));
        return label.array();
    }

    /**
     * Reads a label.
     *
     * @throws LabelException if there is one of a version that is not known here, or with something in it that this version does
     *                        not have; what it means must not be guessed
     */
    static Optional<LegLabel> decode(byte[] bytes) throws LabelException {
        if (bytes.length < BYTES) {
            return Optional.empty();
        }
        ByteBuffer label = ByteBuffer.wrap(bytes, 0, BYTES).slice().order(ByteOrder.LITTLE_ENDIAN);
        if (label.getLong(0) != MAGIC || label.getInt(CHECKSUM_AT) != checksum(label)) {
            return Optional.empty();
        }
        if (label.getInt(VERSION_AT) != VERSION) {
            throw new LabelException("its label has version " + Integer.toUnsignedString(label.getInt(VERSION_AT))
                    + ", this version of dirtylog reads " + VERSION + ". Use the dirtylog that wrote it");
        }
        LegLabel read = new LegLabel(
                uuid(label, MIRROR_AT), uuid(label, LEG_AT), label.getLong(EPOCH_AT), label.getLong(TARGET_SECTORS_AT));
        int other = label.mismatch(ByteBuffer.wrap(read.encode()));
        if (other >= 0 || read.epoch < 1 || read.targetSectors < 1) {
            throw new LabelException("its label has a matching checksum but makes no sense: "
                    + (other >= 0 ? "byte " + other + " is " + label.get(other) : read)
                    + ". Use the dirtylog that wrote it");
        }
        return Optional.of(read);
    }

    /** A label that cannot be understood. */
    static final class LabelException extends java.io.IOException {
        private static final long serialVersionUID = 1;

        LabelException(String message) {
            super(message);
        }
    }

    private static void put(ByteBuffer label, int at, UUID id) {
        label.putLong(at, Long.reverseBytes(id.getMostSignificantBits()))
                .putLong(at + 8, Long.reverseBytes(id.getLeastSignificantBits()));
    }

    private static UUID uuid(ByteBuffer label, int at) {
        return new UUID(Long.reverseBytes(label.getLong(at)), Long.reverseBytes(label.getLong(at + 8)));
    }

    private static int checksum(ByteBuffer label) {
        CRC32C crc = new CRC32C();
        crc.update(label.slice(0, CHECKSUM_AT));
        return (int) crc.getValue();
    }
}
