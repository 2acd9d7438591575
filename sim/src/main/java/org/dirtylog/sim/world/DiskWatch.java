// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.nio.ByteBuffer;

/** Sees every write before it reaches a disk's cache. */
public interface DiskWatch {
    /**
     * Looks at a write.
     *
     * @param disk  the disk
     * @param start where it begins
     * @param bytes its length
     * @param data  from its position on, which is not to be moved; {@code null} for zeroes
     */
    void writing(Disk disk, int start, int bytes, ByteBuffer data);

    /**
     * Hears of bytes that are, or may come to be, something else than those who use the disk were told.
     *
     * @param disk  the disk
     * @param start where they begin
     * @param bytes how many
     */
    void astray(Disk disk, int start, int bytes);
}
