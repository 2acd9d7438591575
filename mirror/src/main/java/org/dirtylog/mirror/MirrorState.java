// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicInteger;
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
    /** Lets go of what hangs in a leg. */
    final LegWatch watch;

    /** Operations that have left the gate and not yet their region: some legs failed them, and they wait for an exclusion. */
    private final AtomicInteger settling = new AtomicInteger();

    private final Signal settled;

    private volatile LegSet legs;

    MirrorState(String name, RegionGeometry geometry, Surroundings world) {
        this.name = name;
        this.geometry = geometry;
        this.world = world;
        this.table = new RegionTable(geometry.regionCount());
        this.ranges = new RangeTable(world.tasks(), name);
        this.writes = new Gate(world.tasks(), name + "/writes");
        this.reads = new Gate(world.tasks(), name + "/reads");
        this.settled = world.tasks().signal(name + "/settled");
        this.regionsChanged = world.tasks().signal(name + "/regions");
        this.watch = new LegWatch(name, world);
    }

    /** To be called before the gate is left. */
    void beginSettling() {
        settling.incrementAndGet();
    }

    /** To be called after the region was left. */
    void endSettling() {
        settling.decrementAndGet();
        settled.raise();
    }

    /** Waits until nobody counts itself in a region any more. The gate is closed and empty. */
    void awaitSettled() {
        settled.await(() -> settling.get() == 0);
    }

    /** Whether a writer that waits outside a region is to look again: it may enter, mark, or be sent back by the gate. */
    boolean mayEnter(long region) {
        long word = table.get(region);
        return RegionWord.admits(word) || RegionWord.state(word) == RegionWord.CLEAN || !writes.isOpen();
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
