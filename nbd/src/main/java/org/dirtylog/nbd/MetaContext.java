// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Something that an export tells about its bytes, beyond {@code base:allocation}, in answer to {@code BLOCK_STATUS}. Safe
 * for use by many threads.
 */
@ConsumerType
public interface MetaContext {

    /** Receives runs of bytes of one kind. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Receives one run; runs are in ascending order and leave nothing out.
         *
         * @param bytes its length, 1 or more
         * @param flags what the context says of it
         * @return whether to go on; {@code false} if what follows is of no use
         */
        boolean run(long bytes, int flags);
    }

    /**
     * Names the context.
     *
     * @return {@code namespace:leaf}, the same on every call
     */
    String name();

    /**
     * Describes bytes. Does not wait for I/O of clients.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more, within the export
     * @param visitor       receives runs that add up to {@code bytes}, or as many as it wants
     * @throws IOException if that could not be found out; the client is told
     */
    void describe(long positionBytes, long bytes, Visitor visitor) throws IOException;
}
