// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

/**
 * Where each byte of a record is. Source: {@code dm-log.c}, {@code create_log_context}.
 *
 * @param regions    how many are covered, 1 to {@link #MAX_REGIONS}
 * @param blockBytes the medium's block, a power of two, 512 or more
 */
record RecordLayout(long regions, int blockBytes) {
    /** The kernel counts regions in 32 bits. */
    static final long MAX_REGIONS = 0xFFFF_FFFFL;

    /** Bytes of header and spare area, before the bits; two sectors whatever the block is. */
    static final int HEAD_BYTES = 1024;

    RecordLayout {
        if (regions < 1 || regions > MAX_REGIONS || blockBytes < 512 || Integer.bitCount(blockBytes) != 1) {
            throw new IllegalArgumentException(regions + " regions on blocks of " + blockBytes + " bytes");
        }
    }

    /** Bits are kept in words of 64. */
    long words() {
        return (regions + Long.SIZE - 1) / Long.SIZE;
    }

    /** The byte after the last word of bits. */
    long bitsEnd() {
        return HEAD_BYTES + words() * Long.BYTES;
    }

    /** How much of the medium belongs to the record: whole blocks. */
    long areaBytes() {
        return blockEnd(bitsEnd());
    }

    /** The byte that holds a region's bit. */
    static long byteOf(long region) {
        return HEAD_BYTES + region / Byte.SIZE;
    }

    long blockStart(long position) {
        return position & -blockBytes;
    }

    long blockEnd(long position) {
        return blockStart(position + blockBytes - 1);
    }
}
