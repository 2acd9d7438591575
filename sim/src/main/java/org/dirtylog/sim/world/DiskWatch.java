// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.nio.ByteBuffer;

/** Sees every write before it reaches a disk's cache. */
public interface DiskWatch {
    /** What has gone wrong. */
    enum Failure {
        /** A write, perhaps after a part of it. */
        WRITE,
        /** A read. */
        READ,
        /** A force, and what it was to make safe is dropped. */
        FORCE,
        /** Whatever was asked: the disk has vanished. */
        GONE,
        /** Nothing yet, it is not answered. */
        HANGS,
        /** A write that was answered as done. */
        ASTRAY,
        /** A force that was answered as done. */
        LIES,
        /** A write of a record. */
        RECORD_WRITE,
        /** A force of the folder of the records. */
        RECORD_FORCE
    }

    /**
     * Hears of a failure when it happens.
     *
     * @param failure what
     * @param disk    of which disk; {@code null} for the records
     */
    void fails(Failure failure, Disk disk);

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
