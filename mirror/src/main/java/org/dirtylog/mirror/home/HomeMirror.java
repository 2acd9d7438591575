// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.seams.FileReason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mirror of a home, made what its configuration asks for: opened, tried again, changed, stopped. What it is not asked for
 * rightly it does not do; it goes on as it was.
 */
final class HomeMirror {
    private static final Logger LOG = LoggerFactory.getLogger(HomeMirror.class);
    private static final long RETRY_NANOS = 2_000_000_000L;

    private final String name;
    private final Place place;
    private final MirrorService service;

    /** Held while it is opened or changed, so that a command and the next try do not meet. */
    private final ReentrantLock turn = new ReentrantLock();

    private final AtomicBoolean removing = new AtomicBoolean();
    private final AtomicBoolean retryPending = new AtomicBoolean();
    private final AtomicBoolean followPending = new AtomicBoolean();

    /** What it is to be; {@code null} if it is not to be at all, or nothing right was said yet. */
    private volatile Settings wanted;

    /** What {@link #mirror} was made from. Guarded by {@link #turn}. */
    private MirrorConfig config;

    /** Without an object if its configuration never was right. */
    private volatile Mirror mirror;

    /** Why it is not open. */
    private volatile MirrorException trouble;
    /** Why it is open and not what was asked for, or {@code null}. */
    private volatile MirrorException refusal;
    /** What is wrong with its file, which is why nothing of it was asked for; or {@code null}. */
    private volatile MirrorException badFile;

    private volatile boolean open;

    HomeMirror(String name, Place place) {
        this.name = name;
        this.place = place;
        this.service = new MirrorService(place.context());
        this.trouble = new MirrorException("mirror " + name + " is being made");
    }

    // ---- what is asked for ------------------------------------------------------------------------------------------

    /** Notes what it is to be from now on; {@link #follow} makes it that. */
    void want(Settings settings) {
        badFile = null;
        wanted = settings;
    }

    /** Whether nobody asks for it, neither rightly nor wrongly. */
    boolean isUnwanted() {
        return wanted == null && badFile == null;
    }

    /** Notes that its file is wrong. If it is open, it goes on. */
    void refuse(MirrorException why) {
        MirrorException told = notStarted(why);
        badFile = told;
        note(told);
    }

    /** Takes its name for clients, if it is right in what it is asked for. What is wrong is kept for the first try. */
    void prepare() {
        turn.lock();
        try {
            prepare(parse(wanted));
        } catch (MirrorException e) {
            note(e);
        } finally {
            turn.unlock();
        }
    }

    /** Soon makes it what is wanted. What waits for something is tried again. */
    void followSoon() {
        if (followPending.compareAndSet(false, true)) {
            place.openings().add(name + "/start", () -> {
                followPending.set(false);
                try {
                    follow();
                } catch (MirrorException e) {
                    // It was noted, and is told to whoever asks.
                    LOG.debug("Mirror {} is not what is wanted", name, e);
                }
            });
        }
    }

    /**
     * Makes it what is wanted.
     *
     * @throws MirrorException if that cannot be; if it only waits, it is tried again
     */
    private void follow() throws MirrorException {
        turn.lock();
        try {
            Settings now = wanted;
            MirrorException bad = badFile;
            if (bad != null && !open) {
                throw bad;
            }
            if (now == null) {
                leave();
                return;
            }
            requireNotEnded();
            MirrorConfig next = parse(now);
            if (open) {
                change(next);
            } else {
                open(next);
            }
            refusal = null;
        } catch (MirrorException e) {
            if (!service.isEnded()) {
                note(e);
            }
            throw e;
        } finally {
            turn.unlock();
        }
    }

    private MirrorConfig parse(Settings settings) throws MirrorException {
        try {
            return MirrorFile.parse(settings, place.logs()::parametersOf);
        } catch (MirrorException e) {
            throw notStarted(e);
        }
    }

    private MirrorException notStarted(MirrorException e) {
        return open || e.isWaiting() ? e : new MirrorException(e.getMessage() + "; the mirror is not started", e);
    }

    /** An object that can tell of itself, with the name it is asked to have. */
    private Mirror prepare(MirrorConfig next) throws MirrorException {
        if (mirror == null || !next.equals(config)) {
            mirror = object(next);
            config = next;
        }
        claim(next);
        return mirror;
    }

    private Mirror object(MirrorConfig next) {
        Mirror made = new Mirror(next, place.world(), place.logs());
        made.onTableChange(this::writeTableSoon);
        return made;
    }

    private void claim(MirrorConfig next) throws MirrorException {
        String owner = place.exports().claim(next.exportName(), name);
        if (!owner.equals(name)) {
            throw MirrorException.waiting(
                    "mirror " + name + " is not opened: its export name '" + next.exportName()
                            + "' is that of mirror "
                            + owner + ". Give it another one with export= in "
                            + place.configurations().place(name)
                            + ", or remove the other mirror",
                    null);
        }
    }

