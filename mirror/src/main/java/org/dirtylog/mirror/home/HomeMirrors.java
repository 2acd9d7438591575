// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorConfig;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.mirror.Mirrors;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Randomness;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the mirrors that {@code etc/} describes, registers each as a service while it serves, and obeys commands. */
@Component
public final class HomeMirrors implements Mirrors {
    private static final Logger LOG = LoggerFactory.getLogger(HomeMirrors.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final long RETRY_NANOS = 2_000_000_000L;

    private final BundleContext context;
    private final Surroundings world;
    private final DirtyLogs logs;
    private final Path home;
    private final EtcFolder etc;
    private final Map<String, Entry> entries = new ConcurrentSkipListMap<>();
    private volatile boolean stopping;

    /** A mirror of this home; without an object if its file is wrong. */
    private static final class Entry {
        final Mirror mirror;
        final String trouble;
        ServiceRegistration<MirrorTarget> service;

        Entry(Mirror mirror, String trouble) {
            this.mirror = mirror;
            this.trouble = trouble;
        }
    }

    /**
     * Reads the files and begins to open the mirrors; it does not wait for them.
     *
     * @param context    of this bundle; its property {@code dirtylog.home} names the home
     * @param tasks      to run on
     * @param clock      to go by
     * @param randomness to draw from
     * @param devices    to stand on
     * @param logs       to make logs with
     */
    @Activate
    public HomeMirrors(
            BundleContext context,
            @Reference Tasks tasks,
            @Reference Clock clock,
            @Reference Randomness randomness,
            @Reference Devices devices,
            @Reference DirtyLogs logs) {
        this.context = context;
        this.world = new Surroundings(tasks, clock, randomness, devices);
        this.logs = logs;
        String folder = context.getProperty("dirtylog.home");
        this.home = Path.of(folder == null ? "." : folder).toAbsolutePath().normalize();
        this.etc = new EtcFolder(home.resolve("etc"));
        startAll();
    }

    private void startAll() {
        TreeMap<String, String> files;
        try {
            files = etc.mirrorFiles();
        } catch (IOException e) {
            LOG.error("The mirrors in {} cannot be read, none is started: {}", home.resolve("etc"), e.getMessage());
            return;
        }
        files.forEach((file, text) -> {
            String name = MirrorFile.mirrorName(file).orElseThrow();
            world.tasks().start(name + "/start", () -> start(name, file, text));
        });
    }

    private void start(String name, String file, String text) {
        if (stopping) {
            return;
        }
        Mirror mirror;
        try {
            mirror = new Mirror(MirrorFile.parse(file, text, logs::parametersOf), world, logs);
        } catch (MirrorException e) {
            LOG.error("{}", e.getMessage());
            entries.put(name, new Entry(null, e.getMessage()));
            if (e.isWaiting()) {
                world.tasks().startAfter(RETRY_NANOS, name + "/start", () -> start(name, file, text));
            }
            return;
        }
        Entry entry = new Entry(mirror, "");
        entries.put(name, entry);
        tryOpen(name, entry, "");
    }

    /** Opens; what waits for something is tried again. */
    private void tryOpen(String name, Entry entry, String lastTrouble) {
        synchronized (entry) {
            if (stopping || entries.get(name) != entry) {
                return;
            }
        }
        try {
            entry.mirror.open();
            publish(entry);
        } catch (MirrorException e) {
            entry.mirror.notOpen(e.isWaiting() ? MirrorStatus.Word.WAITING : MirrorStatus.Word.FAILED, e.getMessage());
            if (!e.getMessage().equals(lastTrouble)) {
                LOG.error("{}", e.getMessage());
            }
            if (e.isWaiting()) {
                world.tasks().startAfter(RETRY_NANOS, name + "/start", () -> tryOpen(name, entry, e.getMessage()));
            }
        }
    }

    private void publish(Entry entry) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("mirror.name", entry.mirror.name());
        properties.put("mirror.export", entry.mirror.exportName());
        ServiceRegistration<MirrorTarget> service =
                context.registerService(MirrorTarget.class, entry.mirror, properties);
        synchronized (entry) {
            entry.service = service;
        }
    }

