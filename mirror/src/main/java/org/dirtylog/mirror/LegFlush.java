// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;

/**
 * What must come between taking regions for a cleaning and cleaning them: every configured leg, attached before and after
 * without a change of the set, has been forced (P17). A log asks for it where a cleaning becomes durable; the mirror does it
 * itself for a log that does not.
 */
final class LegFlush {
    private final MirrorState mirror;
    private final LegFailures failures;
    private final LegForces forces;
    /** Turns of a log come one at a time, and so do these. */
    private volatile int flushes;

    LegFlush(MirrorState mirror, LegFailures failures) {
        this.mirror = mirror;
        this.failures = failures;
        this.forces = new LegForces(mirror);
    }

    /** How many have returned normally. */
    int flushes() {
        return flushes;
    }

    /**
     * Forces all legs.
     *
     * @throws IOException if a leg is away, fails or changes meanwhile: nothing may be cleaned
     */
    void flush() throws IOException {
        LegSet legs = mirror.legs();
        if (!legs.isComplete()) {
            throw new IOException("a leg of mirror " + mirror.name + " is not attached");
        }
        LegForces.Outcome outcome = forces.forceAttached(legs);
        if (outcome.failed() != 0) {
            IOException why = outcome.why();
            legs.latchFailing(outcome.failed());
            // It throws at step 0 of P14 and waits for no later one: that closes a gate for which writers must leave.
            failures.excludeLater(why);
            throw why;
        }
        if (legs != mirror.legs() || legs.failingMask() != 0) {
            throw new IOException("the legs of mirror " + mirror.name + " changed meanwhile");
        }
        flushes++;
    }
}
