// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.Optional;

/**
 * Where the record of one mirror is kept. A file is one implementation; a log that nodes share can be another, so that they
 * agree on the legs before a write is acknowledged.
 */
interface MirrorRecords {

    /**
     * Reads the record.
     *
     * @return it, or empty if there never was one
     * @throws IOException if it cannot be read, or is damaged; the message names it
     */
    Optional<MirrorRecord> load() throws IOException;

    /**
     * Replaces the record.
     *
     * @param expectedCounter of the record to be replaced; 0 if there is none
     * @param next            the new one; its counter is set here
     * @return the record as it was written, durably
     * @throws IOException if it is not known to be durable. It may be found after a crash: the caller does nothing that
     *                     would be wrong under either outcome until this or a later record has been written (P20)
     */
    MirrorRecord compareAndSet(long expectedCounter, MirrorRecord next) throws IOException;

    /**
     * Removes the record, durably.
     *
     * @throws IOException if it may still be there
     */
    void remove() throws IOException;
}
