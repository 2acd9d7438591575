// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;

/** Compares two legs, region by region. */
final class Legs {
    private Legs() {}

    /** Regions in which the legs differ. */
    static BitSet differing(Path one, Path other, long regionBytes, int regions) throws IOException {
        BitSet differing = new BitSet(regions);
        try (FileChannel first = FileChannel.open(one, StandardOpenOption.READ);
                FileChannel second = FileChannel.open(other, StandardOpenOption.READ)) {
            for (int region = 0; region < regions; region++) {
                if (!read(first, region * regionBytes, regionBytes)
                        .equals(read(second, region * regionBytes, regionBytes))) {
                    differing.set(region);
                }
            }
        }
        return differing;
    }

    private static ByteBuffer read(FileChannel file, long position, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(bytes));
        while (buffer.hasRemaining() && file.read(buffer, position + buffer.position()) >= 0) {
            continue;
        }
        return buffer.flip();
    }
}