    private void open(MirrorConfig next) throws MirrorException {
        Mirror made = prepare(next);
        // Whoever ends it has seen the object, or is seen here.
        requireNotEnded();
        made.open();
        open = true;
        service.publish(made);
    }

    // ---- while it serves --------------------------------------------------------------------------------------------

    /** Takes over another configuration: policies in place, all else by a clean stop and a start. */
    private void change(MirrorConfig next) throws MirrorException {
        MirrorConfig before = config;
        if (next.equals(before)) {
            return;
        }
        if (next.table().equals(before.table()) && next.exportName().equals(before.exportName())) {
            mirror.follow(next);
            config = next;
            LOG.info("Mirror {}: takes over its new policies, and goes on", name);
            return;
        }
        if (mirror.status().word() == MirrorStatus.Word.SUSPENDED) {
            throw MirrorException.waiting(
                    "mirror " + name + " is suspended; its new configuration counts after: mirror:resume " + name,
                    null);
        }
        Mirror successor = object(next);
        successor.check();
        claim(next);
        LOG.info("Mirror {}: stops, and starts with its new configuration", name);
        service.withdraw();
        mirror.stop();
        open = false;
        mirror = successor;
        config = next;
        try {
            open(next);
        } catch (MirrorException e) {
            goBack(before, e);
            // Not tried again by itself: each try stops the mirror.
            throw new MirrorException(e.getMessage() + ". Mend that, then save the file again", e);
        }
    }

    private void goBack(MirrorConfig before, MirrorException cause) throws MirrorException {
        try {
            open(before);
        } catch (MirrorException e) {
            cause.addSuppressed(e);
            throw cause;
        }
    }

    /** It is no longer asked for: stops, and is forgotten. Its record and its legs stay. */
    private void leave() {
        if (removing.get()) {
            // Whoever removes it stops it, too.
            return;
        }
        service.withdraw();
        Mirror now = mirror;
        if (now != null) {
            if (open) {
                LOG.info("Mirror {}: stops, its configuration has gone; record, log and legs stay", name);
            }
            now.stop();
        }
        open = false;
        mirror = null;
        config = null;
        place.exports().release(name);
        place.forget().accept(this);
    }

    private void note(MirrorException e) {
        boolean serves = open;
        String why = e.getMessage() + (serves ? "; the mirror goes on with its old configuration" : "");
        MirrorException noted = e.isWaiting() ? MirrorException.waiting(why, e) : new MirrorException(why, e);
        MirrorException before = serves ? refusal : trouble;
        if (before == null || !before.getMessage().equals(why)) {
            LOG.error("{}", why);
        }
        if (serves) {
            refusal = noted;
        } else {
            trouble = noted;
            Mirror now = mirror;
            if (now != null) {
                now.notOpen(
                        e.isWaiting() ? MirrorStatus.Word.WAITING : MirrorStatus.Word.FAILED,
                        why + (e.isWaiting() ? "" : ". Once that is mended: mirror:resume " + name));
            }
        }
        if (e.isWaiting() && retryPending.compareAndSet(false, true)) {
            place.world().tasks().startAfter(RETRY_NANOS, name + "/start", () -> {
                retryPending.set(false);
                followSoon();
            });
        }
    }

    private void requireNotEnded() throws MirrorException {
        if (service.isEnded()) {
            throw new MirrorException("mirror " + name + " is not opened: it is being stopped or removed");
        }
    }

    /** Stops cleanly, for good. */
    void stop() {
        service.end();
        Mirror now = mirror;
        if (now != null) {
            now.stop();
        }
    }

    // ---- commands ---------------------------------------------------------------------------------------------------

