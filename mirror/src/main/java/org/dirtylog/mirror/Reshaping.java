// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a mirror other legs or another length: whether it may be now, and what follows from it for the table line. For one caller at a time,
 * in turn with everything else that is done to the mirror as a whole.
 */
final class Reshaping {
    private static final Logger LOG = LoggerFactory.getLogger(Reshaping.class);

    private final MirrorState state;
    private final CurrentTable table;

    Reshaping(MirrorState state, CurrentTable table) {
        this.state = state;
        this.table = table;
    }

    /** What is done to the legs. */
    interface LegChange {
        void of(MirrorLife running, TableShape inFile) throws MirrorException;
    }

    void changeLegs(MirrorLife running, LegChange change) throws MirrorException {
        requireHealthy(running);
        endScrub(running);
        change.of(running, table.shapeInFile());
        table.follow(running.keeper.record());
    }

    /** It speaks of legs by their numbers, which change. */
    private static void endScrub(MirrorLife running) {
        running.scrub.stop();
        running.scrub.awaitEnd();
    }

    /** What fails here is done at the next opening, or when recovery is done the next time. */
    void finishReplacements(MirrorLife running) {
        try {
            while (Arrangement.due(running.keeper.record()) >= 0) {
                endScrub(running);
                if (!running.changes.finishReplacement(running.log(), table.shapeInFile())) {
                    return;
                }
                table.follow(running.keeper.record());
            }
        } catch (MirrorException e) {
            LOG.warn("{}; it is tried again at the next start", e.getMessage());
        }
    }

    private void requireHealthy(MirrorLife running) throws MirrorException {
        String why = !running.failures.pending().isEmpty()
                ? running.failures.pending()
                : running.book.failure() != null
                        ? "its log does not keep its record: "
                                + running.book.failure().getMessage()
                        : !running.book.silence().isEmpty()
                                ? running.book.silence()
                                : state.legs().hangingMask() != 0 ? "a leg does not answer" : "";
        if (!why.isEmpty()) {
            throw new MirrorException("mirror " + state.name + " cannot be changed now: " + why
                    + ". Nothing was changed; see mirror:status " + state.name);
        }
    }

    /**
     * Checks whether it can become longer.
     *
     * @return what it is then
     */
    MirrorConfig longer(MirrorLife running, long sectors) throws MirrorException {
        requireHealthy(running);
        MirrorConfig longer = table.longer(sectors);
        running.growth.check(sectors);
        int unforceable = state.legs().unforceableMask();
        if (unforceable != 0) {
            throw new MirrorException("mirror " + state.name + " does not grow: leg "
                    + Integer.numberOfTrailingZeros(unforceable)
                    + " could not be forced. Repair it, then: mirror:suspend and mirror:resume " + state.name);
        }
        return longer;
    }

    /**
     * Makes it longer while it is held. Afterwards it is to be started again, as long as its record says.
     *
     * @param clean whether it is held as after a clean stop
     * @throws MirrorException if it is as long as before
     */
    void grow(MirrorLife held, MirrorConfig longer, boolean clean) throws MirrorException {
        try {
            if (!clean) {
                throw new MirrorException("mirror " + state.name
                        + " does not grow: it cannot be stopped cleanly for that. See mirror:status " + state.name);
            }
            // A leg may have failed meanwhile.
            held.growth.check(longer.table().targetSectors());
            held.grow(table.config(), longer, table.shapeInFile());
        } finally {
            table.follow(held.keeper.record());
        }
    }

    /** Somebody has written a greater length into the file of a mirror that is about to be opened. */
    void growAsAsked(MirrorLife opening) throws IOException, MirrorException {
        TableShape asked = table.shapeInFile();
        MirrorRecord record = opening.keeper.record();
        boolean longer = record.superseded().isEmpty() && asked.sectors() > record.targetSectors();
        if (record.completed() && longer) {
            try {
                opening.growth.check(asked.sectors());
            } catch (MirrorException e) {
                throw MirrorException.waiting(e.getMessage(), e);
            }
            opening.growth.grow(asked.sectors(), asked);
            table.follow(opening.keeper.record());
        }
    }
}
