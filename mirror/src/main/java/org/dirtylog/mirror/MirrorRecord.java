// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.LogPair;

/**
 * What a mirror must know after a crash, beside the log: which legs may be trusted, which log is authoritative, and by which
 * pair it is known (P20 to P33). Immutable; a change replaces the whole.
 *
 * @param counter    counts the changes; only for compare-and-set (P20)
 * @param mirrorId   made when the mirror was created
 * @param completed  whether an opening was ever completed: from then on {@code nosync} does not count (P33)
 * @param epoch      counts openings and changes of the legs (P22)
 * @param generation the highest ever given to an opening of a log (P28)
 * @param targetSectors length of the target
 * @param log        the authoritative log
 * @param confirmed  the pair by which the log is known
 * @param announced  the pair that an opening was about to write
 * @param source     index of a current leg
 * @param legs       in the order of the table line
 */
record MirrorRecord(
        long counter,
        UUID mirrorId,
        boolean completed,
        long epoch,
        long generation,
        long targetSectors,
        LogKey log,
        Optional<LogPair> confirmed,
        Optional<LogPair> announced,
        int source,
        List<LegRecord> legs) {

    /**
     * A leg in the record.
     *
     * @param path        as in the table line
     * @param offset      in sectors
     * @param state       what it is
     * @param forceFailed whether a force of it failed and it could not be excluded (P13)
     */
    record LegRecord(String path, long offset, LegSet.State state, boolean forceFailed) {
        LegRecord in(LegSet.State newState) {
            return new LegRecord(path, offset, newState, forceFailed);
        }

        LegRecord withForceFailed(boolean failed) {
            return new LegRecord(path, offset, state, failed);
        }
    }

    MirrorRecord {
        legs = List.copyOf(legs);
    }

    MirrorRecord withCounter(long newCounter) {
        return new MirrorRecord(
                newCounter,
                mirrorId,
                completed,
                epoch,
                generation,
                targetSectors,
                log,
                confirmed,
                announced,
                source,
                legs);
    }

    /** An opening is about to write the log (P30 step 2); legs that are missing are excluded with the same change (P24). */
    MirrorRecord announcing(Optional<LogPair> accepted, LogPair next, List<LegRecord> newLegs, int newSource) {
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch + 1,
                next.generation(),
                targetSectors,
                log,
                accepted,
                Optional.of(next),
                newSource,
                newLegs);
    }

    /** An opening is completed (P30 step 5). */
    MirrorRecord completing(LogKey newLog, long newTargetSectors, List<LegRecord> newLegs, int newSource) {
        return new MirrorRecord(
                counter,
                mirrorId,
                true,
                epoch + 1,
                generation,
                newTargetSectors,
                newLog,
                announced,
                Optional.empty(),
                newSource,
                newLegs);
    }

    /** The legs have changed (P14, P22, P26). */
    MirrorRecord withLegs(List<LegRecord> newLegs, int newSource) {
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch + 1,
                generation,
                targetSectors,
                log,
                confirmed,
                announced,
                newSource,
                newLegs);
    }
}
