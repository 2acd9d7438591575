// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;

/**
 * The sixteen bytes at the start, little endian. Source: {@code dm-log.c}, {@code struct log_header_disk}.
 *
 * @param magic   {@link #MAGIC}, or there is no record
 * @param version what wrote it
 * @param regions how many regions the bits speak of, unsigned
 */
record RecordHeader(int magic, int version, long regions) {
    static final int BYTES = 16;
    static final int MAGIC = 0x4D69_5272;

    /** The version that the kernel and this bundle write. */
    static final int VERSION = 2;

    static RecordHeader forRegions(long regions) {
        return new RecordHeader(MAGIC, VERSION, regions);
    }

    static RecordHeader read(ByteBuffer head) {
        return new RecordHeader(head.getInt(0), head.getInt(4), head.getLong(8));
    }

    void write(ByteBuffer head) {
        head.putInt(0, magic).putInt(4, version).putLong(8, regions);
    }

    boolean isRecord() {
        return magic == MAGIC;
    }

    /** Version 1 differs in nothing on a little-endian host, and is written back as 2. */
    boolean isReadable() {
        return version == 1 || version == VERSION;
    }

    /**
     * How many regions the bits can be believed for. The kernel's loop over new regions begins at the lower 32 bits of the
     * count: 2^64-1, which LVM writes, leaves all bits valid, and 2^40 none. The lower bits are never more than the count, so
     * to do the same is safe.
     */
    long regionsCovered() {
        return regions & 0xFFFF_FFFFL;
    }
}
