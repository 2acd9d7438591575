// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;

/** What the parts of one running mirror share. */
final class MirrorState {
    final String name;
    final RegionGeometry geometry;
    final Surroundings world;
    final RegionTable table;
    final RangeTable ranges;
    /** Writes and flushes. An exclusion closes it, and so does a suspension. */
    final Gate writes;
    /** Reads. Only a suspension closes it. */
    final Gate reads;
    /** Raised when words leave CLEANING or RECOVERING, and when a copier no longer wants a region. */
    final Signal regionsChanged;

    private volatile LegSet legs;

    MirrorState(String name, RegionGeometry geometry, Surroundings world) {
        this.name = name;
        this.geometry = geometry;
        this.world = world;
        this.table = new RegionTable(geometry.regionCount());
        this.ranges = new RangeTable(world.tasks(), name);
        this.writes = new Gate(world.tasks(), name + "/writes");
        this.reads = new Gate(world.tasks(), name + "/reads");
        this.regionsChanged = world.tasks().signal(name + "/regions");
    }

    LegSet legs() {
        return legs;
    }

    /** Publishes a leg set that is in the record. */
    void legs(LegSet newLegs) {
        legs = newLegs;
    }

    /** The state of a region that has just been marked: without all legs it cannot be cleaned and is not in sync (P14, P17). */
    long markedState() {
        return legs.isComplete() ? RegionWord.DIRTY : RegionWord.OUT_OF_SYNC;
    }
}
