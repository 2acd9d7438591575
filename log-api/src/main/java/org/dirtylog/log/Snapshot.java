// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.util.Objects;

/**
 * What is known about a range of regions, as one log tells it to another that takes its place.
 *
 * @param first     the first region spoken of
 * @param end       the region after the last
 * @param dirty     the regions in the range that are not clean
 * @param outOfSync the regions in the range that are not in sync; all of them are dirty
 */
public record Snapshot(long first, long end, RegionSet dirty, RegionSet outOfSync) {

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if a set has regions outside the range
     */
    public Snapshot {
        Objects.requireNonNull(dirty, "dirty");
        Objects.requireNonNull(outOfSync, "outOfSync");
        RegionSet range = RegionSet.range(first, end);
        if (!range.containsAll(dirty) || !range.containsAll(outOfSync)) {
            throw new IllegalArgumentException(
                    "snapshot of regions " + range + " speaks of dirty " + dirty + " and out of sync " + outOfSync);
        }
    }
}
