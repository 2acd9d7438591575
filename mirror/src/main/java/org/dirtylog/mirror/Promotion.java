// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a stale leg current when it lacks nothing any more (P26). */
final class Promotion {
    private static final Logger LOG = LoggerFactory.getLogger(Promotion.class);

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final LegFailures failures;
    private final Labels labels;
    private final LegForces forces;
    private final Runnable promoted;

    /**
     * Wires.
     *
     * @param promoted called when all that can be is current; does not block
     */
    Promotion(MirrorState mirror, RecordKeeper keeper, LegFailures failures, Labels labels, Runnable promoted) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.failures = failures;
        this.labels = labels;
        this.promoted = promoted;
        this.forces = new LegForces(mirror);
    }

    void promote() throws IOException {
        LegSet legs = mirror.legs();
        for (int i = 0; i < legs.size(); i++) {
            if ((legs.staleMask() & 1 << i) != 0) {
                promote(legs.leg(i));
            }
        }
        excludeUnforceable();
        promoted.run();
    }

    private void promote(Leg leg) throws IOException {
        if (leg.isFailing() || lacksSomething(leg)) {
            return;
        }
        try {
            // Begun after its last copy. It misses no flush: stale legs are forced with the others (P26).
            forces.one(leg, Leg::force);
        } catch (IOException e) {
            leg.latchFailing();
            failures.exclude(e);
            return;
        }
        failures.alone(() -> promoteAlone(leg));
        failures.excludeUnlabelled();
    }

    /**
     * With the gate closed: a read in doubt writes what a client is about to see to the legs that are current, and a write that
     * failed meanwhile may have left something else on this one.
     */
    private void promoteAlone(Leg leg) throws IOException {
        mirror.writes.close();
        int labelled;
        MirrorRecord record;
        try {
            mirror.writes.awaitEmpty();
            LegSet now = mirror.legs();
            if ((now.staleMask() & leg.mask()) == 0 || leg.isFailing() || lacksSomething(leg)) {
                return;
            }
            // If we crash here, the leg is stale still, and the regions that are dirty then are copied to it.
            record = keeper.change(old -> old.withLeg(leg.index(), before -> before.in(LegSet.State.CURRENT)));
            LegSet after = now.with(leg.mask(), LegSet.State.CURRENT, now.sourceIndex());
            labelled = labels.write(after, record);
            mirror.legs(after);
        } finally {
            mirror.writes.open();
        }
        labels.settle(labelled);
        LOG.info(
                "Mirror {}: leg {} ({}) is current since epoch {}",
                mirror.name,
                leg.index(),
                leg.name(),
                record.epoch());
    }

    private boolean lacksSomething(Leg leg) {
        boolean[] found = new boolean[1];
        mirror.table.forEach((first, end, word) -> {
            found[0] = (RegionWord.lacks(word) & leg.mask()) != 0;
            return !found[0];
        });
        return found[0];
    }

    /** A leg that stayed only because it was the last one is excluded as soon as another is current (P13). */
    private void excludeUnforceable() throws IOException {
        LegSet legs = mirror.legs();
        int unforceable = legs.currentMask() & legs.unforceableMask();
        if (unforceable != 0 && (legs.currentMask() & ~unforceable) != 0) {
            legs.latchFailing(unforceable);
            failures.exclude(
                    legs.leg(31 - Integer.numberOfLeadingZeros(unforceable)).forceFailure());
        }
    }
}
