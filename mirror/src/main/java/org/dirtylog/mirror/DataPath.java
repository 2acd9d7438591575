// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client does to a mirror. A write to a region that is durably dirty, and a read of one that is not in doubt, run to
 * completion on the caller's thread; they take no lock that others hold for long and ask no log. Requests are cut at the
 * borders of regions (I30).
 */
final class DataPath implements BlockDevice {
    private static final Logger LOG = LoggerFactory.getLogger(DataPath.class);
    private static final int LARGE_BYTES = 128 * 1024;

    private final MirrorState mirror;
    private final LogBook book;
    private final LegFailures failures;
    private final LegForces forces;
    private final ReadPath reads;
    private final Recovery recovery;
    private final long regionBytes;

    DataPath(MirrorState mirror, LogBook book, LegFailures failures, Recovery recovery) {
        this.mirror = mirror;
        this.book = book;
        this.failures = failures;
        this.recovery = recovery;
        this.reads = new ReadPath(mirror, failures);
        this.forces = new LegForces(mirror.world.tasks(), mirror.name);
        this.regionBytes = mirror.geometry.regionSectors() * 512;
    }

    // ---- writes -----------------------------------------------------------------------------------------------------

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        check(positionBytes, from.remaining());
        int limit = from.limit();
        long position = positionBytes;
        while (from.position() < limit) {
            int length = (int) untilBorder(position, limit - from.position());
            from.limit(from.position() + length);
            change(position, length, from, null);
            position += length;
            from.limit(limit);
        }
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        check(positionBytes, bytes);
        long end = positionBytes + bytes;
        for (long position = positionBytes; position < end; ) {
            long length = untilBorder(position, end - position);
            change(position, length, null, zeroing);
            position += length;
        }
    }

    /** Writes, or zeroes where there is nothing to write, within one region: on all attached legs (P8). */
    private void change(long position, long length, ByteBuffer from, Zeroing zeroing) throws IOException {
        long region = mirror.geometry.regionOfByte(position);
        int hint = hint(position);
        // The range first, then the region (P4): what is acknowledged never lies under an older write that is still
        // going on.
        long ticket = mirror.ranges.enter(region, position, position + length);
        try {
            enter(region, hint);
            LegSet legs = mirror.legs();
            int failed = 0;
            IOException cause = null;
            int start = from == null ? 0 : from.position();
            for (int i = 0; i < legs.size(); i++) {
                if (!legs.isAttached(i)) {
                    continue;
                }
                Leg leg = legs.leg(i);
                if (leg.isFailing()) {
                    failed |= leg.mask();
                    continue;
                }
                try {
                    if (from == null) {
                        leg.zero(position, length, zeroing);
                    } else {
                        from.position(start);
                        leg.write(position, from);
                    }
                } catch (IOException e) {
                    failed |= leg.mask();
                    cause = e;
                }
            }
            if (failed == 0) {
                if (RegionWord.has(mirror.table.leave(region), RegionWord.COPY_WANTED)) {
                    mirror.regionsChanged.raise();
                }
                mirror.writes.leave(hint);
            } else {
                settleFailure(region, hint, legs, failed, cause);
            }
            if (from != null) {
                from.position(start + (int) length);
            }
        } finally {
            mirror.ranges.leave(region, ticket);
        }
    }

    /**
     * Enters gate and region. The waiting is done outside: for the gate, for a mark, for a cleaning or a copy (P4).
     */
    private void enter(long region, int hint) throws IOException {
        while (true) {
            mirror.writes.enter(hint);
            long seen = mirror.table.tryEnter(region);
            if (RegionWord.admits(seen)) {
                return;
            }
            mirror.writes.leave(hint);
            if (RegionWord.state(seen) == RegionWord.CLEAN) {
                // If we crash while we wait, the region is copied for nothing: no leg has been written.
                book.mark(region);
            } else {
                mirror.regionsChanged.await(() -> mirror.mayEnter(region) || book.refuses());
                if (RegionWord.state(mirror.table.get(region)) == RegionWord.CLEANING && book.refuses()) {
                    throw book.notMarked();
                }
            }
        }
    }

    /**
     * Some legs did not take a write. It keeps its region's count until the others are recorded as the only ones, or the
     * region is in doubt (P5), and it is acknowledged only if a leg that is current afterwards took it (P12).
     */
    private void settleFailure(long region, int hint, LegSet legs, int failed, IOException cause) throws IOException {
        int took = legs.attachedMask() & ~failed;
        boolean nobody = (took & legs.currentMask()) == 0;
        if (!nobody) {
            legs.latchFailing(failed);
        }
        mirror.beginSettling();
        mirror.writes.leave(hint);
        try {
            if (nobody && cause != null) {
                // All current legs refused this very write: excluding any of them would help nobody.
                throw new IOException("no current leg took the write: " + cause.getMessage(), cause);
            }
            IOException why = cause == null ? new IOException("a leg is failing") : cause;
            if (!failures.settle(took, failed, why)) {
                throw new IOException("the legs that took the write are no longer current: " + why.getMessage(), why);
            }
        } catch (IOException e) {
            recovery.cast(region);
            throw e;
        } finally {
            mirror.table.leave(region);
            mirror.endSettling();
            // A copier may wait for the count.
            mirror.regionsChanged.raise();
        }
    }

    // ---- reads ------------------------------------------------------------------------------------------------------

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        check(positionBytes, into.remaining());
        int limit = into.limit();
        long position = positionBytes;
        while (into.position() < limit) {
            int length = (int) untilBorder(position, limit - into.position());
            into.limit(into.position() + length);
            reads.read(position, length, into);
            position += length;
            into.limit(limit);
        }
    }

    // ---- flush ------------------------------------------------------------------------------------------------------

    /** Forces every attached leg, stale ones included (P26). */
    @Override
    public void force() throws IOException {
        int hint = 0;
        mirror.writes.enter(hint);
        LegSet legs = mirror.legs();
        LegForces.Outcome outcome;
        try {
            outcome = forces.forceAttached(legs);
            legs.latchFailing(outcome.failed());
        } finally {
            mirror.writes.leave(hint);
        }
        if (outcome.failed() == 0) {
            return;
        }
        IOException why = outcome.cause() == null ? new IOException("a leg is failing") : outcome.cause();
        if (!failures.settle(legs.attachedMask() & ~outcome.failed(), outcome.failed(), why)) {
            throw new IOException("no current leg could be flushed: " + why.getMessage(), why);
        }
    }

    // ---- the rest ---------------------------------------------------------------------------------------------------

    private void check(long position, long bytes) {
        if (position < 0 || bytes < 0 || bytes > sizeBytes() - position) {
            throw new IllegalArgumentException(
                    bytes + " bytes at " + position + " of mirror " + mirror.name + ", which has " + sizeBytes());
        }
    }

    private long untilBorder(long position, long bytes) {
        return Math.min(bytes, regionBytes - (position & regionBytes - 1));
    }

    /** Spreads callers over the gates' counters. */
    static int hint(long position) {
        return (int) (position >>> 12);
    }

    @Override
    public String name() {
        return mirror.name;
    }

    @Override
    public long sizeBytes() {
        return mirror.geometry.targetBytes();
    }

    @Override
    public int blockBytes() {
        return 512;
    }

    /** Holes only where every leg can: the legs are to hold the same bytes, and to give back the same space. */
    @Override
    public boolean punchesHoles() {
        LegSet legs = mirror.legs();
        for (int i = 0; i < legs.size(); i++) {
            if (legs.isAttached(i) && !legs.leg(i).device().punchesHoles()) {
                return false;
            }
        }
        return true;
    }

    /** A hint, so it fails nobody: reads will find out what is unreadable, and have other legs. */
    @Override
    public void prefetch(long positionBytes, long bytes) {
        check(positionBytes, bytes);
        Leg source = mirror.legs().source();
        if (source.isFailing()) {
            return;
        }
        try {
            source.device().prefetch(source.devicePosition(positionBytes), bytes);
        } catch (IOException | RuntimeException e) {
            LOG.debug("mirror {}: leg {} brings nothing into a cache: {}", mirror.name, source.name(), e.getMessage());
        }
    }

    @Override
    public void extents(long positionBytes, long bytes, ExtentVisitor visitor) {
        check(positionBytes, bytes);
        new MirrorExtents(mirror, visitor).tell(positionBytes, positionBytes + bytes);
    }

    @Override
    public boolean isQuick(Operation operation, long positionBytes, long bytes) {
        // A large write to several legs takes about as long as to receive the next one.
        if (operation == Operation.FORCE || operation == Operation.WRITE && bytes >= LARGE_BYTES) {
            return false;
        }
        long last = mirror.geometry.regionOfByte(positionBytes + Math.max(bytes, 1) - 1);
        for (long region = mirror.geometry.regionOfByte(positionBytes); region <= last; region++) {
            long word = mirror.table.get(region);
            boolean quick = operation == Operation.READ
                    ? ReadPath.isPlain(word)
                    : RegionWord.admits(word) && mirror.writes.isOpen();
            if (!quick) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void submit(Work work, Completion completion) {
        try {
            mirror.world.tasks().start(mirror.name + "/submitted", () -> completion.done(failureOf(work)));
        } catch (RuntimeException e) {
            completion.done(new IOException("nothing was done with mirror " + mirror.name + ": " + e.getMessage(), e));
        }
    }

    private IOException failureOf(Work work) {
        try {
            work.on(this);
            return null;
        } catch (IOException e) {
            return e;
        } catch (RuntimeException | Error e) {
            return new IOException("work on mirror " + mirror.name + " ended by " + e, e);
        }
    }

    /** A mirror cannot be cut off from outside; it is stopped. */
    @Override
    public boolean fence(long deadlineNanos) {
        return !mirror.writes.isOpen();
    }

    /** Has no effect: the mirror belongs to those who made it. */
    @Override
    public void close() {}
}
