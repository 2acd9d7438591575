// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;

/** Reads a disk log as the kernel would, in a few lines that share nothing with ours. */
final class DiskLogFile {
    private DiskLogFile() {}

    static BitSet dirtyRegions(Path log, int regions) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(log)).order(ByteOrder.LITTLE_ENDIAN);
        if (file.getInt(0) != 0x4d695272 || file.getInt(4) != 2 || file.getLong(8) != regions) {
            throw new AssertionError(log + " is no version 2 log of " + regions + " regions");
        }
        BitSet clean = BitSet.valueOf(file.slice(1024, file.limit() - 1024));
        clean.clear(regions, Math.max(regions, clean.length()));
        BitSet dirty = new BitSet(regions);
        dirty.set(0, regions);
        dirty.andNot(clean);
        return dirty;
    }
}
