// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds, removes and replaces legs of a mirror that runs. One change of the record is the moment from which the legs are others (P22); a
 * leg that is added is stale then and lacks everything (P25, P45). For one caller at a time, in turn with everything else that is
 * done to the mirror as a whole.
 */
final class LegChanges {
    private static final Logger LOG = LoggerFactory.getLogger(LegChanges.class);
    private static final long RETRY_NANOS = 250_000_000L;

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final LegFailures failures;
    private final Labels labels;
    private final LogBook book;
    private final Cleaner cleaner;
    private final Recovery recovery;
    private final OpenLegs open;
    private final LegForces forces;
    /** Whether the record may list a leg that nobody knows of, and the mirror stops: nothing is cleaned any more. */
    private boolean undecided;

    LegChanges(
            MirrorState mirror,
            RecordKeeper keeper,
            LegFailures failures,
            Labels labels,
            LogBook book,
            Cleaner cleaner,
            Recovery recovery,
            OpenLegs open) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.failures = failures;
        this.labels = labels;
        this.book = book;
        this.cleaner = cleaner;
        this.recovery = recovery;
        this.open = open;
        this.forces = new LegForces(mirror);
    }

    /**
     * Adds a leg: from now on it gets every write, and everything else is copied to it.
     *
     * @param adopt  whether it may carry the label of another mirror
     * @param inFile what the mirror's file says of its legs
     */
    void add(DirtyLog log, TableLine.Leg asked, boolean adopt, TableShape inFile) throws MirrorException {
        requireRoom(1);
        Newcomer newcomer = take(asked, adopt);
        change(log, inFile, newcomer.leg, record -> Arrangement.adding(record, newcomer.record), "is not added");
        LOG.info(
                "Mirror {}: {} is a leg since epoch {}, everything is copied to it",
                mirror.name,
                asked.name(),
                keeper.record().epoch());
    }

    /** Removes a leg, takes its label off, and gives it back. */
    void remove(DirtyLog log, int index, TableShape inFile) throws MirrorException {
        LegSet legs = mirror.legs();
        LegRecord leg = legs.record(index);
        for (int i = 0; i < legs.size(); i++) {
            if (legs.record(i).replaces().equals(OptionalInt.of(index))) {
                throw refused("leg " + index + " is not removed: leg " + i + " is about to replace it. To keep leg "
                        + index + " give that up first: mirror:remove-leg " + mirror.name + " " + i);
            }
        }
        if (leg.replaces().isEmpty() && countInTable(legs) <= 2) {
            throw refused(
                    "leg " + index + " is not removed: a mirror has two legs or more. To put another device in its"
                            + " place: mirror:replace-leg " + mirror.name + " " + index + " DEVICE");
        }
        if ((legs.currentMask() & ~(1 << index)) == 0) {
            throw refused("leg " + index + " is not removed: no other leg holds everything that was acknowledged."
                    + " Wait until another one is current, see mirror:status " + mirror.name);
        }
        change(
                log,
                inFile,
                null,
                record -> requireAnotherCurrent(Arrangement.without(record, index)),
                "is not changed");
        LOG.info(
                "Mirror {}: leg {} ({}) is no longer one of its legs since epoch {}",
                mirror.name,
                index,
                leg.path(),
                keeper.record().epoch());
        if (!legs.isAttached(index)) {
            LOG.info("Mirror {}: {} was not attached, its label stays on it", mirror.name, leg.path());
        }
    }

    /**
     * Puts another leg in the place of one. Where that one still serves, it does so until the new one is current.
     *
     * @param adopt  whether the new one may carry the label of another mirror
     * @param inFile what the mirror's file says of its legs
     */
    void replace(DirtyLog log, int index, TableLine.Leg asked, boolean adopt, TableShape inFile)
            throws MirrorException {
        LegSet legs = mirror.legs();
        if (legs.record(index).replaces().isPresent()) {
            throw refused("leg " + index + " is itself about to replace leg "
                    + legs.record(index).replaces().getAsInt() + "; give that up first: mirror:remove-leg "
                    + mirror.name
                    + " " + index);
        }
        for (int i = 0; i < legs.size(); i++) {
            if (legs.record(i).replaces().isPresent()) {
                throw refused("leg " + i + " is about to replace leg "
                        + legs.record(i).replaces().getAsInt()
                        + "; one is replaced at a time. Wait until it is current, or"
                        + " give it up: mirror:remove-leg " + mirror.name + " " + i);
            }
        }
        Newcomer newcomer = take(asked, adopt);
        change(
                log,
                inFile,
                newcomer.leg,
                record -> Arrangement.replacing(record, index, newcomer.record),
                "does not replace leg " + index);
        LOG.info(
                "Mirror {}: everything is copied to {}, which replaces leg {} ({}){}, since epoch {}",
                mirror.name,
                asked.name(),
                index,
                legs.record(index).path(),
                legs.isAttached(index) ? " once it is current" : "",
                keeper.record().epoch());
    }

    /** Lets a leg that has become current take the place of the one that it replaces. Answers whether there was one. */
    boolean finishReplacement(DirtyLog log, TableShape inFile) throws MirrorException {
        int due = Arrangement.due(keeper.record());
        if (due < 0) {
            return false;
        }
        LegRecord successor = keeper.record().legs().get(due);
        int index = successor.replaces().getAsInt();
        if (index == keeper.record().source() && mirror.isAnythingInDoubt()) {
            // When recovery is done.
            return false;
        }
        String before = keeper.record().legs().get(index).path();
        change(log, inFile, null, record -> replaced(record, successor.id()), "does not replace leg " + index + " yet");
        LOG.info(
                "Mirror {}: {} has replaced leg {} ({}) since epoch {}",
                mirror.name,
                successor.path(),
                index,
                before,
                keeper.record().epoch());
        return true;
    }

    private static Arrangement replaced(MirrorRecord record, UUID id) {
        int index = Arrangement.due(record);
        return index >= 0 && record.legs().get(index).id().equals(id)
                ? Arrangement.replaced(record, index)
                // It has failed just now.
                : null;
    }

    private static Arrangement requireAnotherCurrent(Arrangement next) {
        return next.source() < 0 ? null : next;
    }

    private MirrorException refused(String why) {
        return new MirrorException("mirror " + mirror.name + ": " + why + ". Nothing was changed");
    }

    private static int countInTable(LegSet legs) {
        int count = 0;
        for (int i = 0; i < legs.size(); i++) {
            count += legs.record(i).replaces().isEmpty() ? 1 : 0;
        }
        return count;
    }

    private void requireRoom(int more) throws MirrorException {
        if (countInTable(mirror.legs()) + more > TableLine.MAX_LEGS) {
            throw refused("it has " + TableLine.MAX_LEGS + " legs already, which is as many as a table line can have");
        }
    }

    // ---- the new leg ------------------------------------------------------------------------------------------------

    /** A device that is about to be a leg: it has no label, and a place for one. */
    private record Newcomer(Leg leg, LegRecord record) {}

    private Newcomer take(TableLine.Leg asked, boolean adopt) throws MirrorException {
        LegSet legs = mirror.legs();
        for (int i = 0; i < legs.size(); i++) {
            if (legs.record(i).path().equals(asked.name())) {
                throw refused(asked.name() + " is leg " + i + " already; two copies on one device are one copy");
            }
        }
        Leg leg;
        try {
            leg = open.openNew(asked, legs.size());
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror " + mirror.name + ": " + asked.name() + " cannot be a leg: " + e.getMessage()
                            + ". Nothing was changed",
                    e);
        }
        boolean taken = false;
        try {
            LabelPlace place = unlabelled(leg, adopt);
            taken = true;
            UUID id = new UUID(
                    mirror.world.randomness().next(), mirror.world.randomness().next());
            List<Long> epochs = place == LabelPlace.NONE ? List.of() : List.of(MirrorRecord.NO_LABEL);
            return new Newcomer(
                    leg, new LegRecord(asked.name(), asked.offsetSectors(), id, State.STALE, place, epochs, false));
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror " + mirror.name + ": " + asked.name() + " cannot be a leg: " + e.getMessage(), e);
        } finally {
            if (!taken) {
                leg.device().close();
            }
        }
    }

    /** If we crash here, a label is gone that nobody wanted any more. */
    private LabelPlace unlabelled(Leg leg, boolean adopt) throws IOException {
        LabelPlace[] place = new LabelPlace[1];
        UUID ours = keeper.record().mirrorId();
        forces.one(leg, one -> {
            LabelStore store = new LabelStore(one);
            LegLabel label = store.find().map(LabelStore.Found::label).orElse(null);
            if (label != null && !label.mirrorId().equals(ours) && !adopt) {
                throw new IOException("it belongs to mirror " + label.mirrorId() + ", by its label of epoch "
                        + label.epoch() + ". If that mirror is given up, add --adopt-leg, which overwrites it");
            }
            store.erase();
            place[0] = store.choose();
        });
        return place[0];
    }

    // ---- the change -------------------------------------------------------------------------------------------------

    /**
     * Changes the legs.
     *
     * @param newcomer a leg that is new, or {@code null}; it is given back if nothing comes of it
     * @param plan     answers {@code null} if what was asked for cannot be done any more
     */
    private void change(
            DirtyLog log, TableShape inFile, Leg newcomer, Function<MirrorRecord, Arrangement> plan, String otherwise)
            throws MirrorException {
        boolean done = false;
        recovery.pause();
        cleaner.pause();
        try {
            if (newcomer != null) {
                // P25: before the record lists it, every region is durably dirty. If we crash between the two, all is
                // copied once more among the current legs too.
                book.doubt(mirror.geometry.allRegions());
            }
            while (!done) {
                failures.exclude(new IOException("a leg is failing"));
                requireForceable();
                mirror.awaitSettled();
                if (newcomer == null) {
                    // Most of what is forced once more below.
                    forceLegs();
                }
                boolean[] changed = new boolean[1];
                failures.alone(() -> changed[0] = changeAlone(log, inFile, newcomer, plan));
                done = changed[0];
            }
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror " + mirror.name + ": " + (newcomer == null ? "it" : newcomer.name()) + " " + otherwise
                            + ": " + e.getMessage(),
                    e);
        } finally {
            if (!done && newcomer != null) {
                newcomer.device().close();
            }
            if (!undecided) {
                cleaner.start();
            }
            recovery.proceed();
        }
        try {
            failures.excludeUnlabelled();
        } catch (IOException e) {
            // The mirror stops.
            LOG.debug("mirror {}: a leg without a label stays", mirror.name, e);
        }
    }

    /** One that could not be forced and is still there is the last current one: it stays as it is until an operator says (P13). */
    private void requireForceable() throws IOException {
        LegSet legs = mirror.legs();
        int unforceable = legs.unforceableMask();
        if (unforceable != 0) {
            int index = Integer.numberOfTrailingZeros(unforceable);
            throw new IOException("leg " + index + " (" + legs.record(index).path()
                    + ") could not be forced, and no other is current. Repair it, then: mirror:suspend " + mirror.name
                    + " and mirror:resume " + mirror.name);
        }
    }

    /** Answers {@code false} if somebody waits for an exclusion, or a leg has failed: they have the indices of the legs as they were. */
    private boolean changeAlone(DirtyLog log, TableShape inFile, Leg newcomer, Function<MirrorRecord, Arrangement> plan)
            throws IOException {
        mirror.reads.close();
        mirror.writes.close();
        int labelled;
        List<Leg> gone = new ArrayList<>();
        boolean recorded = false;
        boolean published = false;
        try {
            mirror.writes.awaitEmpty();
            mirror.reads.awaitEmpty();
            if (mirror.isSettling() || mirror.legs().failingMask() != 0 || newcomer == null && !forceLegs()) {
                return false;
            }
            Arrangement next = plan.apply(keeper.record());
            if (next == null) {
                throw new IOException("a leg has failed meanwhile");
            }
            if (!next.from().contains(keeper.record().source()) && mirror.isAnythingInDoubt()) {
                // R5: what a client has read of it may be on no other leg. If it fails, that cannot be helped.
                throw new IOException(
                        "the leg that goes is the source, and the others may differ from it still; wait until"
                                + " recovery is done, see mirror:status " + mirror.name);
            }
            MirrorRecord record = record(next, inFile);
            recorded = true;
            LegSet after = new LegSet(legs(next, newcomer), record.legs(), record.source());
            labelled = labels.write(after, record);
            rearrangeTable(log, next, after);
            gone.addAll(gone(next));
            open.rearrange(record.legs().stream().map(LegRecord::asked).toList(), next.from(), after.legs());
            mirror.legs(after);
            published = true;
            // What was marked meanwhile.
            mirror.markAllAgain();
        } finally {
            if (recorded && !published) {
                mirror.writes.shut();
                mirror.reads.shut();
            }
            mirror.writes.open();
            mirror.reads.open();
        }
        labels.settleIfPossible(labelled);
        gone.forEach(this::giveBack);
        return true;
    }

    /**
     * What a client has read may be on the medium of the leg that goes, and on the others in a cache only (P11, R5). Answers whether
     * all of them could be forced.
     */
    private boolean forceLegs() {
        LegSet legs = mirror.legs();
        LegForces.Outcome outcome = forces.forceAttached(legs);
        legs.latchFailing(outcome.failed());
        return outcome.failed() == 0;
    }

    /**
     * If we crash in it, the legs are those of before or the new ones. One that is new and stale lacks what is dirty, which is
     * everything, and nothing is cleaned before it is known which of the two it is (P20).
     */
    private MirrorRecord record(Arrangement next, TableShape inFile) throws IOException {
        try {
            return keeper.change(old -> old.reshaped(old.targetSectors(), next.legs(), next.source(), inFile));
        } catch (IOException e) {
            failures.hold("a change of the legs failed, and the record cannot be put back: " + e.getMessage());
            undecided = true;
            while (undecided && !failures.awaitStop(mirror.world.clock().nanos() + RETRY_NANOS)) {
                undecided = !isRestored();
            }
            if (!undecided) {
                failures.hold("");
            }
            throw new IOException("the record cannot be written: " + e.getMessage(), e);
        }
    }

    private boolean isRestored() {
        try {
            keeper.change(old -> old);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Leg[] legs(Arrangement next, Leg newcomer) {
        LegSet before = mirror.legs();
        Leg[] legs = new Leg[next.legs().size()];
        for (int i = 0; i < legs.length; i++) {
            int from = next.from().get(i);
            Leg leg = from < 0 ? newcomer : before.leg(from);
            legs[i] = leg == null ? null : leg.at(i);
        }
        return legs;
    }

    private List<Leg> gone(Arrangement next) {
        List<Leg> gone = new ArrayList<>();
        LegSet before = mirror.legs();
        for (int i = 0; i < before.size(); i++) {
            if (before.isAttached(i) && !next.from().contains(i)) {
                gone.add(before.leg(i));
            }
        }
        return gone;
    }

    /**
     * Cleaner and recovery pause, so no word is CLEANING or RECOVERING (P45). What nobody lacks any more, now that all are there, is in
     * sync; a leg that is new lacks everything.
     */
    private void rearrangeTable(DirtyLog log, Arrangement next, LegSet after) {
        int newcomers = next.newcomers();
        boolean complete = after.isComplete();
        if (newcomers != 0) {
            log.setOutOfSync(mirror.geometry.allRegions());
        } else if (complete) {
            RegionSet.Builder whole = new RegionSet.Builder();
            mirror.table.forEach((first, end, word) -> {
                if (isWhole(word, next)) {
                    whole.addRun(first, end);
                }
                return true;
            });
            // Before a word says so: a cleaning has no effect in the log on a region that is not in sync there.
            log.setInSync(whole.build());
        }
        mirror.table.updateAll(word -> {
            if (newcomers != 0) {
                long out = RegionWord.in(word, RegionWord.OUT_OF_SYNC);
                return RegionWord.lacking(out, next.mask(RegionWord.lacks(word)) | newcomers);
            }
            long same = RegionWord.lacking(word, next.mask(RegionWord.lacks(word)));
            return complete && isWhole(word, next) ? RegionWord.in(same, RegionWord.DIRTY) : same;
        });
    }

    /** Whether a region is out of sync only because of a leg that was not attached, or is no longer there. */
    private static boolean isWhole(long word, Arrangement next) {
        return RegionWord.state(word) == RegionWord.OUT_OF_SYNC
                && !RegionWord.has(word, RegionWord.IN_DOUBT)
                && next.mask(RegionWord.lacks(word)) == 0;
    }

    /** Without its label. If we crash before, that is found on a device that is no leg any more, which it says. */
    private void giveBack(Leg leg) {
        try {
            if (leg.isFailing() || leg.isHanging()) {
                throw new IOException("it does not answer");
            }
            forces.one(leg, one -> new LabelStore(one).erase());
        } catch (IOException e) {
            LOG.warn(
                    "Mirror {}: its label may still be on {}: {}. To use that device elsewhere: --adopt-legs",
                    mirror.name,
                    leg.name(),
                    e.getMessage());
        } finally {
            leg.device().close();
        }
    }
}
