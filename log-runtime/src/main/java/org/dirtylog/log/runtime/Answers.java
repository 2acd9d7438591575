// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;

/**
 * Checks what a log answers, against what it was told. Each check returns what is wrong, or {@code null}. For the one who
 * has the turn.
 */
final class Answers {
    private final RegionGeometry geometry;
    private final Unflushed marks = new Unflushed();
    private final Unflushed cleanings = new Unflushed();
    private RegionSet claimed = RegionSet.none();

    Answers(RegionGeometry geometry) {
        this.geometry = geometry;
    }

    void marked(RegionSet regions) {
        marks.add(regions);
    }

    void cleaned(RegionSet regions) {
        cleanings.add(regions);
    }

    /** Claims end when a region is reported back, in either way. */
    void reported(RegionSet regions) {
        claimed = claimed.minus(regions);
    }

    void claimsEnd() {
        claimed = RegionSet.none();
    }

    /** After a complete flush or a new opening nothing is owed any more. */
    void flushed() {
        marks.clear();
        cleanings.clear();
    }

    String ofFlush(FlushResult result) {
        if (result == null) {
            return "null";
        }
        if (!marks.all().containsAll(result.refusedMarks())) {
            return "refused marks of " + result.refusedMarks() + ", marked were " + marks.all();
        }
        if (!cleanings.all().containsAll(result.droppedCleanings())) {
            return "dropped cleanings of " + result.droppedCleanings() + ", cleaned were " + cleanings.all();
        }
        return null;
    }

    String ofRecovery(RegionSet regions, int max) {
        if (regions == null) {
            return "null";
        }
        if (regions.count() > max) {
            return regions.count() + " regions, asked for at most " + max;
        }
        if (!regions.isEmpty() && regions.last() >= geometry.regionCount()) {
            return "regions " + regions + ", there are " + geometry.regionCount();
        }
        RegionSet twice = regions.and(claimed);
        if (!twice.isEmpty()) {
            return "regions " + twice + " that are claimed already";
        }
        claimed = claimed.plus(regions);
        return null;
    }

    String ofCount(long count) {
        return count < 0 || count > geometry.regionCount()
                ? count + ", must be from 0 to " + geometry.regionCount()
                : null;
    }

    static String ofSnapshot(Snapshot snapshot, long first, long end) {
        if (snapshot == null) {
            return "null";
        }
        if (snapshot.first() != first || snapshot.end() != end) {
            return "regions " + snapshot.first() + " to before " + snapshot.end() + ", asked for " + first
                    + " to before " + end;
        }
        RegionSet clean = snapshot.outOfSync().minus(snapshot.dirty());
        return clean.isEmpty() ? null : "regions " + clean + " out of sync and not dirty";
    }
}
