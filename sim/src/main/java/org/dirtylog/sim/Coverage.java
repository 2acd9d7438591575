// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.dirtylog.mirror.MirrorProbe;
import org.dirtylog.sim.world.DiskWatch.Failure;

/** What histories went through: in which states something failed, and from which state to which regions went. */
final class Coverage {
    private static final String[] REGION_STATES = {"CLEAN", "DIRTY", "CLEANING", "OUT_OF_SYNC", "RECOVERING"};

    /** What goes wrong. */
    enum Fault {
        POWER_FAILS,
        KILLED,
        LEG_WRITE,
        LEG_READ,
        LEG_FORCE,
        LEG_GONE,
        LEG_HANGS,
        LEG_ASTRAY,
        LEG_LIES,
        LOG_WRITE,
        LOG_READ,
        LOG_FORCE,
        LOG_HANGS,
        LOG_ASTRAY,
        RECORD_WRITE,
        RECORD_FORCE;

        static Fault of(Failure failure, boolean isLog) {
            return switch (failure) {
                case WRITE -> isLog ? LOG_WRITE : LEG_WRITE;
                case READ -> isLog ? LOG_READ : LEG_READ;
                case FORCE -> isLog ? LOG_FORCE : LEG_FORCE;
                case ASTRAY -> isLog ? LOG_ASTRAY : LEG_ASTRAY;
                case GONE -> LEG_GONE;
                case HANGS -> isLog ? LOG_HANGS : LEG_HANGS;
                case LIES -> LEG_LIES;
                case RECORD_WRITE -> RECORD_WRITE;
                case RECORD_FORCE -> RECORD_FORCE;
            };
        }
    }

    /** What a mirror may be in the middle of, several at once. */
    enum State {
        OPENING,
        SERVING,
        SUSPENDING,
        SUSPENDED,
        RESUMING,
        STOPPING,
        RETURNING_A_LEG,
        RESHAPING,
        COMPARING,
        /** Between the record that announces a log and the one that confirms it. */
        LOG_ANNOUNCED,
        A_REGION_DIRTY,
        A_REGION_CLEANING,
        A_REGION_OUT_OF_SYNC,
        A_REGION_RECOVERING,
        A_LEG_FAILING,
        A_LEG_HANGING,
        A_LEG_STALE,
        A_LEG_EXCLUDED,
        A_FORCE_LATCHED
    }

    private final long[][] pairs = new long[Fault.values().length][State.values().length];
    private final long[][] transitions = new long[MirrorProbe.STATES][MirrorProbe.STATES];

    void add(Fault fault, Set<State> states) {
        for (State state : states) {
            pairs[fault.ordinal()][state.ordinal()]++;
        }
    }

    void transition(int from, int to) {
        transitions[from][to]++;
    }

    void add(Coverage other) {
        for (int i = 0; i < pairs.length; i++) {
            add(pairs[i], other.pairs[i]);
        }
        for (int i = 0; i < transitions.length; i++) {
            add(transitions[i], other.transitions[i]);
        }
    }

    private static void add(long[] to, long[] more) {
        for (int i = 0; i < to.length; i++) {
            to[i] += more[i];
        }
    }

    // ---- what there must be -----------------------------------------------------------------------------------------

    /** What must have been met of the required pairs and transitions and was not. */
    List<String> holes() {
        List<String> holes = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            for (State state : State.values()) {
                if (pairs[fault.ordinal()][state.ordinal()] == 0 && Required.pair(fault, state)) {
                    holes.add(fault + " while " + state);
                }
            }
        }
        for (int from = 0; from < MirrorProbe.STATES; from++) {
            for (int to = 0; to < MirrorProbe.STATES; to++) {
                if (transitions[from][to] == 0 && Required.transition(from, to)) {
                    holes.add("a region from " + REGION_STATES[from] + " to " + REGION_STATES[to]);
                }
            }
        }
        return holes;
    }

    /** A table of all pairs, and one of the transitions. */
    String table() {
        StringBuilder text = new StringBuilder(String.format("%-22s", ""));
        for (Fault fault : Fault.values()) {
            text.append(String.format(" %12s", fault));
        }
        for (State state : State.values()) {
            text.append(String.format("%n%-22s", state));
            for (Fault fault : Fault.values()) {
                long count = pairs[fault.ordinal()][state.ordinal()];
                text.append(String.format(" %12s", count > 0 || Required.pair(fault, state) ? count : "-"));
            }
        }
        text.append(String.format("%n%n%-22s", "from \\ to"));
        for (String to : REGION_STATES) {
            text.append(String.format(" %12s", to));
        }
        for (int from = 0; from < MirrorProbe.STATES; from++) {
            text.append(String.format("%n%-22s", REGION_STATES[from]));
            for (int to = 0; to < MirrorProbe.STATES; to++) {
                text.append(String.format(" %12d", transitions[from][to]));
            }
        }
        return text.append(String.format("%n")).toString();
    }
}
