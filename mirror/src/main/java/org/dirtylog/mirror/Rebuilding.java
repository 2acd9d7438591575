// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Surroundings;

/**
 * Makes the record of a mirror anew, by an operator's word: where it was lost, from the labels of the legs (P34); where it is
 * there and no current leg comes back, with another leg as the only current one (P24). In either case everything is dirty at
 * the opening that follows, and copied from the leg that the operator has named.
 */
final class Rebuilding {
    private final MirrorConfig config;
    private final Surroundings world;
    private final MirrorRecords records;

    Rebuilding(MirrorConfig config, Surroundings world, MirrorRecords records) {
        this.config = config;
        this.world = world;
        this.records = records;
    }

    /** What was found in the place of a leg: its label, if it has one, or why it is not there. */
    private record Seen(Optional<LabelStore.Found> found, String trouble) {
        boolean isThere() {
            return trouble.isEmpty();
        }

        long epoch() {
            return found.map(seen -> seen.label().epoch()).orElse(0L);
        }

        @Override
        public String toString() {
            return isThere()
                    ? found.map(seen -> "epoch " + seen.label().epoch()).orElse("no label")
                    : trouble;
        }
    }

    /**
     * Writes the record. No leg and no log is written.
     *
     * @param source the leg to be believed; without it nothing is done
     * @throws MirrorException if there is nothing to go by, or no source is named; the message tells what was found, and what to
     *                         type
     */
    void rebuild(OptionalInt source) throws MirrorException {
        Optional<MirrorRecord> before;
        try {
            before = records.load();
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror " + config.name() + " is not rebuilt: " + FileReason.of(e)
                            + ". To do without it, move it away",
                    e);
        }
        List<Seen> seen = look();
        UUID mirrorId = mirrorId(before, seen);
        if (source.isEmpty()) {
            throw new MirrorException(proposal(before, seen));
        }
        int chosen = source.getAsInt();
        if (chosen < 0 || chosen >= seen.size() || !seen.get(chosen).isThere()) {
            throw new MirrorException(
                    "mirror " + config.name() + " is not rebuilt: leg " + chosen + " is not there. " + list(seen));
        }
        MirrorRecord next = record(before, mirrorId, seen, chosen);
        try {
            // If we crash after this, the next start does what this command was to do.
            records.compareAndSet(before.map(MirrorRecord::counter).orElse(0L), next);
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror " + config.name() + " is not rebuilt, its record cannot be written: " + FileReason.of(e),
                    e);
        }
    }

    private List<Seen> look() {
        List<Seen> seen = new ArrayList<>();
        OpenLegs legs = OpenLegs.closed(config.name(), config.table(), config.legs(), world);
        for (int i = 0; i < config.table().legs().size(); i++) {
            try {
                Leg leg = legs.openAny(i);
                try {
                    seen.add(new Seen(labelOf(leg), ""));
                } finally {
                    leg.device().close();
                }
            } catch (IOException e) {
                seen.add(new Seen(Optional.empty(), FileReason.of(e)));
            }
        }
        return seen;
    }

    private Optional<LabelStore.Found> labelOf(Leg leg) throws IOException {
        Duration limit = config.legs().hungAfter();
        LabelStore store = new LabelStore(leg);
        if (limit.isZero()) {
            return store.find();
        }
        try {
            return InTime.begin(world, config.name() + "/label", store::find, late -> {})
                    .await(limit.toNanos());
        } catch (MirrorException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The one mirror that record and labels speak of. */
    private UUID mirrorId(Optional<MirrorRecord> before, List<Seen> seen) throws MirrorException {
        List<UUID> ids = new ArrayList<>();
        before.ifPresent(record -> ids.add(record.mirrorId()));
        seen.forEach(leg -> leg.found.ifPresent(found -> ids.add(found.label().mirrorId())));
        List<UUID> different = ids.stream().distinct().toList();
        if (different.isEmpty()) {
            throw new MirrorException("mirror " + config.name()
                    + " cannot be rebuilt: it has no record, and none of its legs" + " has a label. " + list(seen)
                    + ". mirror:create makes it, and copies everything from leg 0");
        }
        if (different.size() > 1) {
            throw new MirrorException(
                    "mirror " + config.name() + " cannot be rebuilt: record and labels speak of different"
                            + " mirrors: " + different + ". " + list(seen) + ". Nothing was touched");
        }
        return different.get(0);
    }

    /** The labels that are newest are those of the legs that served last. */
    private String proposal(Optional<MirrorRecord> before, List<Seen> seen) {
        int best = -1;
        for (int i = 0; i < seen.size(); i++) {
            boolean newer = best < 0 || seen.get(i).epoch() > seen.get(best).epoch();
            best = seen.get(i).isThere() && newer ? i : best;
        }
        String lost = before.isPresent()
                ? "Its record is there: a leg that it does not call current lacks acknowledged writes, which are lost with this"
                : "Its record is lost";
        return "nothing was done yet. " + list(seen) + ". " + lost
                + ". The leg you name is believed, all others are copied from it"
                + (best < 0 ? "; none is there now" : ": mirror:rebuild " + config.name() + " --source " + best);
    }

    private String list(List<Seen> seen) {
        List<String> legs = new ArrayList<>();
        for (int i = 0; i < seen.size(); i++) {
            legs.add("leg " + i + " (" + config.table().legs().get(i).name() + "): " + seen.get(i));
        }
        return "Found " + String.join("; ", legs);
    }

    private MirrorRecord record(Optional<MirrorRecord> before, UUID mirrorId, List<Seen> seen, int source) {
        TableLine table = config.table();
        List<LegRecord> legs = new ArrayList<>();
        long epoch = before.map(MirrorRecord::epoch).orElse(0L);
        for (int i = 0; i < seen.size(); i++) {
            epoch = Math.max(epoch, seen.get(i).epoch());
            legs.add(leg(table.legs().get(i), before.map(knownLeg(i)), seen.get(i), i == source));
        }
        long generation = before.map(MirrorRecord::generation).orElse(0L) + 1;
        // A pair that no log has: whatever is found is stale, and so everything is dirty.
        LogPair never = new LogPair(generation, world.randomness().next());
        return new MirrorRecord(
                0,
                mirrorId,
                true,
                epoch + 1,
                generation,
                table.targetSectors(),
                new LogKey(table.logType(), table.logArguments()),
                Optional.empty(),
                Optional.of(never),
                source,
                legs);
    }

    private static Function<MirrorRecord, LegRecord> knownLeg(int index) {
        return record -> record.legs().get(index);
    }

    /** Legs that are not there now are overruled: whatever label they carry, they return by a full copy only. */
    private LegRecord leg(TableLine.Leg asked, Optional<LegRecord> before, Seen seen, boolean source) {
        UUID id = seen.found
                .map(found -> found.label().legId())
                .or(() -> before.map(LegRecord::id))
                .orElseGet(() ->
                        new UUID(world.randomness().next(), world.randomness().next()));
        boolean labelled = seen.found.isPresent();
        LabelPlace place = labelled ? seen.found.get().place() : LabelPlace.NONE;
        State state = source ? State.CURRENT : labelled ? State.STALE : State.MISSING;
        List<Long> epochs = labelled ? List.of(seen.epoch()) : List.of();
        return new LegRecord(asked.name(), asked.offsetSectors(), id, state, place, epochs, false);
    }
}
