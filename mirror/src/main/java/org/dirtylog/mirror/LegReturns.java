// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.RegionSet;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attaches legs to a mirror that runs: as stale, with what they lack, so that recovery brings them up to date (P22, P23, P25,
 * P45). For one caller at a time, in turn with everything else that is done to the mirror as a whole.
 */
final class LegReturns {
    private static final Logger LOG = LoggerFactory.getLogger(LegReturns.class);
    private static final long SECOND = 1_000_000_000L;
    private static final long FIRST_BACK_OFF = 5 * SECOND;
    private static final long MAX_BACK_OFF = 600 * SECOND;

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final LegFailures failures;
    private final Labels labels;
    private final LogBook book;
    private final Cleaner cleaner;
    private final Recovery recovery;
    private final OpenLegs open;
    private final LegForces forces;

    /** By the legs' ids. */
    private final Map<UUID, Past> past = new HashMap<>();

    /**
     * How it went with a leg before.
     *
     * @param returns   how often in a row it has come back and gone soon after
     * @param notBefore when it may come again
     */
    private record Past(int returns, long notBefore) {}

    LegReturns(
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

    /** Whether a leg was missing at the opening, or not waited for, and may reappear. */
    boolean isAnyMissing() {
        boolean any = false;
        for (int i = 0; i < mirror.legs().size(); i++) {
            any |= isMissing(i);
        }
        return any;
    }

    private boolean isMissing(int index) {
        State state = mirror.legs().state(index);
        return state == State.MISSING || state == State.EXCLUDED && open.isLate(index);
    }

    /** Attaches the missing legs that are there again and are what they were; says nothing of the others. */
    void attachMissing(DirtyLog log) {
        for (int i = 0; i < mirror.legs().size(); i++) {
            if (!isMissing(i) || waitNanos(i) > 0) {
                continue;
            }
            try {
                attach(log, open.reopen(i, keeper.record()), false);
            } catch (IOException | MirrorException e) {
                // It is kept for the status.
                LOG.debug("mirror {}: leg {} is missing still", mirror.name, i, e);
            }
        }
    }

    /**
     * Brings a leg back that is not attached: what it lacks is copied, or everything if it is not known to be what it was.
     *
     * @param full whether a device that is not what it was may be overwritten
     * @param now  whether a leg that came back and failed before is tried at once
     * @throws MirrorException if it cannot come back; nothing was written
     */
    void resync(DirtyLog log, int index, boolean full, boolean now) throws MirrorException {
        State state = mirror.legs().state(index);
        String leg = "leg " + index + " of mirror " + mirror.name;
        if (state == State.CURRENT) {
            throw new MirrorException(
                    leg + " is current, it lacks nothing. To compare the legs: mirror:scrub " + mirror.name);
        }
        if (state == State.STALE) {
            recovery.kick();
            return;
        }
        long wait = waitNanos(index);
        if (wait > 0 && !now) {
            throw new MirrorException(leg + " has failed " + past.get(idOf(index)).returns
                    + " times after it came back. It may be tried again in " + (wait + SECOND - 1) / SECOND
                    + " s, or at once with --now");
        }
        if (book.failure() != null || !book.silence().isEmpty()) {
            throw new MirrorException(
                    leg + " cannot come back while the log does not keep its record. See mirror:status " + mirror.name);
        }
        try {
            attachKnown(log, index, full);
        } catch (IOException e) {
            throw new MirrorException(leg + " does not come back: " + e.getMessage(), e);
        }
    }

    private void attachKnown(DirtyLog log, int index, boolean full) throws IOException, MirrorException {
        Leg known = null;
        try {
            known = open.reopen(index, keeper.record());
        } catch (IOException e) {
            if (!full) {
                throw e;
            }
            LOG.info("Mirror {}: leg {} is copied fully: {}", mirror.name, index, e.getMessage());
        }
        if (known != null) {
            attach(log, known, false);
        } else {
            attach(log, open.openAny(index), true);
        }
    }

    private long waitNanos(int index) {
        Past before = past.get(idOf(index));
        return before == null ? 0 : before.notBefore - mirror.world.clock().nanos();
    }

    private UUID idOf(int index) {
        return mirror.legs().record(index).id();
    }

    /** Takes over the leg. */
    private void attach(DirtyLog log, Leg leg, boolean full) throws IOException {
        boolean attached = false;
        recovery.pause();
        cleaner.pause();
        try {
            if (full) {
                // P25: before the record lists the leg, every region is durably dirty. If we crash between the two, all
                // is
                // copied once more among the current legs too.
                book.doubt(mirror.geometry.allRegions());
            }
            failures.alone(() -> attachAlone(log, leg, full));
            attached = true;
        } finally {
            if (!attached) {
                leg.device().close();
            }
            cleaner.start();
            recovery.proceed();
        }
        noteReturn(leg.index());
        failures.excludeUnlabelled();
    }

    private void attachAlone(DirtyLog log, Leg leg, boolean full) throws IOException {
        int index = leg.index();
        LabelStore store = new LabelStore(leg);
        LabelPlace[] room = new LabelPlace[1];
        if (full) {
            forces.one(leg, erased -> {
                store.erase();
                room[0] = store.choose();
            });
        }
        LegRecord away = keeper.record().legs().get(index);
        LabelPlace place = full ? room[0] : away.label();
        List<Long> fresh = place == LabelPlace.NONE ? List.of() : List.of(MirrorRecord.NO_LABEL);
        List<Long> epochs = full ? fresh : away.epochs();
        // P22: the record first. If we crash after it, the leg is attached as stale at the next opening, and lacks
        // all that is dirty then.
        MirrorRecord record = keeper.change(old -> old.withLeg(
                index, before -> before.in(State.STALE).withForceFailed(false).labelled(place, epochs)));
        LegSet after = mirror.legs().withLeg(leg, record.legs().get(index));
        int labelled = labels.write(after, record);
        if (leg.isFailing()) {
            detachAgain(index);
            throw new IOException("it cannot take its label", leg.forceFailure());
        }
        mirror.writes.close();
        try {
            mirror.writes.awaitEmpty();
            // Cleaner and recovery pause, so no word is CLEANING or RECOVERING (P45).
            RegionSet lacking = lackAllDirty(leg.mask(), full);
            log.setOutOfSync(lacking);
            open.add(leg);
            mirror.legs(after);
            // What was marked meanwhile.
            mirror.markAllAgain();
        } finally {
            mirror.writes.open();
        }
        labels.settle(labelled);
        LOG.info(
                "Mirror {}: leg {} ({}) is back since epoch {}, {} is copied to it",
                mirror.name,
                index,
                leg.name(),
                record.epoch(),
                full ? "everything" : "what it lacks");
    }

    private void detachAgain(int index) throws IOException {
        keeper.change(old -> old.withLeg(index, before -> before.in(State.EXCLUDED)));
    }

    /** What is not durably clean, the leg lacks (P45). Counts of writers that wait for an exclusion stay. */
    private RegionSet lackAllDirty(int mask, boolean full) {
        mirror.table.updateAll(word -> word == RegionWord.CLEAN && !full
                ? word
                : RegionWord.in(word, RegionWord.OUT_OF_SYNC) | RegionWord.lacking(mask));
        if (full) {
            return mirror.geometry.allRegions();
        }
        RegionSet.Builder lacking = new RegionSet.Builder();
        mirror.table.forEach((first, end, word) -> {
            // Not what was marked just now: nobody has written it yet.
            if ((RegionWord.lacks(word) & mask) != 0) {
                lacking.addRun(first, end);
            }
            return true;
        });
        return lacking.build();
    }

    private void noteReturn(int index) {
        long now = mirror.world.clock().nanos();
        Past before = past.get(idOf(index));
        // One that stayed for long enough has come back for good, and begins anew.
        boolean again = before != null && now - before.notBefore < MAX_BACK_OFF;
        int returns = again ? before.returns + 1 : 1;
        long backOff = Math.min(FIRST_BACK_OFF << Math.min(returns - 1, 20), MAX_BACK_OFF);
        past.put(idOf(index), new Past(returns, now + backOff));
    }
}
