// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.util.Objects;

/**
 * What a flush could not do, although it succeeded.
 *
 * @param refusedMarks     marks not taken because another node holds the region for recovery; the mirror holds those
 *                         writes and marks again after {@link LogHost#recoveryChanged()}. Empty for a log used by one
 *                         node
 * @param droppedCleanings cleanings not made, because the legs could not be flushed; the regions are dirty and the mirror
 *                         may clean them again later
 */
public record FlushResult(RegionSet refusedMarks, RegionSet droppedCleanings) {

    /** Everything that was asked for is done. */
    public static final FlushResult COMPLETE = new FlushResult(RegionSet.none(), RegionSet.none());

    /** Refuses null. */
    public FlushResult {
        Objects.requireNonNull(refusedMarks, "refusedMarks");
        Objects.requireNonNull(droppedCleanings, "droppedCleanings");
    }

    /**
     * A flush that made the marks durable and had to drop cleanings.
     *
     * @param regions the cleanings dropped, possibly none
     * @return the result
     */
    public static FlushResult dropped(RegionSet regions) {
        return regions.isEmpty() ? COMPLETE : new FlushResult(RegionSet.none(), regions);
    }
}
