// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dirtylog.log.RegionSet;

/** What a 64-bit little-endian kernel makes of a record when it resumes a mirror on it; independent of the code under test. */
record KernelModel(RegionSet dirty, byte[] written) {

    static KernelModel resume(byte[] image, int regions, String word) {
        ByteBuffer record = ByteBuffer.wrap(image.clone()).order(ByteOrder.LITTLE_ENDIAN);
        int version = record.getInt(4);
        long count = record.getLong(8) & 0xFFFFFFFFL;
        if (record.getInt(0) != 0x4D695272 || !word.isEmpty()) {
            version = 2;
            count = 0;
        }
        version = version == 1 ? 2 : version;
        count = version == 2 ? count : 0;
        RegionSet.Builder dirty = new RegionSet.Builder();
        for (int r = 0; r < (regions + 63) / 64 * 64; r++) {
            int at = 1024 + r / 8;
            boolean clean = r < regions && (r < count ? (image[at] >> r % 8 & 1) == 1 : word.equals("nosync"));
            record.put(at, (byte) (clean ? record.get(at) | 1 << r % 8 : record.get(at) & ~(1 << r % 8)));
            if (!clean && r < regions) {
                dirty.add(r);
            }
        }
        record.putInt(0, 0x4D695272).putInt(4, version).putLong(8, regions);
        return new KernelModel(dirty.build(), record.array());
    }
}
