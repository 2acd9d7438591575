// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.zip.CRC32C;

/**
 * Reads a log as the kernel wrote the format down ({@code dm-log.c}: magic, version, count of regions, bits from byte 1024 on,
 * lowest bit first). It shares nothing with the code that is judged.
 */
final class KernelLog {
    static final int BITS_AT = 1024;
    static final int BYTES = 1536;
    private static final int FIRST_SLOT_AT = 256;
    private static final int SECOND_SLOT_AT = 768;
    /** Where a slot says how long the target was. */
    private static final int TARGET_SECTORS = 40;
    /** Where the checksum of a slot is; it covers what stands before it. */
    private static final int SLOT_CHECKSUM = 124;

    private KernelLog() {}

    static boolean isRecord(byte[] image) {
        return little(image, 0, 4) == 0x4D695272L && little(image, 4, 4) == 2;
    }

    static long regions(byte[] image) {
        return little(image, 8, 8);
    }

    static boolean isClean(byte[] image, int region) {
        return (image[BITS_AT + region / 8] >> region % 8 & 1) != 0;
    }

    /** Whether it says whose it is. */
    static boolean isSigned(byte[] image) {
        return newestSlot(image) > 0;
    }

    /** Whether our own slot with the highest sequence number says that the log was closed ({@code docs/disk-format.md}). */
    static boolean isClosed(byte[] image) {
        int newest = newestSlot(image);
        return newest > 0 && image[newest + 10] == 2;
    }

    /** Where the valid slot with the highest sequence number is, or 0 if there is none. */
    private static int newestSlot(byte[] image) {
        boolean first = isSlot(image, FIRST_SLOT_AT);
        boolean second = isSlot(image, SECOND_SLOT_AT);
        if (first && second) {
            return sequence(image, FIRST_SLOT_AT) >= sequence(image, SECOND_SLOT_AT) ? FIRST_SLOT_AT : SECOND_SLOT_AT;
        }
        return first ? FIRST_SLOT_AT : second ? SECOND_SLOT_AT : 0;
    }

    private static long sequence(byte[] image, int slot) {
        return little(image, slot + 64, 8);
    }

    /** One that was torn when the power failed is none. */
    private static boolean isSlot(byte[] image, int at) {
        CRC32C crc = new CRC32C();
        crc.update(image, at, SLOT_CHECKSUM);
        return image[at] == 'd' && little(image, at + SLOT_CHECKSUM, 4) == crc.getValue();
    }

    /**
     * How many regions the bits speak of for a target of so many sectors: what it has gained since the log was last opened was never
     * compared, a part of a region included.
     */
    static int covered(byte[] image, int sectors, int regionSectors) {
        int newest = newestSlot(image);
        long then = newest > 0 ? little(image, newest + TARGET_SECTORS, 8) : sectors;
        return sectors <= then ? (sectors + regionSectors - 1) / regionSectors : (int) (then / regionSectors);
    }

    /** Takes or gives a region its mark, as another system that writes the log does. */
    static void flip(byte[] image, int region) {
        image[BITS_AT + region / 8] ^= (byte) (1 << region % 8);
    }

    static int countDirty(byte[] image, int regions) {
        int dirty = 0;
        for (int region = 0; region < regions; region++) {
            dirty += isClean(image, region) ? 0 : 1;
        }
        return dirty;
    }

    private static long little(byte[] image, int at, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | image[at + i] & 0xFF;
        }
        return value;
    }
}
