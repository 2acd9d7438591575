// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegPolicy;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.Mirrors;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Randomness;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.SynchronousConfigurationListener;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Starts the mirrors that {@code etc/} describes, and obeys commands. */
@Component
public final class HomeMirrors implements Mirrors {
    /** Two looks make a change count. */
    private static final long LOOK_NANOS = 500_000_000L;

    /** So much longer than a look took is the pause after it, so that many files are not looked at all the time. */
    private static final int PAUSE_FACTOR = 100;

    /** How many threads stop mirrors; what hangs keeps its own. */
    private static final int STOPPERS = 32;

    private final Place place;
    private final EtcFolder etc;
    private final EtcWatch watch;
    private final Configurations configurations;
    private final ServiceRegistration<?> listening;
    private final DirtyLogs logs;
    private final Tasks tasks;
    private final Clock clock;

    /** Entries come and go under the monitor. */
    private final Map<String, HomeMirror> mirrors = new ConcurrentSkipListMap<>();

    private boolean begun;
    private volatile boolean stopping;

    /**
     * Reads the files and begins to open the mirrors; it does not wait for them.
     *
     * @param context    of this bundle; its property {@code dirtylog.home} names the home
     * @param tasks      to run on
     * @param clock      to go by
     * @param randomness to draw from
     * @param devices    to stand on
     * @param logs       to make logs with
     * @param admin      has what the mirrors are to be
     */
    @Activate
    public HomeMirrors(
            BundleContext context,
            @Reference Tasks tasks,
            @Reference Clock clock,
            @Reference Randomness randomness,
            @Reference Devices devices,
            @Reference DirtyLogs logs,
            @Reference ConfigurationAdmin admin) {
        String folder = context.getProperty("dirtylog.home");
        this.etc = new EtcFolder(
                FileNames.absolute(Path.of(folder == null ? "." : folder)).resolve("etc"));
        this.logs = logs;
        this.tasks = tasks;
        this.clock = clock;
        this.configurations = new Configurations(etc, admin, new Wishes());
        this.watch = new EtcWatch(etc, configurations);
        this.place = new Place(
                context,
                new Surroundings(tasks, clock, randomness, devices),
                logs,
                configurations,
                new ExportNames(),
                new Openings(tasks),
                this::forget);
        this.listening = context.registerService(SynchronousConfigurationListener.class, configurations, null);
        beginAll();
    }

    /** In the order of their names, so that of two with one name for clients the same one has it every time. */
    private void beginAll() {
        watch.begin();
        configurations.begin();
        List<HomeMirror> first;
        synchronized (this) {
            begun = true;
            first = new ArrayList<>(mirrors.values());
        }
        first.forEach(HomeMirror::followSoon);
        tasks.startAfter(LOOK_NANOS, "etc", this::look);
    }

    private void look() {
        if (stopping) {
            return;
        }
        long before = clock.nanos();
        try {
            watch.again();
        } finally {
            long took = clock.nanos() - before;
            tasks.startAfter(Math.max(LOOK_NANOS, PAUSE_FACTOR * took), "etc", this::look);
        }
    }

    // ---- what is wanted ---------------------------------------------------------------------------------------------

    /** What configurations say of mirrors. */
    private final class Wishes implements Configurations.Listener {
        @Override
        public void wanted(String name, Settings settings) {
            HomeMirror mirror;
            boolean first;
            synchronized (HomeMirrors.this) {
                mirror = orNew(name);
                mirror.want(settings);
                first = !begun;
            }
            if (first) {
                mirror.prepare();
            } else {
                mirror.followSoon();
            }
        }

        @Override
        public void refused(String name, MirrorException why) {
            HomeMirror mirror;
            synchronized (HomeMirrors.this) {
                mirror = orNew(name);
            }
            mirror.refuse(why);
        }

        @Override
        public void unwanted(String name) {
            HomeMirror mirror;
            synchronized (HomeMirrors.this) {
                mirror = mirrors.get(name);
                if (mirror == null) {
                    return;
                }
                mirror.want(null);
            }
            mirror.followSoon();
        }
    }

    /** The caller holds the monitor. */
    private HomeMirror orNew(String name) {
        return mirrors.computeIfAbsent(name, any -> new HomeMirror(name, place));
    }

    /** One that has stopped, unless it is wanted again meanwhile. */
    private synchronized void forget(HomeMirror mirror) {
        if (mirror.isUnwanted()) {
            mirrors.values().remove(mirror);
        }
    }

    /** One that a command has removed, or could not make. */
    private void drop(String name, HomeMirror mirror) {
        synchronized (this) {
            mirrors.remove(name, mirror);
        }
        // Its file may have been put back meanwhile.
        configurations.tell(name);
    }

