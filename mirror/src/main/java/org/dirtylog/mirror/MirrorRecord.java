// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.runtime.TableLine;

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
 * @param legs       in the order of the table line; behind them those that are to replace one of them
 * @param superseded what length and legs were in the mirror's file when a command changed them, until the file says the same as
 *                   the record ({@link TableShape#text()}); else empty
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
        List<LegRecord> legs,
        String superseded) {

    /** An entry of {@link LegRecord#epochs()}: the leg may have no label yet. */
    static final long NO_LABEL = 0;

    /**
     * A leg in the record.
     *
     * @param path        as in the table line
     * @param offset      in sectors
     * @param id          made when the leg was added
     * @param state       what it is
     * @param label       where its label is
     * @param epochs      what its label may say: the epoch last forced on it, and all announced since (P22); one that is read
     *                    may be in the system's cache only. Ascending, empty for a leg without a label
     * @param forceFailed whether a force of it failed and it could not be excluded (P13)
     * @param replaces    index of the leg in the place of which it comes once it is current
     */
    record LegRecord(
            String path,
            long offset,
            UUID id,
            LegSet.State state,
            LabelPlace label,
            List<Long> epochs,
            boolean forceFailed,
            OptionalInt replaces) {
        LegRecord {
            epochs = List.copyOf(epochs);
        }

        /** A leg that replaces none. */
        LegRecord(
                String path,
                long offset,
                UUID id,
                LegSet.State state,
                LabelPlace label,
                List<Long> epochs,
                boolean forceFailed) {
            this(path, offset, id, state, label, epochs, forceFailed, OptionalInt.empty());
        }

        /** How the table line names it. */
        TableLine.Leg asked() {
            return new TableLine.Leg(path, offset);
        }

        boolean isAttached() {
            return state == LegSet.State.CURRENT || state == LegSet.State.STALE;
        }

        LegRecord in(LegSet.State newState) {
            return new LegRecord(path, offset, id, newState, label, epochs, forceFailed, replaces);
        }

        LegRecord replacing(OptionalInt index) {
            return new LegRecord(path, offset, id, state, label, epochs, forceFailed, index);
        }

        LegRecord withForceFailed(boolean failed) {
            return new LegRecord(path, offset, id, state, label, epochs, failed, replaces);
        }

        LegRecord labelled(LabelPlace place, List<Long> newEpochs) {
            return new LegRecord(path, offset, id, state, place, newEpochs, forceFailed, replaces);
        }

        /** A label of this epoch is about to be written. */
        LegRecord announcing(long epoch) {
            if (label == LabelPlace.NONE || epochs.contains(epoch)) {
                return this;
            }
            List<Long> more = new ArrayList<>(epochs);
            more.add(epoch);
            return labelled(label, more);
        }
    }

    MirrorRecord {
        legs = List.copyOf(legs);
    }

    /** A record that says the same of the legs as the mirror's file. */
    MirrorRecord(
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
        this(
                counter,
                mirrorId,
                completed,
                epoch,
                generation,
                targetSectors,
                log,
                confirmed,
                announced,
                source,
                legs,
                "");
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
                legs,
                superseded);
    }

    /**
     * An opening is about to write the log (P30 step 2); legs that are missing are excluded with the same change (P24). No label
     * is written for it, so the epoch stays.
     */
    MirrorRecord announcing(Optional<LogPair> accepted, LogPair next, List<LegRecord> newLegs, int newSource) {
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch,
                next.generation(),
                targetSectors,
                log,
                accepted,
                Optional.of(next),
                newSource,
                newLegs,
                superseded);
    }

    /** An opening is completed (P30 step 5); the labels of the attached legs are to follow (P22). */
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
                announcing(newLegs, epoch + 1),
                superseded);
    }

    /** The legs have changed (P14, P22, P26); the labels of the attached ones are to follow. */
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
                announcing(newLegs, epoch + 1),
                superseded);
    }

    /** One leg has changed, see {@link #withLegs}. */
    MirrorRecord withLeg(int index, UnaryOperator<LegRecord> change) {
        List<LegRecord> newLegs = new ArrayList<>(legs);
        newLegs.set(index, change.apply(newLegs.get(index)));
        return withLegs(newLegs, source);
    }

    /**
     * There are other legs, or they are longer (P22, P25, P27). Until the mirror's file says the same, the record counts.
     *
     * @param sectors  length of the target
     * @param newLegs  all of them; {@link LegRecord#replaces()} holds for their new order
     * @param inFile   what the mirror's file says now
     */
    MirrorRecord reshaped(long sectors, List<LegRecord> newLegs, int newSource, TableShape inFile) {
        boolean asInFile = TableShape.of(sectors, newLegs).equals(inFile);
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch + 1,
                generation,
                sectors,
                log,
                confirmed,
                announced,
                newSource,
                announcing(newLegs, epoch + 1),
                asInFile ? "" : inFile.text());
    }

    /** The mirror's file says what the record says. */
    MirrorRecord withoutSuperseded() {
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch,
                generation,
                targetSectors,
                log,
                confirmed,
                announced,
                source,
                legs,
                "");
    }

    private static List<LegRecord> announcing(List<LegRecord> legs, long newEpoch) {
        return legs.stream()
                .map(leg -> leg.isAttached() ? leg.announcing(newEpoch) : leg)
                .toList();
    }

    /** The labels of some legs are known to be of this epoch (P22, second change). */
    MirrorRecord labelled(int mask) {
        List<LegRecord> newLegs = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            LegRecord leg = legs.get(i);
            newLegs.add((mask & 1 << i) == 0 ? leg : leg.labelled(leg.label(), List.of(epoch)));
        }
        return new MirrorRecord(
                counter,
                mirrorId,
                completed,
                epoch,
                generation,
                targetSectors,
                log,
                confirmed,
                announced,
                source,
                newLegs,
                superseded);
    }
}
