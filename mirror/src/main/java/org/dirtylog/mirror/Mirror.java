// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mirror: builds the parts and owns their life. {@link #open()}, {@link #suspend()}, {@link #resume()} and {@link #stop()}
 * take turns; what clients do goes on meanwhile, or waits.
 */
public final class Mirror implements MirrorTarget {
    private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);
    /** How often a mirror looks whether a missing leg is there again. */
    private static final long LOOK_NANOS = 2_000_000_000L;
    /** How long a leg may take for anything once the mirror is to stop. */
    private static final long STOP_NANOS = 5_000_000_000L;

    private final Surroundings world;
    private final DirtyLogs logs;
    private final MirrorRecords records;
    private final MirrorState state;
    private final Signal lifeFreed;
    private final AtomicBoolean lifeBusy = new AtomicBoolean();
    private final LogBook book;
    private final AtomicBoolean watching = new AtomicBoolean();

    /** Table and names stay; policies may change. */
    private volatile MirrorConfig config;

    private volatile MirrorStatus.Word word = MirrorStatus.Word.STARTING;
    private volatile String message = "";
    private volatile Found found;
    private volatile Running running;
    /** Whether the log object has seen an opening that was not completed. Guarded by taking turns. */
    private boolean logSpent;
    /** Whether it was stopped: what is opened after that would never be closed. Guarded by taking turns. */
    private boolean ended;
    /** Whether there was no record of an earlier life. Guarded by taking turns. */
    private boolean firstLife;

    /** The parts that exist from a first opening on. */
    private record Running(
            OpenLegs legs,
            RecordKeeper keeper,
            Labels labels,
            LegFailures failures,
            LegFlush legFlush,
            Cleaner cleaner,
            Recovery recovery,
            LegReturns returns,
            DataPath path,
            Scrub scrub,
            DirtyLog log) {
        Running with(DirtyLog newLog) {
            return new Running(
                    legs, keeper, labels, failures, legFlush, cleaner, recovery, returns, path, scrub, newLog);
        }
    }

    /**
     * Prepares a mirror; nothing is opened yet.
     *
     * @param config what it is asked to be
     * @param world  what it stands on
     * @param logs   makes its log
     */
    public Mirror(MirrorConfig config, Surroundings world, DirtyLogs logs) {
        this.config = config;
        this.world = world;
        this.logs = logs;
        this.records = new FileMirrorRecords(world.devices().records(), config.name());
        this.state = new MirrorState(config.name(), config.table().geometry(), world);
        this.lifeFreed = world.tasks().signal(config.name() + "/life");
        this.book = new LogBook(state, config.failOnLogLoss(), this::marked);
        state.watch.follow(config.legs());
        // Nobody comes in before it is open.
        state.writes.close();
        state.reads.close();
    }

    private void marked(long count) {
        Running now = running;
        if (now != null) {
            now.cleaner.marked(count);
        }
    }

    private interface Step {
        void run() throws MirrorException;
    }

    private void inTurn(Step step) throws MirrorException {
        lifeFreed.await(() -> lifeBusy.compareAndSet(false, true));
        try {
            step.run();
        } finally {
            lifeBusy.set(false);
            lifeFreed.raise();
        }
    }

    // ---- opening ----------------------------------------------------------------------------------------------------

    /**
     * Opens legs and log, and lets clients in. The first opening makes the mirror: all legs must be there, and a missing log
     * file is made.
     *
     * @throws MirrorException if it cannot; nothing is left open. {@link MirrorException#isWaiting()} tells whether to try
     *                         again
     */
    public void open() throws MirrorException {
        inTurn(this::openInTurn);
    }

    private void openInTurn() throws MirrorException {
        if (running != null) {
            throw new MirrorException("mirror " + config.name() + " is open already");
        }
        if (ended) {
            throw new MirrorException("mirror " + config.name() + " is stopped, it is not opened again");
        }
        OpenLegs legs = null;
        DirtyLog log = null;
        boolean opened = false;
        try {
            MirrorRecord record = loadRecord();
            legs = OpenLegs.open(config.name(), config.table(), record, config.legs(), world);
            if (!record.completed() && !legs.troubles().isEmpty()) {
                throw MirrorException.waiting(
                        "mirror " + config.name() + " cannot be made: " + String.join("; ", legs.troubles())
                                + ". A leg must be there; none was touched",
                        null);
            }
            RecordKeeper keeper = new RecordKeeper(records, record, world.tasks(), config.name());
            Running parts = assemble(legs, keeper);
            running = parts;
            log = createLog(parts);
            start(parts.with(log));
            opened = true;
            report(legs);
        } catch (IOException e) {
            throw new MirrorException("mirror " + config.name() + " cannot be opened: " + FileReason.of(e), e);
        } catch (DirtyLogException e) {
            if (MirrorHost.mayCome(e)) {
                throw MirrorException.waiting("mirror " + config.name() + " waits for its log: " + e.getMessage(), e);
            }
            throw new MirrorException("mirror " + config.name() + " cannot be opened: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                running = null;
                if (log != null) {
                    log.close();
                }
                if (legs != null) {
                    legs.close();
                }
            }
        }
    }

    /**
     * Tells whether this mirror's record, if there is one, is one of its table, as {@link #open()} would find it. Nothing is
     * changed, and another object may have the mirror open.
     *
     * @throws MirrorException if it is not, or cannot be read
     */
    public void check() throws MirrorException {
        inTurn(() -> {
            try {
                loadRecord();
            } catch (IOException e) {
                throw new MirrorException("mirror " + config.name() + ": " + FileReason.of(e), e);
            }
        });
    }

    private MirrorRecord loadRecord() throws IOException, MirrorException {
        Optional<MirrorRecord> loaded = records.load();
        firstLife = loaded.isEmpty();
        return new RecordOfTable(config, world.randomness()).complete(loaded);
    }

    private Running assemble(OpenLegs legs, RecordKeeper keeper) {
        Labels labels = new Labels(state, keeper);
        LegFailures failures = new LegFailures(state, keeper, labels, legs);
        Cleaner cleaner = new Cleaner(state, book, failures, config);
        Recovery recovery = new Recovery(
                state, cleaner, failures, new Promotion(state, keeper, failures, labels), config.recovery());
        LegReturns returns = new LegReturns(state, keeper, failures, labels, book, cleaner, recovery, legs);
        DataPath path = new DataPath(state, book, failures, recovery);
        for (int i = 0; i < keeper.record().legs().size(); i++) {
            LegRecord leg = keeper.record().legs().get(i);
            if (legs.has(i) && leg.state() == State.CURRENT && leg.forceFailed()) {
                // P13: the latch outlives the run; only an operator's resume ends it. A leg that returns is copied
                // anew.
                legs.legs()[i].latchForceFailure(
                        new IOException("an earlier force failed, and the leg could not be excluded"));
            }
        }
        return new Running(
                legs,
                keeper,
                labels,
                failures,
                new LegFlush(state, failures),
                cleaner,
                recovery,
                returns,
                path,
                new Scrub(state, new Mending(state, keeper, failures, labels, path.writes())),
                null);
    }

    private DirtyLog createLog(Running parts) throws DirtyLogException {
        MirrorRecord record = parts.keeper.record();
        LogSpec spec = LogSpec.of(record.mirrorId(), state.geometry)
                .withInitialSync(config.table().initialSync())
                .withArguments(config.table().logArguments())
                .withPatience(config.patience());
        Devices.Missing missing = record.completed() ? Devices.Missing.REFUSE : Devices.Missing.CREATE;
        return logs.create(
                config.table().logType(), spec, new MirrorHost(state, parts.legFlush, missing, parts.recovery::kick));
    }

    /** Opens the log and lets clients in. */
    private void start(Running parts) throws DirtyLogException, IOException, MirrorException {
        found = new LogOpening(state, config, parts.keeper, parts.labels).open(parts.log, parts.legs);
        running = parts;
        book.start(parts.log, parts.legFlush);
        parts.cleaner.start();
        message = "";
        word = MirrorStatus.Word.RUNNING;
        // Before anybody is let in: a writer whose legs fail tells the log by it.
        parts.recovery.start(parts.log);
        // P22: one that could not take its label does not see the first write.
        parts.failures.excludeUnlabelled();
        state.writes.open();
        state.reads.open();
        state.regionsChanged.raise();
        watchMissing();
    }

    private void report(OpenLegs legs) {
        String copied = FoundLog.whyCopied(found, config);
        if (!copied.isEmpty()) {
            LOG.warn("Mirror {}: {}", config.name(), copied);
        }
        LOG.info(
                "Mirror {}: opened, log {} found {}, {} of {} regions dirty",
                config.name(),
                config.table().logType(),
                found.name().toLowerCase(Locale.ROOT),
                StatusView.count(state).dirty(),
                state.geometry.regionCount());
        for (String trouble : legs.troubles()) {
            LOG.warn(
                    "Mirror {}: goes on without {}. What it lacks is copied once it is back; to copy everything to what is there:"
                            + " mirror:resync {} --leg N",
                    config.name(),
                    trouble,
                    config.name());
        }
    }

    // ---- legs that come back ----------------------------------------------------------------------------------------

    /** Looks again and again for legs that were missing, as long as there are any. */
    private void watchMissing() {
        Running parts = running;
        if (parts == null || !parts.returns.isAnyMissing() || !watching.compareAndSet(false, true)) {
            return;
        }
        world.tasks().startAfter(LOOK_NANOS, config.name() + "/missing", () -> {
            watching.set(false);
            try {
                inTurn(() -> {
                    if (word == MirrorStatus.Word.RUNNING) {
                        running.returns.attachMissing(running.log);
                    }
                });
            } catch (MirrorException e) {
                throw new IllegalStateException(e);
            }
            watchMissing();
        });
    }

    /**
     * Brings a leg back that is excluded or missing. If it is known to be what it was, what it lacks is copied to it.
     *
     * @param index of the leg in the table line
     * @param full  whether a device that is not known to be what it was is overwritten
     * @param now   whether a leg that came back and failed before is tried at once
     * @throws MirrorException if it cannot come back; nothing was written
     */
    public void resync(int index, boolean full, boolean now) throws MirrorException {
        inTurn(() -> {
            Running parts = requireRunning();
            if (index < 0 || index >= state.legs().size()) {
                throw new MirrorException("mirror " + config.name() + " has no leg " + index + "; it has the legs 0 to "
                        + (state.legs().size() - 1));
            }
            parts.returns.resync(parts.log, index, full, now);
        });
    }

    /**
     * Brings back all legs that are not attached and are known to be what they were, and tries at once what could not be copied.
     *
     * @throws MirrorException if one of them cannot come back; the others have
     */
    public void resync() throws MirrorException {
        inTurn(() -> {
            Running parts = requireRunning();
            MirrorException trouble = null;
            for (int i = 0; i < state.legs().size(); i++) {
                if (!state.legs().isAttached(i)) {
                    try {
                        parts.returns.resync(parts.log, i, false, true);
                    } catch (MirrorException e) {
                        trouble = e;
                    }
                }
            }
            parts.recovery.retryNow();
            if (trouble != null) {
                throw trouble;
            }
        });
    }

    /**
     * Compares the legs while clients go on; {@link #status()} tells how far it is and what was found.
     *
     * @param rateMiB MiB of the volume a second, 1 or more
     * @param repair  whether what differs is rewritten
     * @param from    the leg to rewrite from; if empty, one that more than half of the legs agree with, where there is one
     * @throws MirrorException if the mirror does not run, a comparison is under way, or nobody can know which leg is right
     */
    public void scrub(long rateMiB, boolean repair, OptionalInt from) throws MirrorException {
        inTurn(() -> {
            Running parts = running;
            if (parts == null || word != MirrorStatus.Word.RUNNING) {
                throw new MirrorException("mirror " + config.name() + " is "
                        + status().word().text() + ", the legs of one that runs can be compared");
            }
            int size = state.legs().size();
            if (from.isPresent() && (from.getAsInt() >= size || !state.legs().isAttached(from.getAsInt()))) {
                throw new MirrorException("mirror " + config.name() + " has no attached leg " + from.getAsInt());
            }
            if (repair && from.isEmpty() && size < 3) {
                throw new MirrorException(
                        "of two legs that differ nobody knows which is right. Look at what differs, then:"
                                + " mirror:scrub " + config.name() + " --repair --from N");
            }
            parts.scrub.start(rateMiB, new Scrub.Repair(repair, from));
        });
    }

    /** Ends a comparison of the legs that is under way. */
    public void stopScrub() {
        Running parts = running;
        if (parts != null) {
            parts.scrub.stop();
            parts.scrub.awaitEnd();
        }
    }

    /**
     * Makes the record anew, from the labels of the legs if there is none (P24, P34). The mirror is not open; it is to be opened
     * afterwards, and then everything is copied from one leg to the others.
     *
     * @param source index of the leg to be believed. If empty, nothing is done, and the exception tells what was found
     * @throws MirrorException if the record was not written; nothing was changed
     */
    public void rebuild(OptionalInt source) throws MirrorException {
        inTurn(() -> {
            if (running != null) {
                throw new MirrorException("mirror " + config.name() + " is "
                        + status().word().text() + ", it has a record and a current leg. Nothing was done");
            }
            new Rebuilding(config, world, records).rebuild(source);
        });
    }

    private Running requireRunning() throws MirrorException {
        if (running == null || word != MirrorStatus.Word.RUNNING) {
            throw new MirrorException("mirror " + config.name() + " is "
                    + status().word().text() + ", legs come back to one that runs only");
        }
        return running;
    }

    // ---- suspend, resume, stop --------------------------------------------------------------------------------------

    /**
     * Holds new I/O, finishes what is under way, and leaves legs and log as after a clean stop (P32).
     *
     * @throws MirrorException if the mirror does not run
     */
    public void suspend() throws MirrorException {
        inTurn(() -> {
            if (running == null || word == MirrorStatus.Word.SUSPENDED) {
                throw new MirrorException("mirror " + config.name() + " is "
                        + status().word().text() + ", only one that runs can be suspended");
            }
            if (!running.failures.pending().isEmpty()) {
                throw new MirrorException(
                        "mirror " + config.name() + " cannot be suspended now: " + running.failures.pending());
            }
            quiesce(running);
        });
    }

    private void quiesce(Running parts) {
        parts.scrub.stop();
        book.leave();
        parts.recovery.pause();
        parts.cleaner.pause();
        state.writes.close();
        state.reads.close();
        word = MirrorStatus.Word.SUSPENDED;
        if (parts.failures.pending().isEmpty()) {
            state.writes.awaitEmpty();
        }
        state.reads.awaitEmpty();
        // P5, P7: who waits for an exclusion still counts itself in its region, and the table is filled anew at a
        // resume.
        state.awaitSettled();
        book.holdMarks();
        try {
            if (book.failure() == null && parts.failures.pending().isEmpty()) {
                parts.cleaner.cleanAll();
                forceLegs(parts);
            }
            book.pause();
            parts.log.preSuspend();
            // If we crash before this has returned, the log counts as that of a crash.
            parts.log.postSuspend();
        } catch (DirtyLogException | IOException e) {
            LOG.warn(
                    "Mirror {}: suspended, but not as after a clean stop; what is dirty is copied at the next start: {}",
                    config.name(),
                    e.getMessage());
        } finally {
            book.pause();
        }
    }

    /** What was never cleaned has never been forced either. */
    private void forceLegs(Running parts) throws IOException {
        LegSet legs = state.legs();
        LegForces.Outcome outcome = new LegForces(state).forceAttached(legs);
        if (outcome.failed() == 0) {
            return;
        }
        IOException why = outcome.why();
        legs.latchFailing(outcome.failed());
        parts.failures.exclude(why);
    }

    /**
     * Opens the log again and lets I/O go on. Ends the latch of a last leg that could not be forced, after rewriting on it
     * what is not clean (P13).
     *
     * @throws MirrorException if the mirror is not suspended, or the log cannot be opened; it then stays suspended
     */
    public void resume() throws MirrorException {
        inTurn(() -> {
            Running parts = running;
            if (parts == null || word != MirrorStatus.Word.SUSPENDED) {
                throw new MirrorException("mirror " + config.name() + " is "
                        + status().word().text() + ", only one that is suspended can be resumed");
            }
            if (state.legs().hangingMask() != 0) {
                throw new MirrorException(
                        "mirror " + config.name() + " stays suspended: something that was answered with an"
                                + " error is under way on its last current leg still, and may come over what is written"
                                + " next. Resume it again when the leg answers, see mirror:status " + config.name());
            }
            try {
                DirtyLog log = parts.log;
                if (book.failure() != null || logSpent) {
                    log.close();
                    logSpent = false;
                    log = createLog(parts);
                    parts = parts.with(log);
                    running = parts;
                }
                new Unlatching(state, parts.keeper).unlatch();
                start(parts);
            } catch (IOException | DirtyLogException e) {
                message = e.getMessage();
                // It may have been resumed already: the next attempt begins with another object.
                logSpent = true;
                throw new MirrorException("mirror " + config.name() + " stays suspended: " + e.getMessage(), e);
            }
        });
    }

    /**
     * Takes over other policies while I/O goes on. When to clean and what to do on the loss of the log count at once, what the
     * log is opened with from its next opening on.
     *
     * @param next with the same name, export name and table
     */
    public void follow(MirrorConfig next) {
        if (!next.table().equals(config.table())
                || !next.name().equals(config.name())
                || !next.exportName().equals(config.exportName())) {
            throw new IllegalArgumentException("mirror " + config.name() + " can take over policies only, not " + next);
        }
        config = next;
        book.failWrites(next.failOnLogLoss());
        state.watch.follow(next.legs());
        Running parts = running;
        if (parts != null) {
            parts.legs.follow(next.legs());
            parts.cleaner.follow(next);
            parts.recovery.follow(next.recovery());
        }
    }

    /** Stops cleanly and gives everything back. Without an opening before, it has no effect. Clients get errors from now on. */
    public void stop() {
        giveUpExclusions();
        try {
            inTurn(this::stopInTurn);
        } catch (MirrorException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Stops cleanly, takes the mirror's name off its log, also one that could not be opened, and removes its record. No leg is
     * touched.
     *
     * @throws MirrorException if the log or the record cannot be released; the mirror is stopped all the same
     */
    public void dissolve() throws MirrorException {
        giveUpExclusions();
        inTurn(() -> {
            stopInTurn();
            released().dissolve();
        });
    }

    /**
     * Stops, and takes back what {@link #open()} made: its record, and its name on the log. If there was a record of an
     * earlier life, it and the log stay as they are: they are all that tells which leg to believe (P24, P34).
     *
     * @throws MirrorException if the log cannot be released; then the record stays too, and a next attempt goes on with both
     */
    public void takeBack() throws MirrorException {
        giveUpExclusions();
        inTurn(() -> {
            stopInTurn();
            if (firstLife) {
                released().takeBack();
            }
        });
    }

    private Remains released() {
        return new Remains(config, world, logs, records);
    }

    /** One that cannot be recorded may hold up the command before this one. */
    private void giveUpExclusions() {
        state.watch.hurry(STOP_NANOS);
        Running parts = running;
        if (parts != null) {
            parts.failures.stop();
        }
    }

    private void stopInTurn() {
        Running parts = running;
        ended = true;
        if (parts != null) {
            parts.failures.stop();
            if (word != MirrorStatus.Word.SUSPENDED) {
                quiesce(parts);
            }
            state.writes.shut();
            state.reads.shut();
            book.stop();
            state.regionsChanged.raise();
            parts.scrub.awaitEnd();
        }
        word = MirrorStatus.Word.STOPPED;
        if (parts != null) {
            parts.failures.end();
            parts.log.close();
            parts.legs.close();
        }
        running = null;
    }

    // ---- what others see --------------------------------------------------------------------------------------------

    /**
     * Notes why the mirror is not open.
     *
     * @param newWord {@code WAITING} or {@code FAILED}
     * @param why     for the operator
     */
    public void notOpen(MirrorStatus.Word newWord, String why) {
        word = newWord;
        message = why;
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public String exportName() {
        return config.exportName();
    }

    /**
     * What it was asked to be.
     *
     * @return the table line
     */
    public TableLine table() {
        return config.table();
    }

    @Override
    public UUID id() {
        return running.keeper.record().mirrorId();
    }

    @Override
    public RegionGeometry geometry() {
        return state.geometry;
    }

    @Override
    public BlockDevice device() {
        return running.path;
    }

    @Override
    public void conditions(long positionBytes, long bytes, RunVisitor visitor) {
        StatusView.conditions(state, positionBytes, bytes, visitor);
    }

    @Override
    public MirrorStatus status() {
        Running parts = running;
        if (parts == null || parts.log == null) {
            return StatusView.closed(config, word, message);
        }
        MirrorStatus.Word now = word;
        String why = message;
        LegSet legs = state.legs();
        if (now == MirrorStatus.Word.RUNNING) {
            if (!parts.failures.pending().isEmpty()) {
                now = MirrorStatus.Word.FAILED;
                why = parts.failures.pending();
            } else if (book.failure() != null) {
                now = MirrorStatus.Word.LOG_FAILED;
                why = book.failure().getMessage();
            } else if (!book.silence().isEmpty()) {
                now = MirrorStatus.Word.LOG_FAILED;
                why = book.silence();
            } else if (!legs.isComplete()) {
                now = MirrorStatus.Word.DEGRADED;
                why = StatusView.whyDegraded(config, legs, parts.legs);
            } else if (legs.hangingMask() != 0) {
                now = MirrorStatus.Word.FAILED;
                why = StatusView.whyHanging(config, legs);
            } else if (legs.staleMask() != 0 || StatusView.count(state).inSync() < state.geometry.regionCount()) {
                now = MirrorStatus.Word.RECOVERING;
                why = FoundLog.whyCopied(found, config);
            }
            if (why.isEmpty()) {
                why = StatusView.whySlow(legs, world.clock().nanos());
            }
        }
        return new StatusView(config, state, found, parts.keeper.record(), parts.legs)
                .status(now, why, parts.log.status(), parts.recovery.progress(), parts.scrub.status());
    }
}
