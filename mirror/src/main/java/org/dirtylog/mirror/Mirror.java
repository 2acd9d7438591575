// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.FileReason;
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

    private static final String RESHAPED = "legs and length of one that runs can be changed";

    private final Surroundings world;
    private final DirtyLogs logs;
    private final MirrorRecords records;
    final MirrorState state;
    private final Turns turns;
    private final CurrentTable table;
    private final Reshaping reshaping;
    private final LogBook book;
    private final AtomicBoolean watching = new AtomicBoolean();

    private volatile MirrorStatus.Word word = MirrorStatus.Word.STARTING;
    private volatile String message = "";
    volatile MirrorLife life;
    /** Whether it was stopped: what is opened after that would never be closed. Guarded by taking turns. */
    private boolean ended;
    /** Whether there was no record of an earlier life. Guarded by taking turns. */
    private boolean firstLife;

    /**
     * Prepares a mirror; nothing is opened yet.
     *
     * @param config what it is asked to be
     * @param world  what it stands on
     * @param logs   makes its log
     */
    public Mirror(MirrorConfig config, Surroundings world, DirtyLogs logs) {
        this.world = world;
        this.logs = logs;
        this.records = new FileMirrorRecords(world.devices().records(), config.name());
        this.state = new MirrorState(config.name(), config.table().geometry(), world);
        this.turns = new Turns(world.tasks(), config.name());
        this.table = new CurrentTable(config, state);
        this.reshaping = new Reshaping(state, table);
        this.book = new LogBook(state, config.failOnLogLoss(), this::marked);
        state.watch.follow(config.legs());
        // Nobody comes in before it is open.
        state.writes.close();
        state.reads.close();
    }

    private void marked(long count) {
        MirrorLife now = life;
        if (now != null) {
            now.marked(count);
        }
    }

    private MirrorConfig config() {
        return table.config();
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
        turns.take(this::openInTurn);
    }

    private void openInTurn() throws MirrorException {
        if (life != null) {
            throw new MirrorException("mirror " + config().name() + " is open already");
        }
        if (ended) {
            throw new MirrorException("mirror " + config().name() + " is stopped, it is not opened again");
        }
        MirrorLife opening = null;
        boolean opened = false;
        try {
            MirrorRecord record = loadRecord();
            OpenLegs legs = OpenLegs.open(config().name(), record, config().legs(), world);
            RecordKeeper keeper = new RecordKeeper(records, record, world.tasks(), config().name());
            opening = new MirrorLife(config(), state, book, logs, legs, keeper, this::promoted);
            if (!record.completed() && !legs.troubles().isEmpty()) {
                throw MirrorException.waiting(
                        "mirror " + config().name() + " cannot be made: " + String.join("; ", legs.troubles())
                                + ". A leg must be there; none was touched",
                        null);
            }
            life = opening;
            reshaping.growAsAsked(opening);
            opening.createLog(config());
            start(opening);
            opened = true;
            report(opening);
        } catch (IOException e) {
            throw new MirrorException("mirror " + config().name() + " cannot be opened: " + FileReason.of(e), e);
        } catch (DirtyLogException e) {
            if (MirrorHost.mayCome(e)) {
                throw MirrorException.waiting("mirror " + config().name() + " waits for its log: " + e.getMessage(), e);
            }
            throw new MirrorException("mirror " + config().name() + " cannot be opened: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                life = null;
                if (opening != null) {
                    opening.close();
                }
            }
        }
        finishReplacements();
        table.tell();
    }

    /**
     * Tells whether this mirror's record, if there is one, is one of its table, as {@link #open()} would find it. Nothing is
     * changed, and another object may have the mirror open.
     *
     * @throws MirrorException if it is not, or cannot be read
     */
    public void check() throws MirrorException {
        turns.take(() -> {
            try {
                loadRecord();
            } catch (IOException e) {
                throw new MirrorException("mirror " + config().name() + ": " + FileReason.of(e), e);
            }
        });
    }

    /** Where a command has changed the legs or the length and the file does not say so yet, the record counts. */
    private MirrorRecord loadRecord() throws IOException, MirrorException {
        Optional<MirrorRecord> loaded = records.load();
        firstLife = loaded.isEmpty();
        MirrorRecord record = new RecordOfTable(table.configInFile(), world.randomness()).complete(loaded);
        table.follow(record);
        return record;
    }

    /** Opens the log and lets clients in. */
    private void start(MirrorLife opening) throws DirtyLogException, IOException, MirrorException {
        opening.start(config());
        message = "";
        word = MirrorStatus.Word.RUNNING;
        watchMissing();
    }

    private void report(MirrorLife opened) {
        String copied = FoundLog.whyCopied(opened.found(), config());
        if (!copied.isEmpty()) {
            LOG.warn("Mirror {}: {}", config().name(), copied);
        }
        LOG.info(
                "Mirror {}: opened, log {} found {}, {} of {} regions dirty",
                config().name(),
                config().table().logType(),
                opened.found().name().toLowerCase(Locale.ROOT),
                StatusView.count(state).dirty(),
                state.geometry.regionCount());
        for (String trouble : opened.legs.troubles()) {
            LOG.warn(
                    "Mirror {}: goes on without {}. What it lacks is copied once it is back; to copy everything to what is there:"
                            + " mirror:resync {} --leg N",
                    config().name(),
                    trouble,
                    config().name());
        }
    }

    // ---- legs that come back ----------------------------------------------------------------------------------------

    /** Looks again and again for legs that were missing, as long as there are any. */
    private void watchMissing() {
        MirrorLife now = life;
        if (now == null || !now.returns.isAnyMissing() || !watching.compareAndSet(false, true)) {
            return;
        }
        world.tasks().startAfter(LOOK_NANOS, config().name() + "/missing", () -> {
            watching.set(false);
            turns.takeQuietly(() -> {
                if (word == MirrorStatus.Word.RUNNING) {
                    life.returns.attachMissing(life.log());
                }
            });
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
        turns.take(() -> {
            MirrorLife running = requireRunning();
            requireLeg(index);
            running.returns.resync(running.log(), index, full, now);
        });
    }

    /**
     * Brings back all legs that are not attached and are known to be what they were, and tries at once what could not be copied.
     *
     * @throws MirrorException if one of them cannot come back; the others have
     */
    public void resync() throws MirrorException {
        turns.take(() -> {
            MirrorLife running = requireRunning();
            MirrorException trouble = null;
            for (int i = 0; i < state.legs().size(); i++) {
                if (!state.legs().isAttached(i)) {
                    try {
                        running.returns.resync(running.log(), i, false, true);
                    } catch (MirrorException e) {
                        trouble = e;
                    }
                }
            }
            running.recovery.retryNow();
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
        turns.take(() -> {
            MirrorLife running = requireRunning("the legs of one that runs can be compared");
            int size = state.legs().size();
            if (from.isPresent() && (from.getAsInt() >= size || !state.legs().isAttached(from.getAsInt()))) {
                throw new MirrorException("mirror " + config().name() + " has no attached leg " + from.getAsInt());
            }
            if (repair && from.isEmpty() && size < 3) {
                throw new MirrorException(
                        "of two legs that differ nobody knows which is right. Look at what differs, then:"
                                + " mirror:scrub " + config().name() + " --repair --from N");
            }
            running.scrub.start(rateMiB, new Scrub.Repair(repair, from));
        });
    }

    /** Ends a comparison of the legs that is under way. */
    public void stopScrub() {
        MirrorLife now = life;
        if (now != null) {
            now.scrub.stop();
            now.scrub.awaitEnd();
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
        turns.take(() -> {
            if (life != null) {
                throw new MirrorException("mirror " + config().name() + " is "
                        + status().word().text() + ", it has a record and a current leg. Nothing was done");
            }
            new Rebuilding(config(), world, records).rebuild(source);
        });
    }

    private MirrorLife requireRunning() throws MirrorException {
        return requireRunning("legs come back to one that runs only");
    }

    private MirrorLife requireRunning(String why) throws MirrorException {
        MirrorLife now = life;
        if (now == null || word != MirrorStatus.Word.RUNNING) {
            throw new MirrorException(
                    "mirror " + config().name() + " is " + status().word().text() + ", " + why);
        }
        return now;
    }

    private void requireLeg(int index) throws MirrorException {
        if (index < 0 || index >= state.legs().size()) {
            throw new MirrorException("mirror " + config().name() + " has no leg " + index + "; it has the legs 0 to "
                    + (state.legs().size() - 1));
        }
    }

    // ---- other legs, another length ---------------------------------------------------------------------------------

    /**
     * Sets who is told that {@link #table()} has changed.
     *
     * @param listener called on some task, in no turn
     */
    public void onTableChange(Runnable listener) {
        table.onChange(listener);
    }

    /** Writes the mirror's file. */
    @FunctionalInterface
    public interface TableWriter {
        /**
         * Writes.
         *
         * @param table what the file is to say, durably
         * @throws IOException     if it does not say so
         * @throws MirrorException likewise
         */
        void write(TableLine table) throws IOException, MirrorException;
    }

    /**
     * Has the file of the mirror written, if it does not say what {@link #table()} tells. The table does not change meanwhile.
     *
     * @param writer writes it
     * @throws IOException     if it could not be written; the record counts still
     * @throws MirrorException likewise
     */
    public void writeTable(TableWriter writer) throws IOException, MirrorException {
        IOException[] failure = new IOException[1];
        turns.take(() -> {
            try {
                table.write(writer, life);
            } catch (IOException e) {
                failure[0] = e;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }

    /**
     * Adds a leg while clients go on; it is copied from the others.
     *
     * @param leg   a device that is none of the legs
     * @param adopt whether it may carry the label of another mirror
     * @throws MirrorException if it cannot be; nothing was changed
     */
    public void addLeg(TableLine.Leg leg, boolean adopt) throws MirrorException {
        changeLegs((running, inFile) -> running.changes.add(running.log(), leg, adopt, inFile));
    }

    /**
     * Removes a leg while clients go on, takes the mirror's label off it and gives it back.
     *
     * @param index of the leg in the table line, or of one that is about to replace another one
     * @throws MirrorException if it cannot be; nothing was changed
     */
    public void removeLeg(int index) throws MirrorException {
        changeLegs((running, inFile) -> {
            requireLeg(index);
            running.changes.remove(running.log(), index, inFile);
        });
    }

    /**
     * Puts another device in the place of a leg while clients go on. One that is attached serves until the new one is current.
     *
     * @param index of the leg in the table line
     * @param leg   a device that is none of the legs
     * @param adopt whether it may carry the label of another mirror
     * @throws MirrorException if it cannot be; nothing was changed
     */
    public void replaceLeg(int index, TableLine.Leg leg, boolean adopt) throws MirrorException {
        changeLegs((running, inFile) -> {
            requireLeg(index);
            running.changes.replace(running.log(), index, leg, adopt, inFile);
        });
    }

    private void changeLegs(Reshaping.LegChange change) throws MirrorException {
        turns.take(() -> reshaping.changeLegs(requireRunning(RESHAPED), change));
        table.tell();
    }

    /** All legs that can be are current: one of them may replace another one. */
    private void promoted() {
        MirrorLife now = life;
        if (now != null && Arrangement.due(now.keeper.record()) >= 0) {
            world.tasks().start(config().name() + "/replacement", () -> {
                turns.takeQuietly(this::finishReplacements);
                table.tell();
            });
        }
    }

    private void finishReplacements() {
        if (life != null && word == MirrorStatus.Word.RUNNING) {
            reshaping.finishReplacements(life);
        }
    }

    /**
     * Makes the mirror longer; clients wait meanwhile, and those that are connected keep the length they know. What is new is dirty and
     * is copied.
     *
     * @param sectors its length from now on, more than it has
     * @throws MirrorException if it cannot be; it is as long as before, and runs, if the message does not say otherwise
     */
    public void grow(long sectors) throws MirrorException {
        turns.take(() -> {
            MirrorLife running = requireRunning(RESHAPED);
            MirrorConfig longer = reshaping.longer(running, sectors);
            boolean clean = running.quiesce();
            word = MirrorStatus.Word.SUSPENDED;
            MirrorException trouble = null;
            try {
                reshaping.grow(running, longer, clean);
            } catch (MirrorException e) {
                trouble = e;
            }
            resumeInTurn(running, trouble);
            if (trouble != null) {
                throw trouble;
            }
        });
        table.tell();
    }

    // ---- suspend, resume, stop --------------------------------------------------------------------------------------

    /**
     * Holds new I/O, finishes what is under way, and leaves legs and log as after a clean stop (P32).
     *
     * @throws MirrorException if the mirror does not run
     */
    public void suspend() throws MirrorException {
        turns.take(() -> {
            MirrorLife running = life;
            if (running == null || word == MirrorStatus.Word.SUSPENDED) {
                throw new MirrorException("mirror " + config().name() + " is "
                        + status().word().text() + ", only one that runs can be suspended");
            }
            if (!running.failures.pending().isEmpty()) {
                throw new MirrorException(
                        "mirror " + config().name() + " cannot be suspended now: " + running.failures.pending());
            }
            running.quiesce();
            word = MirrorStatus.Word.SUSPENDED;
        });
    }

    /**
     * Opens the log again and lets I/O go on. Ends the latch of a last leg that could not be forced, after rewriting on it
     * what is not clean (P13).
     *
     * @throws MirrorException if the mirror is not suspended, or the log cannot be opened; it then stays suspended
     */
    public void resume() throws MirrorException {
        turns.take(() -> {
            MirrorLife suspended = life;
            if (suspended == null || word != MirrorStatus.Word.SUSPENDED) {
                throw new MirrorException("mirror " + config().name() + " is "
                        + status().word().text() + ", only one that is suspended can be resumed");
            }
            if (state.legs().hangingMask() != 0) {
                throw new MirrorException(
                        "mirror " + config().name() + " stays suspended: something that was answered with an"
                                + " error is under way on its last current leg still, and may come over what is written"
                                + " next. Resume it again when the leg answers, see mirror:status " + config().name());
            }
            resumeInTurn(suspended, null);
            finishReplacements();
        });
        table.tell();
    }

    private void resumeInTurn(MirrorLife suspended, MirrorException trouble) throws MirrorException {
        try {
            suspended.startAgain(config());
            message = "";
            word = MirrorStatus.Word.RUNNING;
            watchMissing();
        } catch (IOException | DirtyLogException e) {
            message = e.getMessage();
            MirrorException stays = new MirrorException(
                    (trouble == null ? "" : trouble.getMessage() + ". And ") + "mirror " + config().name()
                            + " stays suspended: " + e.getMessage() + ". Once that is mended: mirror:resume "
                            + config().name(),
                    e);
            if (trouble != null) {
                stays.addSuppressed(trouble);
            }
            throw stays;
        }
    }

    /**
     * Takes over other policies while I/O goes on. When to clean and what to do on the loss of the log count at once, what the
     * log is opened with from its next opening on.
     *
     * @param next with the same name, export name and table
     */
    public void follow(MirrorConfig next) {
        table.follow(next);
        book.failWrites(next.failOnLogLoss());
        state.watch.follow(next.legs());
        MirrorLife running = life;
        if (running != null) {
            running.follow(next);
        }
    }

    /** Stops cleanly and gives everything back. Without an opening before, it has no effect. Clients get errors from now on. */
    public void stop() {
        giveUpExclusions();
        turns.takeQuietly(this::stopInTurn);
    }

    /**
     * Stops cleanly, takes the mirror's name off its log, also one that could not be opened, and removes its record. No leg is
     * touched.
     *
     * @throws MirrorException if the log or the record cannot be released; the mirror is stopped all the same
     */
    public void dissolve() throws MirrorException {
        giveUpExclusions();
        turns.take(() -> {
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
        turns.take(() -> {
            stopInTurn();
            if (firstLife) {
                released().takeBack();
            }
        });
    }

    private Remains released() {
        return new Remains(config(), world, logs, records);
    }

    /** One that cannot be recorded may hold up the command before this one. */
    private void giveUpExclusions() {
        state.watch.hurry(STOP_NANOS);
        MirrorLife now = life;
        if (now != null) {
            now.failures.stop();
        }
    }

    private void stopInTurn() {
        MirrorLife ending = life;
        ended = true;
        if (ending != null) {
            ending.failures.stop();
            if (word != MirrorStatus.Word.SUSPENDED) {
                ending.quiesce();
            }
            state.writes.shut();
            state.reads.shut();
            book.stop();
            state.regionsChanged.raise();
            ending.scrub.awaitEnd();
        }
        word = MirrorStatus.Word.STOPPED;
        if (ending != null) {
            ending.close();
        }
        life = null;
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
        return config().name();
    }

    @Override
    public String exportName() {
        return config().exportName();
    }

    /**
     * What it is: as it was asked to be, with the legs and the length that commands have given it since.
     *
     * @return the table line
     */
    public TableLine table() {
        return config().table();
    }

    @Override
    public UUID id() {
        return life.keeper.record().mirrorId();
    }

    @Override
    public RegionGeometry geometry() {
        return state.geometry;
    }

    @Override
    public BlockDevice device() {
        return life.path;
    }

    @Override
    public void conditions(long positionBytes, long bytes, RunVisitor visitor) {
        StatusView.conditions(state, positionBytes, bytes, visitor);
    }

    @Override
    public MirrorStatus status() {
        MirrorLife now = life;
        return now == null || now.found() == null
                ? StatusView.closed(config(), word, message)
                : new StatusView(config(), state, now).status(word, message);
    }
}
