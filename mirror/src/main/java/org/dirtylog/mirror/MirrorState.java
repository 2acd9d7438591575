// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;

/** What the parts of one running mirror share. */
final class MirrorState {
    final String name;
    final Surroundings world;
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

    /** How long the target is. It changes while both gates are closed and nobody copies or cleans. */
    volatile RegionGeometry geometry;
    /** What is known of each region. Likewise. */
    volatile RegionTable table;

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

    /** Whether somebody counts itself in a region still, after it has left the gate. */
    boolean isSettling() {
        return settling.get() != 0;
    }

    /** Waits until nobody was seen that counts itself in a region any more; with the gate closed and empty it stays so. */
    void awaitSettled() {
        settled.await(() -> !isSettling());
    }

    /** Whether a writer that waits outside a region is to look again: it may enter, mark, or be sent back by the gate. */
    boolean mayEnter(long region) {
        long word = table.get(region);
        return RegionWord.admits(word) || RegionWord.state(word) == RegionWord.CLEAN || !writes.isOpen();
    }

    /** Whether current legs may differ somewhere, or a copy is under way: then it matters which of them is the source (P11). */
    boolean isAnythingInDoubt() {
        boolean[] doubt = new boolean[1];
        table.forEach((first, end, word) -> {
            doubt[0] = !ReadPath.isPlain(word);
            return !doubt[0];
        });
        return doubt[0];
    }

    LegSet legs() {
        return legs;
    }

    /** Publishes a leg set that is in the record. */
    void legs(LegSet newLegs) {
        legs = newLegs;
    }

    /** The target is longer from now on. Its table is to be filled. */
    void grow(RegionGeometry longer) {
        table = new RegionTable(longer.regionCount());
        geometry = longer;
    }

    /**
     * The word of a region that is durably dirty and owned by nobody: without all legs it cannot be cleaned and is not in sync (P14,
     * P17). Whoever sets it calls {@link #markAgain} afterwards.
     */
    long marked(long word) {
        boolean whole = legs.isComplete() && !RegionWord.needsCopy(word, -1);
        return RegionWord.in(word, whole ? RegionWord.DIRTY : RegionWord.OUT_OF_SYNC);
    }

    /**
     * Looks again at a word that has just been marked. Who marks does so before it looks at the legs again; who changes them publishes
     * them before it looks at the words again: one of the two sees the other.
     */
    void markAgain(long region) {
        long word = table.get(region);
        if (word != ifMarked(word)) {
            table.getAndUpdate(region, this::ifMarked);
        }
    }

    /** Looks again at all words, after other legs were published. Those that are CLEANING or RECOVERING have owners. */
    void markAllAgain() {
        table.updateAll(this::ifMarked);
    }

    private long ifMarked(long word) {
        long state = RegionWord.state(word);
        return state == RegionWord.DIRTY || state == RegionWord.OUT_OF_SYNC ? marked(word) : word;
    }
}
