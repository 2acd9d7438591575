// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.dirtylog.mirror.MirrorTarget;
import org.dirtylog.nbd.NbdExport;
import org.dirtylog.nbd.NbdServer;
import org.dirtylog.seams.Tasks;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the mirrors that are there, at the places that the home's configuration names and without one on {@code nbd.sock},
 * and announces each when clients can connect.
 */
@Component(
        immediate = true,
        service = {})
public final class MirrorExports {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorExports.class);

    private final Doors doors;

    // Guarded by this. Mirrors may be bound before the component is active.
    private final Map<MirrorTarget, NbdExport> published = new LinkedHashMap<>();
    private final Set<MirrorTarget> unpublished = new LinkedHashSet<>();
    private final List<String> notAnnounced = new ArrayList<>();
    private NbdServer server;
    private Consumer<String> ready;

    /**
     * Listens.
     *
     * @param context of this bundle; its property {@code dirtylog.home} names the home
     * @param tasks   carries out requests that would make others wait
     * @throws IOException if the socket cannot be had
     */
    @Activate
    public MirrorExports(BundleContext context, @Reference Tasks tasks) throws IOException {
        String home = context.getProperty("dirtylog.home");
        Path folder = Path.of(home == null ? "." : home).toAbsolutePath();
        ExportSettings settings = Doors.settings(folder);
        this.server = new NbdServer(tasks, settings.limits());
        boolean listens = false;
        try {
            this.doors = Doors.open(folder, server, settings.doors());
            listens = true;
        } finally {
            if (!listens) {
                server.close();
            }
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY,
            target = "(dirtylog.channel=ready)")
    synchronized void setReady(Consumer<String> consumer) {
        ready = consumer;
        notAnnounced.forEach(consumer);
        notAnnounced.clear();
    }

    synchronized void unsetReady(Consumer<String> consumer) {
        if (ready == consumer) {
            ready = null;
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    synchronized void addMirror(MirrorTarget mirror) {
        try {
            NbdExport export = NbdExport.of(mirror.exportName(), mirror.device())
                    .withDescription("dirtylog mirror " + mirror.name())
                    .withContext(new RegionContext(mirror));
            server.add(export);
            published.put(mirror, export);
            unpublished.remove(mirror);
            doors.uris(mirror.exportName()).forEach(uri -> announce("ready " + mirror.name() + " " + uri));
        } catch (IllegalArgumentException e) {
            if (unpublished.add(mirror)) {
                LOG.error(
                        "Mirror {} is not exported: {}. Give it another name with export= in its file",
                        mirror.name(),
                        e.getMessage());
            }
        }
    }

    void removeMirror(MirrorTarget mirror) {
        NbdExport export;
        NbdServer from;
        synchronized (this) {
            export = published.remove(mirror);
            unpublished.remove(mirror);
            from = server;
        }
        if (export != null && from != null) {
            from.remove(export.name());
            takeOver();
        }
    }

    /** A name has become free. */
    private synchronized void takeOver() {
        if (server != null) {
            List.copyOf(unpublished).forEach(this::addMirror);
        }
    }

    private void announce(String line) {
        if (ready == null) {
            notAnnounced.add(line);
        } else {
            ready.accept(line);
        }
    }

    @Deactivate
    void stop() {
        NbdServer closing;
        synchronized (this) {
            closing = server;
            server = null;
        }
        closing.close();
    }
}
