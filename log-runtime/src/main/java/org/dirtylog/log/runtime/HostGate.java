// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.Clock;

/**
 * The host as a log sees it: until it is closed or given up, with what it says checked, and with the time spent here kept
 * from its account (P43).
 */
final class HostGate implements LogHost {
    private enum Access {
        OPEN,
        GIVEN_UP,
        CLOSED
    }

    private final LogHost host;
    private final RegionGeometry geometry;
    private final Clock clock;
    private volatile Lane lane;
    private volatile Access access = Access.OPEN;
    private volatile boolean statusChanged;

    /** Those that the log was given. Guarded by itself. */
    private final List<FencedMedium> media = new ArrayList<>();

    HostGate(LogHost host, RegionGeometry geometry, Clock clock) {
        this.host = host;
        this.geometry = geometry;
        this.clock = clock;
    }

    void serve(Lane newLane) {
        lane = newLane;
    }

    /** Nobody waits for the log any more. */
    void giveUp() {
        if (access == Access.OPEN) {
            access = Access.GIVEN_UP;
        }
    }

    void close() {
        access = Access.CLOSED;
    }

    /** Takes back what the log has not: each medium as soon as no call of the log is inside it (P42). */
    void closeMedia() {
        List<FencedMedium> left;
        synchronized (media) {
            left = List.copyOf(media);
        }
        left.forEach(FencedMedium::close);
    }

    /** Whether the log has announced another status since this was asked last. */
    boolean takeStatusChanged() {
        boolean changed = statusChanged;
        if (changed) {
            statusChanged = false;
        }
        return changed;
    }

    /** A host method that may take its time. */
    @FunctionalInterface
    interface Errand<T, E extends Exception> {
        T run() throws E;
    }

    /** Does something during which the log's clock stands still. */
    <T, E extends Exception> T off(Errand<T, E> errand) throws E {
        Call call = lane.holder();
        if (call != null) {
            call.enterHost(clock.nanos());
        }
        try {
            return errand.run();
        } finally {
            if (call != null) {
                call.leaveHost(clock.nanos());
            }
        }
    }

    @Override
    public void flushLegs() throws IOException {
        refuseClosed("flushLegs");
        if (access == Access.GIVEN_UP) {
            throw new IOException("the legs are not flushed for a log that was given up");
        }
        Call call = lane.holder();
        if (call == null || !call.inside().mayFlushLegs()) {
            throw new IllegalStateException(
                    "flushLegs may be called only inside flush, postSuspend and resumeFrom, was called "
                            + (call == null ? "outside of any call" : "inside " + call.inside()));
        }
        off(() -> {
            host.flushLegs();
            return null;
        });
        // Given up meanwhile: a successor may already tell another story, so the cleanings must not be made durable.
        if (access != Access.OPEN) {
            throw new IOException("the log was given up while the legs were flushed");
        }
    }

    @Override
    public boolean legsAgree() {
        refuseClosed("legsAgree");
        return access == Access.OPEN && host.legsAgree();
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) throws DirtyLogException {
        refuseClosed("openMedium");
        if (access == Access.GIVEN_UP) {
            throw new DirtyLogException.Unavailable("no medium is given to a log that was given up: " + path);
        }
        FencedMedium medium =
                new FencedMedium(off(() -> host.openMedium(path, needBytes)), path, () -> access == Access.OPEN);
        // Remembered first and looked then: whoever gives the log up does it the other way round.
        synchronized (media) {
            media.removeIf(FencedMedium::isGivenBack);
            media.add(medium);
        }
        if (access != Access.OPEN) {
            medium.close();
            throw new DirtyLogException.Unavailable("the log was given up while its medium was opened: " + path);
        }
        return medium;
    }

    @Override
    public void statusChanged() {
        refuseClosed("statusChanged");
        statusChanged = true;
        if (access == Access.OPEN) {
            host.statusChanged();
        }
    }

    @Override
    public void recoveryChanged() {
        refuseClosed("recoveryChanged");
        if (access == Access.OPEN) {
            host.recoveryChanged();
        }
    }

    @Override
    public void release(RegionSet regions) {
        refuseClosed("release");
        if (!regions.isEmpty() && regions.last() >= geometry.regionCount()) {
            throw new IllegalArgumentException(
                    "release of " + regions + ", the log has " + geometry.regionCount() + " regions");
        }
        if (access == Access.OPEN) {
            host.release(regions);
        }
    }

    /** For {@link OpeningGate}, whose steps end with the log's too. */
    void refuseGivenUp(String step) throws DirtyLogException.Unavailable {
        refuseClosed(step);
        if (access != Access.OPEN) {
            throw new DirtyLogException.Unavailable(step + ": the log was given up; write nothing");
        }
    }

    void refuseClosed(String method) {
        if (access == Access.CLOSED) {
            throw new IllegalStateException("the log is closed, and calls " + method + " of its host");
        }
    }
}