    /** On threads of its own: the pool's may all wait for a mirror that is to be stopped. */
    @Deactivate
    void stop() {
        stopping = true;
        listening.unregister();
        Queue<HomeMirror> left = new ConcurrentLinkedQueue<>(mirrors.values());
        List<Thread> threads = new ArrayList<>();
        for (int i = Math.min(STOPPERS, left.size()); i > 0; i--) {
            Thread thread = new Thread(() -> stopEach(left), "stop " + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            join(thread);
        }
    }

    private static void stopEach(Queue<HomeMirror> left) {
        for (HomeMirror mirror = left.poll(); mirror != null; mirror = left.poll()) {
            mirror.stop();
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- commands ---------------------------------------------------------------------------------------------------

    @Override
    public List<String> names() {
        return new ArrayList<>(mirrors.keySet());
    }

    HomeMirror mirror(String name) throws MirrorException {
        HomeMirror mirror = mirrors.get(name);
        if (mirror == null) {
            throw new MirrorException("there is no mirror '" + name + "'; "
                    + (mirrors.isEmpty() ? "there is none yet, make one with mirror:create" : "there are " + names()));
        }
        return mirror;
    }

    @Override
    public MirrorStatus status(String name) throws MirrorException {
        return mirror(name).status();
    }

    @Override
    public MirrorStatus create(
            String name, String table, String exportAs, boolean adoptLog, boolean adoptLegs, String otherWriter)
            throws MirrorException {
        MirrorFile.requireName(name);
        ExportNames.check(exportAs);
        MirrorConfig usual = MirrorConfig.of(name, parse(table));
        MirrorConfig config = new MirrorConfig(
                name,
                exportAs.isEmpty() ? name : exportAs,
                usual.table(),
                policy(otherWriter),
                adoptLog,
                usual.failOnLogLoss(),
                usual.patience(),
                usual.cleanAfter(),
                usual.hotRegions(),
                LegPolicy.DEFAULT.withAdopt(adoptLegs),
                usual.recovery());
        HomeMirror mirror = new HomeMirror(name, place);
        synchronized (this) {
            if (mirrors.putIfAbsent(name, mirror) != null) {
                throw new MirrorException(
                        "there is a mirror '" + name + "' already; remove it first, or choose another name");
            }
        }
        boolean made = false;
        try {
            if (stopping) {
                throw new MirrorException("mirror '" + name + "' is not made: dirtylog is being stopped");
            }
            String file = MirrorFile.fileName(name);
            if (etc.has(file)) {
                throw new MirrorException("there is a file " + etc + "/" + file
                        + " already, which is about to be read; remove it first, or choose another name");
            }
            mirror.create(config);
            made = true;
            return mirror.status();
        } finally {
            if (!made) {
                place.exports().release(name);
                drop(name, mirror);
            }
        }
    }

    private TableLine parse(String table) throws MirrorException {
        try {
            return TableLine.parse(table, logs::parametersOf).withNames(FileNames::absolute);
        } catch (TableException e) {
            throw new MirrorException("the table line is refused: " + e.getMessage(), e);
        }
    }

    private static OtherWriter policy(String word) throws MirrorException {
        Optional<OtherWriter> policy = List.of(OtherWriter.values()).stream()
                .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst();
        return policy.orElseThrow(() ->
                new MirrorException("'" + word + "' is no policy for other writers; there are dirty, adopt, refuse"));
    }

    @Override
    public void remove(String name) throws MirrorException {
        HomeMirror mirror = mirror(name);
        mirror.remove(() -> drop(name, mirror));
    }

    @Override
    public void resync(String name, OptionalInt leg, boolean now) throws MirrorException {
        mirror(name).resync(leg, now);
    }

    @Override
    public void rebuild(String name, OptionalInt source) throws MirrorException {
        mirror(name).rebuild(source);
    }

    @Override
    public void scrub(String name, long rateMiB, boolean repair, OptionalInt from) throws MirrorException {
        mirror(name).mirror().scrub(rateMiB, repair, from);
    }

    @Override
    public void stopScrub(String name) throws MirrorException {
        mirror(name).mirror().stopScrub();
    }

    @Override
    public void addLeg(String name, String device, long offset, boolean adopt) throws MirrorException {
        TableLine.Leg leg = leg(device, offset);
        mirror(name).changeTable(mirror -> mirror.addLeg(leg, adopt));
    }

    @Override
    public void removeLeg(String name, int leg) throws MirrorException {
        mirror(name).changeTable(mirror -> mirror.removeLeg(leg));
    }

    @Override
    public void replaceLeg(String name, int leg, String device, long offset, boolean adopt) throws MirrorException {
        TableLine.Leg next = leg(device, offset);
        mirror(name).changeTable(mirror -> mirror.replaceLeg(leg, next, adopt));
    }

    private static TableLine.Leg leg(String device, long offset) throws MirrorException {
        if (device.isEmpty() || offset < 0) {
            throw new MirrorException(
                    "a leg is a device and an offset in sectors, 0 or more, not '" + device + "' " + offset);
        }
        return new TableLine.Leg(FileNames.absolute(device), offset);
    }

    @Override
    public void grow(String name, long sectors) throws MirrorException {
        mirror(name).changeTable(mirror -> mirror.grow(sectors));
    }

    @Override
    public void suspend(String name) throws MirrorException {
        mirror(name).suspend();
    }

    @Override
    public void resume(String name) throws MirrorException {
        mirror(name).resume();
    }
}
