// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.IOException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.RegionSet;

/** A host whose legs do what a test tells them. */
final class TestHost implements LogHost {
    /** What the legs do when they are flushed. */
    @FunctionalInterface
    interface Legs {
        void flush() throws IOException;
    }

    volatile Legs legs = () -> {};
    volatile LogMedium medium;
    volatile Runnable onOpenMedium = () -> {};
    volatile int statusChanges;

    @Override
    public void flushLegs() throws IOException {
        legs.flush();
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) {
        onOpenMedium.run();
        return medium;
    }

    @Override
    public void statusChanged() {
        statusChanges++;
    }

    @Override
    public void recoveryChanged() {}

    @Override
    public void release(RegionSet regions) {}
}
