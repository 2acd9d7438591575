// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.RegionSet;

/** Gives one medium, and counts. */
class TestHost implements LogHost {
    final CrashableMedium medium;
    int legFlushes;
    int statusChanges;
    boolean legsFail;
    boolean legsAgree;
    String opened;
    long needed;

    TestHost(CrashableMedium medium) {
        this.medium = medium;
    }

    @Override
    public void flushLegs() throws IOException {
        legFlushes++;
        if (legsFail) {
            throw new IOException("leg 1 is gone");
        }
    }

    @Override
    public boolean legsAgree() {
        return legsAgree;
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) {
        opened = path;
        needed = needBytes;
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
