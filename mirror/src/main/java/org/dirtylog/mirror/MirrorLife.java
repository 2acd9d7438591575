// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.Devices;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a mirror from an opening to its end, and how they are started, held and ended together. For one caller at a time; what
 * only looks may be called by anybody.
 */
final class MirrorLife {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorLife.class);

    private final MirrorState state;
    private final DirtyLogs logs;
    final LogBook book;
    final OpenLegs legs;
    final RecordKeeper keeper;
    final LegFailures failures;
    final Recovery recovery;
    final LegReturns returns;
    final LegChanges changes;
    final Growth growth;
    final DataPath path;
    final Scrub scrub;
    private final Labels labels;
    private final LegFlush legFlush;
    private final Cleaner cleaner;

    private volatile DirtyLog log;
    private volatile Found found;
    /** Whether the log object has seen an opening that was not completed. */
    private boolean logSpent;
    /** The regions that are the same on all legs for all that is known, whatever a log says that is opened anew. */
    private RegionSet equal = RegionSet.none();

    /**
     * Wires the parts; nothing is opened.
     *
     * @param legs     open, as far as they are there
     * @param promoted called when recovery is done and all legs that can be are current; does not block
     */
    MirrorLife(
            MirrorConfig config,
            MirrorState state,
            LogBook book,
            DirtyLogs logs,
            OpenLegs legs,
            RecordKeeper keeper,
            Runnable promoted) {
        this.state = state;
        this.book = book;
        this.logs = logs;
        this.legs = legs;
        this.keeper = keeper;
        this.labels = new Labels(state, keeper);
        this.failures = new LegFailures(state, keeper, labels, legs);
        this.legFlush = new LegFlush(state, failures);
        this.cleaner = new Cleaner(state, book, failures, config);
        Promotion promotion = new Promotion(state, keeper, failures, labels, promoted);
        this.recovery = new Recovery(state, cleaner, failures, promotion, config.recovery());
        this.returns = new LegReturns(state, keeper, failures, labels, book, cleaner, recovery, legs);
        this.changes = new LegChanges(state, keeper, failures, labels, book, cleaner, recovery, legs);
        this.growth = new Growth(state, keeper, legs);
        this.path = new DataPath(state, book, failures, recovery);
        this.scrub = new Scrub(state, new Mending(state, keeper, failures, labels, path.writes()));
        restoreLatches();
    }

    /** P13: the latch outlives the run; only an operator's resume ends it. A leg that returns is copied anew. */
    private void restoreLatches() {
        for (int i = 0; i < keeper.record().legs().size(); i++) {
            LegRecord leg = keeper.record().legs().get(i);
            if (legs.has(i) && leg.state() == State.CURRENT && leg.forceFailed()) {
                legs.legs()[i].latchForceFailure(
                        new IOException("an earlier force failed, and the leg could not be excluded"));
            }
        }
    }

    /** The log, or {@code null} before there is one. */
    DirtyLog log() {
        return log;
    }

    /** What the log was found as, or {@code null} before it was opened for the first time. */
    Found found() {
        return found;
    }

    void marked(long count) {
        cleaner.marked(count);
    }

    /** Takes over other policies. */
    void follow(MirrorConfig config) {
        legs.follow(config.legs());
        cleaner.follow(config);
        recovery.follow(config.recovery());
    }

    /** The mirror's file says what the record says. If that cannot be noted, the next opening sees it. */
    void forgetSuperseded() {
        try {
            if (!keeper.record().superseded().isEmpty()) {
                keeper.change(MirrorRecord::withoutSuperseded);
            }
        } catch (IOException e) {
            LOG.debug("mirror {}: the record keeps what its file said before", state.name, e);
        }
    }

    // ---- the log ----------------------------------------------------------------------------------------------------

    void createLog(MirrorConfig config) throws DirtyLogException {
        log = newLog(
                config, state.geometry, keeper.record().completed() ? Devices.Missing.REFUSE : Devices.Missing.CREATE);
        logSpent = false;
    }

    private DirtyLog newLog(MirrorConfig config, RegionGeometry geometry, Devices.Missing missing)
            throws DirtyLogException {
        LogSpec spec = LogSpec.of(keeper.record().mirrorId(), geometry)
                .withInitialSync(config.table().initialSync())
                .withArguments(config.table().logArguments())
                .withPatience(config.patience());
        return logs.create(config.table().logType(), spec, new MirrorHost(state, legFlush, missing, recovery::kick));
    }

    // ---- start, hold, end -------------------------------------------------------------------------------------------

    /** Opens the log and lets clients in. */
    void start(MirrorConfig config) throws DirtyLogException, IOException, MirrorException {
        // If this fails, the next attempt begins with another object: this one may have been resumed.
        logSpent = true;
        found = new LogOpening(state, config, keeper, labels, equal).open(log, legs);
        logSpent = false;
        equal = RegionSet.none();
        book.start(log, legFlush);
        cleaner.start();
        // Before anybody is let in: a writer whose legs fail tells the log by it.
        recovery.start(log);
        // P22: one that could not take its label does not see the first write.
        failures.excludeUnlabelled();
        state.writes.open();
        state.reads.open();
        state.regionsChanged.raise();
    }

    /** Starts again after a pause, with a log object that can be opened (P13). */
    void startAgain(MirrorConfig config) throws DirtyLogException, IOException, MirrorException {
        if (book.failure() != null || logSpent) {
            log.close();
            createLog(config);
        }
        new Unlatching(state, keeper).unlatch();
        start(config);
    }

    /**
     * Holds new I/O, finishes what is under way, and leaves legs and log as after a clean stop (P32).
     *
     * @return whether it is as after a clean stop
     */
    boolean quiesce() {
        scrub.stop();
        book.leave();
        recovery.pause();
        cleaner.pause();
        state.writes.close();
        state.reads.close();
        if (failures.pending().isEmpty()) {
            state.writes.awaitEmpty();
        }
        state.reads.awaitEmpty();
        // P5, P7: who waits for an exclusion still counts itself in its region, and the table is filled anew at a
        // resume.
        state.awaitSettled();
        book.holdMarks();
        try {
            if (book.failure() == null && failures.pending().isEmpty()) {
                cleaner.cleanAll();
                forceLegs();
            }
            book.pause();
            log.preSuspend();
            // If we crash before this has returned, the log counts as that of a crash.
            log.postSuspend();
            return book.failure() == null && failures.pending().isEmpty();
        } catch (DirtyLogException | IOException e) {
            LOG.warn(
                    "Mirror {}: suspended, but not as after a clean stop; what is dirty is copied at the next start: {}",
                    state.name,
                    e.getMessage());
            return false;
        } finally {
            book.pause();
        }
    }

    /** What was never cleaned has never been forced either. */
    private void forceLegs() throws IOException {
        LegSet set = state.legs();
        LegForces.Outcome outcome = new LegForces(state).forceAttached(set);
        if (outcome.failed() == 0) {
            return;
        }
        IOException why = outcome.why();
        set.latchFailing(outcome.failed());
        failures.exclude(why);
    }

    /**
     * Makes the target longer. It is held, cleanly, and is so still afterwards: to be started again in any case.
     *
     * @throws MirrorException if it is as long as before
     */
    void grow(MirrorConfig config, MirrorConfig longer, TableShape inFile) throws MirrorException {
        RegionGeometry geometry = longer.table().geometry();
        logSpent = true;
        log.close();
        DirtyLog next;
        try {
            // What it asks for, it asks for before anything is changed.
            next = newLog(longer, geometry, Devices.Missing.LENGTHEN);
        } catch (DirtyLogException e) {
            throw new MirrorException("mirror " + state.name + " is as long as it was: " + e.getMessage(), e);
        }
        boolean grown = false;
        try {
            growth.grow(geometry.targetSectors(), inFile);
            equal = equalRegions();
            state.grow(geometry);
            log = next;
            logSpent = false;
            grown = true;
        } catch (IOException e) {
            throw new MirrorException("mirror " + state.name + " does not grow: " + e.getMessage(), e);
        } finally {
            if (!grown) {
                next.close();
            }
        }
    }

    /** What all legs hold. A part of a region that the target gains was never compared. */
    private RegionSet equalRegions() {
        if (!state.legs().isComplete() || state.legs().failingMask() != 0) {
            return RegionSet.none();
        }
        RegionSet.Builder apart = new RegionSet.Builder();
        state.table.forEach((first, end, word) -> {
            boolean whole = RegionWord.state(word) == RegionWord.DIRTY
                    && RegionWord.lacks(word) == 0
                    && !RegionWord.has(word, RegionWord.IN_DOUBT);
            if (!whole) {
                apart.addRun(first, end);
            }
            return true;
        });
        RegionGeometry geometry = state.geometry;
        long last = geometry.regionCount() - 1;
        RegionSet partial =
                geometry.targetSectors() % geometry.regionSectors() == 0 ? RegionSet.none() : RegionSet.of(last);
        return geometry.allRegions().minus(apart.build()).minus(partial);
    }

    /** Gives everything back, for good. */
    void close() {
        failures.end();
        if (log != null) {
            log.close();
        }
        legs.close();
    }
}
