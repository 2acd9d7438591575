// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Surroundings;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One mirror of a home: tried until it is open, a service while it serves. */
final class HomeMirror {
    private static final Logger LOG = LoggerFactory.getLogger(HomeMirror.class);
    private static final long RETRY_NANOS = 2_000_000_000L;

    private final String name;
    private final String file;
    private final Place place;

    /** Held while it is being opened, so that a command and the next try do not meet. */
    private final ReentrantLock opening = new ReentrantLock();

    private final AtomicBoolean removing = new AtomicBoolean();
    private final AtomicBoolean retryPending = new AtomicBoolean();

    /** What {@link #mirror} was made from. Guarded by {@link #opening}. */
    private String text;

    /** Without an object if its file is wrong. */
    private volatile Mirror mirror;

    private volatile MirrorException trouble;
    private volatile boolean open;

    // Guarded by this.
    private boolean ended;
    private ServiceRegistration<MirrorTarget> service;

    /**
     * What the mirrors of a home share.
     *
     * @param context to register services with
     * @param world   what they stand on
     * @param logs    makes their logs
     * @param etc     their files
     * @param exports their names for clients
     */
    record Place(BundleContext context, Surroundings world, DirtyLogs logs, EtcFolder etc, ExportNames exports) {}

    HomeMirror(String name, Place place) {
        this.name = name;
        this.file = MirrorFile.fileName(name);
        this.place = place;
        this.trouble = new MirrorException("mirror " + name + " is being made");
    }

    // ---- from its file ----------------------------------------------------------------------------------------------

    /** Reads the file, and takes the name for clients. What is wrong is kept for the first try. */
    void prepare() {
        opening.lock();
        try {
            load();
        } catch (MirrorException e) {
            note(e);
        } finally {
            opening.unlock();
        }
    }

    /** Opens; what waits for something is tried again. */
    void start() {
        try {
            open();
        } catch (MirrorException e) {
            // It was noted, and is told to whoever asks.
            LOG.debug("Mirror {} is not open", name, e);
        }
    }

    /**
     * Reads the file as it is now, and opens.
     *
     * @throws MirrorException if it is not open; if it waits, it is tried again
     */
    private void open() throws MirrorException {
        opening.lock();
        try {
            if (open) {
                return;
            }
            requireNotEnded();
            Mirror next = load();
            // Whoever ends it has seen the object, or is seen here.
            requireNotEnded();
            next.open();
            open = true;
            publish();
        } catch (MirrorException e) {
            if (!isEnded()) {
                note(e);
            }
            throw e;
        } finally {
            opening.unlock();
        }
    }

    private Mirror load() throws MirrorException {
        String now;
        MirrorConfig config;
        try {
            now = place.etc.read(file);
            config = MirrorFile.parse(file, now, place.logs::parametersOf);
        } catch (MirrorException e) {
            mirror = null;
            throw e;
        }
        if (mirror == null || !now.equals(text)) {
            mirror = new Mirror(config, place.world, place.logs);
            text = now;
        }
        String owner = place.exports.claim(config.exportName(), name);
        if (!owner.equals(name)) {
            throw MirrorException.waiting(
                    "mirror " + name + " is not opened: its export name '" + config.exportName()
                            + "' is that of mirror "
                            + owner + ". Give it another one with export= in " + place.etc + "/" + file
                            + ", or remove the other mirror",
                    null);
        }
        return mirror;
    }

    private void note(MirrorException e) {
        if (!trouble.getMessage().equals(e.getMessage())) {
            LOG.error("{}", e.getMessage());
        }
        trouble = e;
        Mirror now = mirror;
        if (now != null) {
            now.notOpen(
                    e.isWaiting() ? MirrorStatus.Word.WAITING : MirrorStatus.Word.FAILED,
                    e.getMessage() + (e.isWaiting() ? "" : ". Once that is mended: mirror:resume " + name));
        }
        if (e.isWaiting() && retryPending.compareAndSet(false, true)) {
            place.world.tasks().startAfter(RETRY_NANOS, name + "/start", () -> {
                retryPending.set(false);
                start();
            });
        }
    }

    // ---- made by a command ------------------------------------------------------------------------------------------

