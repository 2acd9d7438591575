// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import static org.dirtylog.sim.Coverage.State.*;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.dirtylog.sim.Coverage.Fault;
import org.dirtylog.sim.Coverage.State;

/** The pairs of fault and state that histories must meet: all but those that cannot be, each for a reason, and those that are too rare. */
final class Required {
    private static final Set<Fault> CRASHES = EnumSet.of(Fault.POWER_FAILS, Fault.KILLED);
    private static final Set<Fault> WRITING_LEGS =
            EnumSet.of(Fault.LEG_WRITE, Fault.LEG_FORCE, Fault.LEG_ASTRAY, Fault.LEG_LIES);
    /** While a log is opened, nothing but that goes on, or it has not begun. */
    private static final Set<State> BESIDE_AN_OPENING = EnumSet.of(
            SERVING,
            SUSPENDING,
            STOPPING,
            RETURNING_A_LEG,
            RESHAPING,
            COMPARING,
            A_REGION_DIRTY,
            A_REGION_CLEANING,
            A_REGION_RECOVERING,
            A_LEG_FAILING,
            A_LEG_HANGING);

    /** What can be, and is met less than once in a hundred thousand crashes. */
    private static final Map<Fault, Set<State>> SELDOM = Map.of(
            Fault.LEG_FORCE, EnumSet.of(RETURNING_A_LEG, COMPARING, A_FORCE_LATCHED),
            Fault.LEG_LIES, EnumSet.of(COMPARING),
            Fault.LOG_WRITE, EnumSet.of(RETURNING_A_LEG, A_LEG_FAILING),
            Fault.LOG_FORCE, EnumSet.of(COMPARING),
            Fault.LOG_HANGS, EnumSet.of(RESUMING, COMPARING),
            Fault.RECORD_WRITE, EnumSet.of(A_REGION_CLEANING, COMPARING),
            Fault.RECORD_FORCE, EnumSet.of(COMPARING));

    private Required() {}

    static boolean pair(Fault fault, State state) {
        if (SELDOM.getOrDefault(fault, Set.of()).contains(state)) {
            return false;
        }
        if (CRASHES.contains(fault)) {
            return true;
        }
        if (state == SUSPENDED) {
            // Nothing is asked of a disk.
            return false;
        }
        if (state == LOG_ANNOUNCED && WRITING_LEGS.contains(fault)) {
            // Labels are written before the log is announced, data after it was confirmed.
            return false;
        }
        return switch (fault) {
            // A log is read when it is opened, and never again.
            case LOG_READ -> !BESIDE_AN_OPENING.contains(state);
            // What is lost without a word are headers and slots: written when it is opened, closed, or grows.
            case LOG_ASTRAY ->
                !BESIDE_AN_OPENING.contains(state)
                        || state == SUSPENDING
                        || state == STOPPING
                        || state == RESHAPING
                        || state == A_REGION_DIRTY;
            // Data goes astray, and a scrub writes none.
            case LEG_ASTRAY -> state != COMPARING;
            default -> true;
        };
    }

    /** From which state to which a region must have been seen to go (P1); what lies between two looks may be skipped. */
    static boolean transition(int from, int to) {
        return Set.of(1, 3, 10, 12, 13, 20, 21, 34, 41, 43).contains(10 * from + to);
    }
}
