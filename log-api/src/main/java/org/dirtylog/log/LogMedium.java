// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The file or block device on which a log keeps its record, owned by this log alone until it closes it or the mirror
 * takes it away. All durability arguments concern {@link #write} and {@link #force()}. For one thread at a time.
 *
 * <p>Once the log was given up or closed, every read, write and force throws {@link IOException}: a late write of an abandoned
 * log cannot reach a medium that its successor uses (protocol rules P41 and P42). What the log has not closed by itself is
 * closed for it.
 */
@ProviderType
public interface LogMedium extends AutoCloseable {

    /**
     * Measures the medium.
     *
     * @return its length in bytes; constant while it is open
     * @blocks never
     */
    long sizeBytes();

    /**
     * The medium's logical block: what it writes whole or not at all, if anything.
     *
     * @return a power of two, 512 or more
     * @blocks never
     */
    int blockBytes();

    /**
     * Fills the buffer.
     *
     * @param positionBytes where to begin; position and length lie within the medium
     * @param into          filled from its position to its limit
     * @throws IOException if that many bytes could not be had
     * @blocks yes
     */
    void read(long positionBytes, ByteBuffer into) throws IOException;

    /**
     * Writes all of the buffer. Until {@link #force()} has returned, a crash may keep any part of it.
     *
     * @param positionBytes where to begin; position and length lie within the medium
     * @param from          written from its position to its limit
     * @throws IOException if not all of it was written; any part of it may be
     * @blocks yes
     */
    void write(long positionBytes, ByteBuffer from) throws IOException;

    /**
     * Returns when all earlier writes are on stable storage. If it throws, nothing is known about them, and forcing again
     * proves nothing.
     *
     * @throws IOException if that could not be had
     * @blocks yes
     */
    void force() throws IOException;

    /** Gives the medium back. Writes nothing; calling it again has no effect. */
    @Override
    void close();
}
