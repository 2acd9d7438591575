// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * The legs and what they are, at one moment. Immutable: a change is a new set, published after it is in the record. Masks
 * have bit i for leg i of the table line.
 */
final class LegSet {
    /** What a leg is (the words of the record). */
    enum State {
        /** Attached, and holds every acknowledged write. */
        CURRENT,
        /** Attached, and lacks data in the regions of its own set. */
        STALE,
        /** Not attached: it failed. It returns at the next start, or by an operator's command. */
        EXCLUDED,
        /** Not attached: it was not there when the mirror was opened. It returns when it is there again. */
        MISSING
    }

    private final Leg[] legs;
    private final List<LegRecord> records;
    private final int source;
    private final int attached;
    private final int current;

    /**
     * Makes a set.
     *
     * @param legs    all that are configured; {@code null} for one that could not be opened
     * @param records what each of them is
     * @param source  the leg that reads in doubt and recovery use; current
     */
    LegSet(Leg[] legs, List<LegRecord> records, int source) {
        this.legs = legs.clone();
        this.records = List.copyOf(records);
        this.source = source;
        this.attached = mask(State.CURRENT) | mask(State.STALE);
        this.current = mask(State.CURRENT);
        if ((current & 1 << source) == 0) {
            throw new IllegalStateException("source " + source + " among legs " + records);
        }
    }

    private int mask(State state) {
        int mask = 0;
        for (int i = 0; i < legs.length; i++) {
            mask |= state(i) == state ? 1 << i : 0;
        }
        return mask;
    }

    int size() {
        return legs.length;
    }

    Leg[] legs() {
        return legs.clone();
    }

    Leg leg(int index) {
        return legs[index];
    }

    Leg source() {
        return legs[source];
    }

    int sourceIndex() {
        return source;
    }

    State state(int index) {
        return records.get(index).state();
    }

    /** What a leg was in the record when the set was made. */
    LegRecord record(int index) {
        return records.get(index);
    }

    int attachedMask() {
        return attached;
    }

    int currentMask() {
        return current;
    }

    int staleMask() {
        return attached & ~current;
    }

    boolean isAttached(int index) {
        return (attached & 1 << index) != 0;
    }

    /** Whether every configured leg is attached, without which nothing is cleaned (P17). */
    boolean isComplete() {
        return attached == (1 << legs.length) - 1;
    }

    /** The attached legs that have failed and are not yet excluded. */
    int failingMask() {
        int mask = 0;
        for (Leg leg : legs) {
            mask |= leg != null && isAttached(leg.index()) && leg.isFailing() ? leg.mask() : 0;
        }
        return mask;
    }

    /** The attached legs that could not be forced, and have not been excluded (P13). */
    int unforceableMask() {
        int mask = 0;
        for (Leg leg : legs) {
            mask |= leg != null && isAttached(leg.index()) && leg.forceFailure() != null ? leg.mask() : 0;
        }
        return mask;
    }

    /** The attached legs of which something does not return. */
    int hangingMask() {
        int mask = 0;
        for (Leg leg : legs) {
            mask |= leg != null && isAttached(leg.index()) && leg.isHanging() ? leg.mask() : 0;
        }
        return mask;
    }

    /** Step 0 of P14, for all legs of a mask: from now on none of them gets new I/O. */
    void latchFailing(int mask) {
        for (int left = mask; left != 0; left &= left - 1) {
            legs[Integer.numberOfTrailingZeros(left)].latchFailing();
        }
    }

    /** The same legs with one more, in its place. */
    LegSet withLeg(Leg leg, LegRecord record) {
        Leg[] newLegs = legs.clone();
        newLegs[leg.index()] = leg;
        List<LegRecord> newRecords = new ArrayList<>(records);
        newRecords.set(leg.index(), record);
        return new LegSet(newLegs, newRecords, source);
    }

    /** The same legs, some of them in another state. */
    LegSet with(int mask, State newState, int newSource) {
        List<LegRecord> newRecords = new ArrayList<>(records);
        for (int left = mask; left != 0; left &= left - 1) {
            int index = Integer.numberOfTrailingZeros(left);
            newRecords.set(index, newRecords.get(index).in(newState));
        }
        return new LegSet(legs, newRecords, newSource);
    }
}
