// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * The region hash of the kernel with the log below it, literally: entries with a state, a count and writes that are delayed; a list
 * of clean ones; one slot for recovery. Facts from Linux 6.1, {@code dm-region-hash.c}; T1 to T19 are its transitions.
 */
final class KernelRegionHash {
    enum State {
        CLEAN,
        DIRTY,
        NOSYNC,
        RECOVERING
    }

    private static final class Entry {
        final int region;
        State state;
        int pending;
        int delayed;

        Entry(int region, State state) {
            this.region = region;
            this.state = state;
        }
    }

    private final Set<HashQuirk> quirks;
    private final int regions;
    private final TreeMap<Integer, Entry> hash = new TreeMap<>();
    private final Set<Entry> cleanList = new LinkedHashSet<>();
    private Entry slot;
    private boolean copying;
    /** Whether the copy in the slot has ended and waits for the worker: how. */
    private Boolean ended;

    private boolean latch;

    // The log: what it was told, and what it knows. It offers again what failed, as ours does.
    final List<String> calls = new ArrayList<>();
    private final BitSet clean = new BitSet();
    private final BitSet sync = new BitSet();
    private final BitSet claimed = new BitSet();
    private int search;

    KernelRegionHash(Set<HashQuirk> quirks, int regions, BitSet inSync) {
        this.quirks = quirks;
        this.regions = regions;
        clean.or(inSync);
        sync.or(inSync);
    }

    private boolean has(HashQuirk quirk) {
        return quirks.contains(quirk);
    }

    State state(int region) {
        Entry entry = hash.get(region);
        return entry != null ? entry.state : sync.get(region) ? State.CLEAN : State.NOSYNC;
    }

    int pending(int region) {
        Entry entry = hash.get(region);
        return entry == null ? 0 : entry.pending;
    }

    int delayed(int region) {
        Entry entry = hash.get(region);
        return entry == null ? 0 : entry.delayed;
    }

    boolean isClean(int region) {
        return clean.get(region);
    }

    boolean isInSync(int region) {
        return sync.get(region);
    }

    /** T1, T2. */
    private Entry find(int region) {
        return hash.computeIfAbsent(region, r -> {
            Entry entry = new Entry(r, sync.get(r) ? State.CLEAN : State.NOSYNC);
            if (entry.state == State.CLEAN) {
                cleanList.add(entry);
            }
            return entry;
        });
    }

    void write(int region) {
        if (state(region) == State.RECOVERING) {
            find(region).delayed++;
            return;
        }
        Entry entry = find(region);
        entry.pending++;
        if (entry.state == State.CLEAN) {
            // T3; T4 marks nothing.
            entry.state = State.DIRTY;
            cleanList.remove(entry);
            if (clean.get(region) || has(HashQuirk.MARKS_AGAIN)) {
                clean.clear(region);
                calls.add("mark " + region);
                calls.add("flush");
            }
        }
    }

    /** One write that is inside ends. */
    void end(int region, boolean failed) {
        Entry entry = hash.get(region);
        if (failed) {
            markNosync(entry);
        }
        entry.pending--;
        if (entry.pending > 0) {
            return;
        }
        if (latch && has(HashQuirk.FLUSH_FAILURE_LATCH)) {
            entry.state = State.NOSYNC; // T8
        } else if (entry.state == State.RECOVERING) {
            copying = entry == slot; // T7
        } else if (entry.state == State.DIRTY) {
            entry.state = State.CLEAN; // T5
            cleanList.add(entry);
        }
    }

    private void markNosync(Entry entry) {
        setSync(entry.region, false); // T16
        if (entry.state != State.RECOVERING) {
            entry.state = State.NOSYNC;
        } else if (has(HashQuirk.GIVES_UP_DRAINING)) {
            entry.state = State.NOSYNC; // T17
            setSync(entry.region, false);
            slot = null;
            requeue(entry);
        }
    }

    /** T18. */
    void flushFailed() {
        latch = true;
    }

    /** The worker asks for a region to recover, if none is under way. T10, T11. */
    void recover() {
        if (slot != null) {
            return;
        }
        int region = resyncWork();
        if (region < 0) {
            return;
        }
        slot = find(region);
        slot.state = State.RECOVERING;
        cleanList.remove(slot);
        copying = slot.pending == 0;
    }

    boolean isCopying() {
        return copying;
    }

    boolean isRecovering() {
        return slot != null;
    }

    /** The copy ends. */
    void copied(boolean done) {
        if (has(HashQuirk.COPY_COUNTS_LATER)) {
            ended = done;
        } else {
            finish(done);
        }
    }

    /** T13 to T15. */
    private void finish(boolean done) {
        Entry entry = slot;
        slot = null;
        copying = false;
        hash.remove(entry.region);
        if (done && has(HashQuirk.CLEANS_BEFORE_IN_SYNC)) {
            clear(entry.region);
        }
        setSync(entry.region, done || has(HashQuirk.FAILED_COPY_COUNTS));
        if (done && !has(HashQuirk.CLEANS_BEFORE_IN_SYNC)) {
            find(entry.region); // cleaned as an idle one
        }
        requeue(entry);
    }

    private void requeue(Entry entry) {
        int writes = entry.delayed;
        entry.delayed = 0;
        for (int i = 0; i < writes; i++) {
            write(entry.region);
        }
    }

    /** The worker comes by: what is idle is cleaned. T9. */
    void update() {
        if (ended != null) {
            boolean done = ended;
            ended = null;
            finish(done);
        }
        boolean cleaned = false;
        for (Entry entry :
                cleanList.stream().sorted((a, b) -> a.region - b.region).toList()) {
            hash.remove(entry.region);
            if (!clean.get(entry.region)) {
                clear(entry.region);
                cleaned = true;
            }
        }
        cleanList.clear();
        if (cleaned || has(HashQuirk.FLUSHES_EACH_PASS)) {
            calls.add("flush");
        }
    }

    // ---- the log ----------------------------------------------------------------------------------------------------

    private void clear(int region) {
        clean.set(region);
        calls.add("clear " + region);
    }

    private void setSync(int region, boolean inSync) {
        sync.set(region, inSync);
        claimed.clear(region);
        calls.add((inSync ? "in sync " : "out of sync ") + region);
    }

    private int resyncWork() {
        for (int i = 0; i < regions; i++) {
            int region = (search + i) % regions;
            if (!sync.get(region) && !claimed.get(region)) {
                claimed.set(region);
                search = region + 1;
                calls.add("work " + region);
                return region;
            }
        }
        return -1;
    }
}
