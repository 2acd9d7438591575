// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.util.Dictionary;
import java.util.Hashtable;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorTarget;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** The service of one mirror: there while clients may come in. Once it has ended it does not come back. */
final class MirrorService {
    private final BundleContext context;

    // Guarded by this.
    private boolean ended;
    private ServiceRegistration<MirrorTarget> registration;

    MirrorService(BundleContext context) {
        this.context = context;
    }

    /** Lets clients in, unless it has ended. */
    void publish(Mirror mirror) {
        Dictionary<String, Object> properties = new Hashtable<>();
        properties.put("mirror.name", mirror.name());
        properties.put("mirror.export", mirror.exportName());
        ServiceRegistration<MirrorTarget> made = context.registerService(MirrorTarget.class, mirror, properties);
        boolean late;
        synchronized (this) {
            late = ended;
            registration = late ? null : made;
        }
        if (late) {
            made.unregister();
        }
    }

    /** No client comes in, until it is published again. */
    void withdraw() {
        ServiceRegistration<MirrorTarget> gone;
        synchronized (this) {
            gone = registration;
            registration = null;
        }
        if (gone != null) {
            gone.unregister();
        }
    }

    /** No client comes in from now on. */
    void end() {
        synchronized (this) {
            ended = true;
        }
        withdraw();
    }

    synchronized boolean isEnded() {
        return ended;
    }
}
