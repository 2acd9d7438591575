// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;

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
    private final List<State> states;
    private final int source;
    private final int attached;
    private final int current;

    /**
     * Makes a set.
     *
     * @param legs   all that are configured; {@code null} for one that could not be opened
     * @param states of each leg
     * @param source the leg that reads in doubt and recovery use; current
     */
    LegSet(Leg[] legs, List<State> states, int source) {
        this.legs = legs.clone();
        this.states = List.copyOf(states);
        this.source = source;
        this.attached = mask(State.CURRENT) | mask(State.STALE);
        this.current = mask(State.CURRENT);
        if ((current & 1 << source) == 0) {
            throw new IllegalStateException("source " + source + " among legs " + states);
        }
    }

    private int mask(State state) {
        int mask = 0;
        for (int i = 0; i < legs.length; i++) {
            mask |= states.get(i) == state ? 1 << i : 0;
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

    List<State> states() {
        return states;
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
    LegSet withLeg(Leg leg, State state) {
        Leg[] newLegs = legs.clone();
        newLegs[leg.index()] = leg;
        List<State> newStates = new ArrayList<>(states);
        newStates.set(leg.index(), state);
        return new LegSet(newLegs, newStates, source);
    }

    /** The same legs with other states. */
    LegSet with(List<State> newStates, int newSource) {
        return new LegSet(legs, newStates, newSource);
    }
}
