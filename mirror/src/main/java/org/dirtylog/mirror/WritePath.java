// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.dirtylog.seams.LetGoException;

/**
 * The writes of clients, region by region: on all attached legs, after the region's mark is durable (P8). What hangs in a leg is
 * gone on with by another task (P7).
 */
final class WritePath implements Attempt.Owner {
    private final MirrorState mirror;
    private final LogBook book;
    private final LegFailures failures;
    private final Recovery recovery;

    WritePath(MirrorState mirror, LogBook book, LegFailures failures, Recovery recovery) {
        this.mirror = mirror;
        this.book = book;
        this.failures = failures;
        this.recovery = recovery;
    }

    /** Writes, or zeroes where there is nothing to write, within one region. */
    void change(Attempt write, long position, long length, ByteBuffer from, Zeroing zeroing) throws IOException {
        long region = mirror.geometry.regionOfByte(position);
        write.region = region;
        write.position = position;
        write.length = length;
        write.hint = DataPath.hint(position);
        write.from = from;
        write.start = from == null ? 0 : from.position();
        write.zeroing = zeroing;
        // The range first, then the region (P4): what is acknowledged never lies under an older write that is still
        // going on.
        write.ticket = mirror.ranges.enter(region, position, position + length);
        boolean ours = true;
        try {
            enter(region, write.hint);
            write.legs = mirror.legs();
            write.failed = 0;
            write.cause = null;
            carryOn(write, 0);
        } catch (LetGoException e) {
            ours = false;
            throw e;
        } finally {
            if (ours) {
                mirror.ranges.leave(region, write.ticket);
            }
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

    /** Writes to the legs from one on, and leaves gate and region. */
    private void carryOn(Attempt write, int firstLeg) throws IOException {
        LegSet legs = write.legs;
        for (int i = firstLeg; i < legs.size(); i++) {
            if (!legs.isAttached(i)) {
                continue;
            }
            if (legs.leg(i).isFailing()) {
                write.failed |= 1 << i;
            } else {
                writeTo(write, legs.leg(i));
            }
        }
        leave(write);
        if (write.from != null) {
            write.from.position(write.start + (int) write.length);
        }
    }

    private void leave(Attempt write) throws IOException {
        if (write.failed == 0) {
            if (RegionWord.has(mirror.table.leave(write.region), RegionWord.COPY_WANTED)) {
                mirror.regionsChanged.raise();
            }
            mirror.writes.leave(write.hint);
            return;
        }
        try {
            settleFailure(write);
        } finally {
            leaveRegion(write);
        }
    }

    private void writeTo(Attempt write, Leg leg) throws LetGoException {
        IOException failure = null;
        mirror.watch.enter(write, leg);
        try {
            if (write.from == null) {
                leg.zero(write.position, write.length, write.zeroing);
            } else {
                write.from.limit(write.start + (int) write.length).position(write.start);
                leg.write(write.position, write.from);
            }
        } catch (IOException e) {
            failure = e;
        }
        mirror.watch.leave(write, leg);
        if (failure != null) {
            write.failed |= leg.mask();
            write.cause = failure;
        }
    }

    /**
     * Some legs did not take a write. It keeps its region's count until the others are recorded as the only ones, or the
     * region is in doubt (P5), and it is acknowledged only if a leg that is current afterwards took it (P12).
     */
    private void settleFailure(Attempt write) throws IOException {
        int took = write.legs.attachedMask() & ~write.failed;
        boolean nobody = (took & write.legs.currentMask()) == 0;
        if (!nobody) {
            write.legs.latchFailing(write.failed);
        }
        mirror.beginSettling();
        mirror.writes.leave(write.hint);
        try {
            if (nobody && write.cause != null) {
                // All current legs refused this very write: excluding any of them would help nobody.
                throw new IOException("no current leg took the write: " + write.cause.getMessage(), write.cause);
            }
            IOException why = write.cause == null ? new IOException("a leg is failing") : write.cause;
            if (!failures.settle(took, write.failed, why)) {
                throw new IOException("the legs that took the write are no longer current: " + why.getMessage(), why);
            }
        } catch (IOException e) {
            recovery.cast(write.region);
            throw e;
        }
    }

    private void leaveRegion(Attempt write) {
        mirror.table.leave(write.region);
        mirror.endSettling();
        // A copier may wait for the count.
        mirror.regionsChanged.raise();
    }

    // ---- what is written to one leg only ----------------------------------------------------------------------------

    /** Makes a leg the same as the others again. */
    interface Rewrite {
        /** Called within the region, which is durably dirty. Answers why the leg is to be excluded, or {@code null}. */
        IOException onto(LegSet legs);
    }

    /** Rewrites a part of one region on one leg. Its range is kept, so that nothing newer is overwritten. */
    void rewrite(Leg leg, long position, long length, Rewrite work) throws IOException {
        Attempt write = mirror.watch.claim(DataPath.hint(position));
        write.region = mirror.geometry.regionOfByte(position);
        write.hint = DataPath.hint(position);
        write.ticket = mirror.ranges.enter(write.region, position, position + length);
        try {
            enter(write.region, write.hint);
            write.legs = mirror.legs();
            write.cause = onto(work, write.legs);
            write.failed = write.cause == null ? 0 : leg.mask();
            leave(write);
        } finally {
            mirror.ranges.leave(write.region, write.ticket);
            mirror.watch.release(write);
        }
    }

    /** Whatever is thrown, region and gate are left. */
    private static IOException onto(Rewrite work, LegSet legs) {
        try {
            return work.onto(legs);
        } catch (RuntimeException | Error e) {
            return new IOException("a part of it could not be rewritten: " + e, e);
        }
    }

    // ---- writes that hang in a leg ----------------------------------------------------------------------------------

    /**
     * Goes on with the next leg, if the one that hangs can be excluded. If it is the last current one, the write is answered with
     * an error, and its region is in doubt: it may come to the leg still.
     */
    @Override
    public void takeOver(Attempt held, Leg leg) {
        Attempt write = mirror.watch.claim(held.hint);
        write.takeFrom(held);
        write.failed |= leg.mask();
        write.cause = leg.hanging();
        IOException failure = null;
        try {
            if (LegWatch.latchUnlessLast(write.legs, leg)) {
                carryOn(write, leg.index() + 1);
            } else {
                refuse(write, leg);
            }
        } catch (LetGoException e) {
            // It hung in another leg as well, and somebody else goes on.
            return;
        } catch (IOException e) {
            failure = e;
        }
        mirror.ranges.leave(write.region, write.ticket);
        write.successor.goOn(write.doneBytes + (failure == null ? write.length : 0), failure);
        mirror.watch.release(write);
    }

    /** No leg is left that could be current: those behind it get nothing of this write, and lack the region. */
    private void refuse(Attempt write, Leg leg) throws IOException {
        int tried = (leg.mask() << 1) - 1;
        write.failed |= write.legs.attachedMask() & ~tried;
        try {
            settleFailure(write);
        } finally {
            leaveRegion(write);
        }
    }
}
