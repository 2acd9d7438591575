// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
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
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Randomness;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the mirrors that {@code etc/} describes, and obeys commands. */
@Component
public final class HomeMirrors implements Mirrors {
    private static final Logger LOG = LoggerFactory.getLogger(HomeMirrors.class);

    private final HomeMirror.Place place;
    private final EtcFolder etc;
    private final DirtyLogs logs;
    private final Map<String, HomeMirror> mirrors = new ConcurrentSkipListMap<>();
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
     */
    @Activate
    public HomeMirrors(
            BundleContext context,
            @Reference Tasks tasks,
            @Reference Clock clock,
            @Reference Randomness randomness,
            @Reference Devices devices,
            @Reference DirtyLogs logs) {
        String folder = context.getProperty("dirtylog.home");
        this.etc = new EtcFolder(
                FileNames.absolute(Path.of(folder == null ? "." : folder)).resolve("etc"));
        this.logs = logs;
        this.place = new HomeMirror.Place(
                context, new Surroundings(tasks, clock, randomness, devices), logs, etc, new ExportNames());
        startAll(tasks);
    }

    /** In the order of their names, so that of two with one name for clients the same one has it every time. */
    private void startAll(Tasks tasks) {
        try {
            for (String file : etc.mirrorFiles()) {
                String name = MirrorFile.mirrorName(file).orElseThrow();
                HomeMirror mirror = new HomeMirror(name, place);
                mirrors.put(name, mirror);
                mirror.prepare();
            }
        } catch (IOException e) {
            LOG.error("The mirrors in {} cannot be read, none is started: {}", etc, FileReason.of(e));
        }
        mirrors.forEach((name, mirror) -> tasks.start(name + "/start", mirror::start));
    }

    /** Each on a thread of its own: the pool's may all wait for a mirror that is to be stopped. */
    @Deactivate
    void stop() {
        stopping = true;
        List<Thread> threads = new ArrayList<>();
        mirrors.forEach((name, mirror) -> {
            Thread thread = new Thread(mirror::stop, name + "/stop");
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        });
        for (Thread thread : threads) {
            join(thread);
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

    private HomeMirror mirror(String name) throws MirrorException {
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
                LegPolicy.DEFAULT.withAdopt(adoptLegs));
        HomeMirror mirror = new HomeMirror(name, place);
        if (mirrors.putIfAbsent(name, mirror) != null) {
            throw new MirrorException(
                    "there is a mirror '" + name + "' already; remove it first, or choose another name");
        }
        boolean made = false;
        try {
            if (stopping) {
                throw new MirrorException("mirror '" + name + "' is not made: dirtylog is being stopped");
            }
            String file = MirrorFile.fileName(name);
            if (etc.has(file)) {
                throw new MirrorException("there is a file " + etc + "/" + file
                        + " already, which is read at the next start; remove it first, or choose another name");
            }
            mirror.create(config);
            made = true;
            return mirror.status();
        } finally {
            if (!made) {
                place.exports().release(name);
                mirrors.remove(name, mirror);
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
        mirror.remove(() -> mirrors.remove(name, mirror));
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
    public void suspend(String name) throws MirrorException {
        mirror(name).suspend();
    }

    @Override
    public void resume(String name) throws MirrorException {
        mirror(name).resume();
    }
}