    /**
     * Makes it, with its file.
     *
     * @throws MirrorException if it cannot be made; what was there before is as it was
     */
    void create(MirrorConfig config) throws MirrorException {
        String owner = place.exports.claim(config.exportName(), name);
        if (!owner.equals(name)) {
            throw new MirrorException("the export name '" + config.exportName() + "' is that of mirror " + owner
                    + "; choose another one with --export");
        }
        opening.lock();
        try {
            text = MirrorFile.print(config);
            // What the folder refuses, it refuses before log and record are touched.
            place.etc.draft(file, text);
            open(config);
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror '" + name + "' is not made: " + place.etc + "/" + file + ": " + FileReason.of(e), e);
        } finally {
            opening.unlock();
        }
        publish();
    }

    private void open(MirrorConfig config) throws MirrorException, IOException {
        boolean logWasThere = Files.exists(logOf(config.table()), LinkOption.NOFOLLOW_LINKS);
        Mirror made = new Mirror(config, place.world, place.logs);
        mirror = made;
        try {
            requireNotEnded();
            made.open();
            // If we crash here, record and log name a mirror that has no file: creating it again finds the record and
            // goes on.
            place.etc.commit(file);
            open = true;
        } catch (MirrorException | IOException e) {
            takeBack(made, logWasThere, e);
            throw e;
        }
    }

    private void takeBack(Mirror made, boolean logWasThere, Exception cause) throws MirrorException {
        try {
            place.etc.dropDraft(file);
            made.takeBack();
            if (!logWasThere) {
                Files.deleteIfExists(logOf(made.table()));
            }
        } catch (MirrorException | IOException e) {
            cause.addSuppressed(e);
            throw new MirrorException(
                    cause.getMessage() + "; and not all of it could be taken back: " + e.getMessage(), cause);
        }
    }

    private void requireNotEnded() throws MirrorException {
        if (isEnded()) {
            throw new MirrorException("mirror " + name + " is not opened: it is being stopped or removed");
        }
    }

    /** The file that an opening may make; for a log without one, a name that nothing has. */
    private static Path logOf(TableLine table) {
        boolean hasFile = table.logType().equals("disk");
        return Path.of(hasFile ? table.logArguments().get(0) : "/dev/null/none");
    }

    // ---- serving ----------------------------------------------------------------------------------------------------

    private void publish() {
        Mirror now = mirror;
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("mirror.name", now.name());
        properties.put("mirror.export", now.exportName());
        ServiceRegistration<MirrorTarget> made = place.context.registerService(MirrorTarget.class, now, properties);
        boolean late;
        synchronized (this) {
            late = ended;
            service = late ? null : made;
        }
        if (late) {
            made.unregister();
        }
    }

    private synchronized boolean isEnded() {
        return ended;
    }

    /** No client comes in from now on, and it is not opened again. */
    private void end() {
        ServiceRegistration<MirrorTarget> service;
        synchronized (this) {
            ended = true;
            service = this.service;
            this.service = null;
        }
        if (service != null) {
            service.unregister();
        }
    }

    /** Stops cleanly. */
    void stop() {
        end();
        Mirror now = mirror;
        if (now != null) {
            now.stop();
        }
    }

    // ---- commands ---------------------------------------------------------------------------------------------------

    private Mirror mirror() throws MirrorException {
        Mirror now = mirror;
        if (now == null) {
            throw trouble;
        }
        return now;
    }

    MirrorStatus status() throws MirrorException {
        return mirror().status();
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
        opening.lock();
        try {
            if (!open) {
                load();
            }
            mirror().rebuild(source);
            open();
        } finally {
            opening.unlock();
        }
    }

    /** One that is not open yet is tried at once, with its file as it is now. */
    void resume() throws MirrorException {
        if (open) {
            mirror().resume();
        } else {
            open();
        }
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
            place.etc.delete(file);
        } catch (IOException e) {
            removing.set(false);
            throw new MirrorException(
                    "mirror '" + name + "' is not removed, it goes on as before: its file " + place.etc + "/" + file
                            + " cannot be removed: " + FileReason.of(e),
                    e);
        }
        try {
            end();
            Mirror now = mirror;
            if (now == null) {
                throw new MirrorException(
                        "mirror '" + name + "' is removed, but its file told nothing of its log and legs:"
                                + " a record and a log of that name are as they were. mirror:create " + name
                                + " with the same legs goes on with them");
            }
            now.dissolve();
        } finally {
            place.exports.release(name);
            forget.run();
        }
    }
}
