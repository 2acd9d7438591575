// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.IOException;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;

/** The mirror's side as a log gets it: it times the stay, refuses a closed log, and checks what the log passes. */
final class GuardedHost implements LogHost {
    private final LogHost host;
    private final HostTime time;
    private final RegionGeometry geometry;
    private final String logName;
    private volatile boolean closed;

    GuardedHost(LogHost host, HostTime time, RegionGeometry geometry, String logName) {
        this.host = host;
        this.time = time;
        this.geometry = geometry;
        this.logName = logName;
    }

    void close() {
        closed = true;
    }

    private void enter() {
        if (closed) {
            throw new IllegalStateException("log " + logName + " calls its host after it was closed");
        }
        time.enter();
    }

    @Override
    public void flushLegs() throws IOException {
        enter();
        try {
            host.flushLegs();
        } finally {
            time.leave();
        }
    }

    @Override
    public boolean legsAgree() {
        return !closed && host.legsAgree();
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) throws DirtyLogException {
        enter();
        try {
            return host.openMedium(path, needBytes);
        } finally {
            time.leave();
        }
    }

    @Override
    public void statusChanged() {
        if (!closed) {
            host.statusChanged();
        }
    }

    @Override
    public void recoveryChanged() {
        if (!closed) {
            host.recoveryChanged();
        }
    }

    @Override
    public void release(RegionSet regions) {
        if (!geometry.allRegions().containsAll(regions)) {
            throw new IllegalArgumentException(
                    "log " + logName + " releases regions " + regions + " of " + geometry.regionCount());
        }
        if (!closed) {
            host.release(regions);
        }
    }

    /** An opening as the log gets it. */
    Opening timed(Opening opening) {
        return new TimedOpening(opening);
    }

    private final class TimedOpening implements Opening {
        private final Opening opening;

        TimedOpening(Opening opening) {
            this.opening = opening;
        }

        @Override
        public InitialSync initialSync() {
            return opening.initialSync();
        }

        @Override
        public OtherWriter otherWriter() {
            return opening.otherWriter();
        }

        @Override
        public Found judge(Optional<LogPair> found) {
            return opening.judge(found);
        }

        @Override
        public boolean adoptForeign() {
            return opening.adoptForeign();
        }

        @Override
        public void closedCleanly(boolean legsAgree) {
            opening.closedCleanly(legsAgree);
        }

        @Override
        public boolean compareDigest() {
            return opening.compareDigest();
        }

        @Override
        public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
            enter();
            try {
                return opening.announce(accepted);
            } finally {
                time.leave();
            }
        }
    }
}