    private void withdraw(Entry entry) {
        ServiceRegistration<MirrorTarget> service;
        synchronized (entry) {
            service = entry.service;
            entry.service = null;
        }
        if (service != null) {
            service.unregister();
        }
    }

    @Deactivate
    void stop() {
        stopping = true;
        Signal ended = world.tasks().signal("mirrors/stop");
        AtomicInteger left = new AtomicInteger(entries.size());
        entries.forEach((name, entry) -> world.tasks().start(name + "/stop", () -> {
            try {
                withdraw(entry);
                if (entry.mirror != null) {
                    entry.mirror.stop();
                }
            } finally {
                left.decrementAndGet();
                ended.raise();
            }
        }));
        ended.await(() -> left.get() == 0);
    }

    // ---- commands ---------------------------------------------------------------------------------------------------

    @Override
    public List<String> names() {
        return new ArrayList<>(entries.keySet());
    }

    private Entry entry(String name) throws MirrorException {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new MirrorException("there is no mirror '" + name + "'; "
                    + (entries.isEmpty() ? "there is none yet, make one with mirror:create" : "there are " + names()));
        }
        return entry;
    }

    private Mirror mirror(String name) throws MirrorException {
        Entry entry = entry(name);
        if (entry.mirror == null) {
            throw new MirrorException(entry.trouble);
        }
        return entry.mirror;
    }

    @Override
    public MirrorStatus status(String name) throws MirrorException {
        return mirror(name).status();
    }

    @Override
    public MirrorStatus create(String name, String table, String exportAs, boolean adoptLog, String otherWriter)
            throws MirrorException {
        if (!NAME.matcher(name).matches()) {
            throw new MirrorException(
                    "'" + name + "' is no name for a mirror: 1 to 64 letters, digits, '.', '_' and '-',"
                            + " beginning with a letter or digit");
        }
        String file = MirrorFile.fileName(name);
        MirrorConfig config = new MirrorConfig(
                name,
                exportAs.isEmpty() ? name : exportAs,
                parse(table),
                policy(otherWriter),
                adoptLog,
                false,
                MirrorConfig.of(name, parse(table)).patience(),
                MirrorConfig.DEFAULT_CLEAN_AFTER,
                MirrorConfig.DEFAULT_HOT_REGIONS);
        Mirror mirror = new Mirror(config, world, logs);
        Entry entry = new Entry(mirror, "");
        if (entries.putIfAbsent(name, entry) != null || etc.has(file)) {
            entries.remove(name, entry);
            throw new MirrorException(
                    "there is a mirror '" + name + "' already; remove it first, or choose another name");
        }
        boolean made = false;
        try {
            mirror.open();
            // If we crash here, record and log name a mirror that has no file: creating it again finds the record and
            // goes on.
            etc.write(file, MirrorFile.print(config));
            made = true;
            publish(entry);
            return mirror.status();
        } catch (IOException e) {
            throw new MirrorException(
                    "mirror '" + name + "' is not made: " + etc + "/" + file + ": " + e.getMessage(), e);
        } finally {
            if (!made) {
                entries.remove(name, entry);
                mirror.dissolve();
            }
        }
    }

    private TableLine parse(String table) throws MirrorException {
        try {
            return TableLine.parse(table, logs::parametersOf).withNames(this::absolute);
        } catch (TableException e) {
            throw new MirrorException("the table line is refused: " + e.getMessage(), e);
        }
    }

    /** Names of files are kept absolute: the daemon may be started elsewhere next time. */
    private String absolute(String name) {
        boolean isPath = !name.matches("[a-z][a-z0-9]+:.*");
        return isPath ? Path.of(name).toAbsolutePath().normalize().toString() : name;
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
        Entry entry = entry(name);
        withdraw(entry);
        try {
            // The file first: if we crash in between, the mirror does not come back, and its log has a name that create
            // --adopt-log takes off.
            etc.delete(MirrorFile.fileName(name));
            if (entry.mirror != null) {
                entry.mirror.dissolve();
            }
        } catch (IOException e) {
            throw new MirrorException("the file of mirror '" + name + "' cannot be removed: " + e.getMessage(), e);
        } finally {
            entries.remove(name, entry);
        }
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