    /**
     * Makes it, with its file.
     *
     * @throws MirrorException if it cannot be made; what was there before is as it was
     */
    void create(MirrorConfig asked) throws MirrorException {
        String owner = place.exports().claim(asked.exportName(), name);
        if (!owner.equals(name)) {
            throw new MirrorException("the export name '" + asked.exportName() + "' is that of mirror " + owner
                    + "; choose another one with --export");
        }
        turn.lock();
        try {
            // What the folder refuses, it refuses before log and record are touched.
            Configurations.Draft draft = place.configurations().draft(name, MirrorFile.print(asked));
            Mirror made = object(asked);
            // Whoever ends it has seen the object, or is seen here.
            mirror = made;
            if (service.isEnded()) {
                place.configurations().dropDraft(draft);
                requireNotEnded();
            }
            new Creation(made, place.configurations(), draft).complete();
            open = true;
            // As its file says it, which does not say everything that is only for the first opening.
            config = parse(Settings.of(name, draft.text()));
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror '" + name + "' is not made: "
                            + place.configurations().place(name) + ": " + FileReason.of(e),
                    e);
        } finally {
            turn.unlock();
        }
        service.publish(mirror);
    }

    Mirror mirror() throws MirrorException {
        Mirror now = mirror;
        if (now == null) {
            throw trouble;
        }
        return now;
    }

    MirrorStatus status() throws MirrorException {
        MirrorStatus status = mirror().status();
        MirrorException wrong = badFile == null ? refusal : badFile;
        if (!open || wrong == null) {
            return status;
        }
        String goesOn = "it goes on with its old configuration: " + wrong.getMessage();
        return status.withMessage(status.message().isEmpty() ? goesOn : status.message() + ". And " + goesOn);
    }

    /** What a command does to a mirror that has an object. */
    @FunctionalInterface
    interface Change {
        void of(Mirror mirror) throws MirrorException;
    }

    /**
     * Changes the legs or the length of the mirror, and the table line in its file. Every other character of the file stays, and the
     * change is none to follow.
     *
     * @throws MirrorException if it cannot be done; or if it is done and the file cannot be changed: then the mirror's record counts
     *                         until the file says the same
     */
    void changeTable(Change change) throws MirrorException {
        turn.lock();
        try {
            // What the folder refuses, it refuses before the mirror is touched.
            place.configurations()
                    .requireWritable(name, "table", mirror().table().toString());
            change.of(mirror());
            writeTable();
        } catch (IOException e) {
            throw notWritten(e);
        } finally {
            turn.unlock();
        }
    }

    /** The mirror has another table line than its file, which happens also when a leg has replaced another one. */
    private void writeTableSoon() {
        place.openings().add(name + "/table", () -> {
            turn.lock();
            try {
                if (open) {
                    writeTable();
                }
            } catch (MirrorException e) {
                LOG.error("{}", e.getMessage());
            } finally {
                turn.unlock();
            }
        });
    }

    private void writeTable() throws MirrorException {
        try {
            // If we crash before, the mirror is changed and its file is not: the record counts, and this is done at the
            // next
            // start.
            mirror().writeTable(table -> config = parse(place.configurations().set(name, "table", table.toString())));
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private MirrorException notWritten(IOException e) throws MirrorException {
        return new MirrorException(
                "the file of mirror " + name + " cannot be changed: "
                        + place.configurations().place(name) + ": " + FileReason.of(e) + ". Write there: table = "
                        + ConfigText.escape(mirror().table().toString()),
                e);
    }

    void suspend() throws MirrorException {
        mirror().suspend();
    }

    void resync(OptionalInt leg, boolean now) throws MirrorException {
        if (leg.isPresent()) {
            mirror().resync(leg.getAsInt(), true, now);
        } else {
            mirror().resync();
        }
    }

    /** Makes its record anew, and opens it. */
    void rebuild(OptionalInt source) throws MirrorException {
        turn.lock();
        try {
            Settings now = wanted;
            if (!open && now != null) {
                prepare(parse(now));
            }
            mirror().rebuild(source);
        } finally {
            turn.unlock();
        }
        follow();
    }

    /** One that is not open yet is tried at once, with its file as it is now. */
    void resume() throws MirrorException {
        if (open) {
            mirror().resume();
            // A new configuration may have waited for this.
            followSoon();
            return;
        }
        try {
            place.configurations().readAgain(name);
        } catch (MirrorException e) {
            refuse(e);
            throw notStarted(e);
        }
        follow();
    }

    /**
     * Removes it with its file and record.
     *
     * @param forget called as soon as it is gone, whatever is left of it
     * @throws MirrorException if its file cannot be removed: then it goes on as before; or if its log could not be released:
     *                         then it is removed all the same
     */
    void remove(Runnable forget) throws MirrorException {
        if (!removing.compareAndSet(false, true)) {
            throw new MirrorException("mirror '" + name + "' is being removed already");
        }
        try {
            // The file first: if we crash in between, the mirror does not come back, and its log has a name that create
            // --adopt-log takes off.
            place.configurations().remove(name);
        } catch (IOException e) {
            removing.set(false);
            throw new MirrorException(
                    "mirror '" + name + "' is not removed, it goes on as before: its file "
                            + place.configurations().place(name) + " cannot be removed: " + FileReason.of(e),
                    e);
        }
        try {
            service.end();
            Mirror now = mirror;
            if (now == null) {
                throw new MirrorException(
                        "mirror '" + name + "' is removed, but its file told nothing of its log and legs:"
                                + " a record and a log of that name are as they were. mirror:create " + name
                                + " with the same legs goes on with them");
            }
            now.dissolve();
        } finally {
            place.exports().release(name);
            forget.run();
        }
    }
}
