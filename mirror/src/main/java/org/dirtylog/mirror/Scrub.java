// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the legs, slowly, while clients go on: what nobody has read for a year may have changed on one of them. Only regions of
 * which the legs are to be the same are compared. What differs is looked at once more with its range taken, so that a write which
 * is on its way is never called a difference. Nothing is changed unless that was asked for.
 */
final class Scrub {
    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final int CHUNK_BYTES = 256 * 1024;
    /** So many differences are listed; all are counted. */
    private static final int MOST_LISTED = 64;

    private static final long SECOND = 1_000_000_000L;

    private final MirrorState mirror;
    private final RangeTable ranges;
    private final LegForces forces;
    private final Mending mending;
    private final Signal changed;
    private volatile boolean stopped;

    // Guarded by this.
    private ScrubStatus status = ScrubStatus.NEVER;

    Scrub(MirrorState mirror, Mending mending) {
        this.mirror = mirror;
        this.ranges = mirror.ranges;
        this.mending = mending;
        this.forces = new LegForces(mirror);
        this.changed = mirror.world.tasks().signal(mirror.name + "/scrub");
    }

    synchronized ScrubStatus status() {
        return status;
    }

    private synchronized boolean isRunning() {
        return status.state() == ScrubStatus.State.RUNNING;
    }

    /**
     * Begins at the first byte.
     *
     * @param rateMiB MiB a second, of the volume
     * @param repair  what to do about differences
     * @throws MirrorException if one is under way
     */
    void start(long rateMiB, Repair repair) throws MirrorException {
        synchronized (this) {
            if (isRunning()) {
                throw new MirrorException("a scrub of mirror " + mirror.name + " is under way; see mirror:status "
                        + mirror.name + ", or end it: mirror:scrub " + mirror.name + " --stop");
            }
            status = ScrubStatus.begun(mirror.geometry.targetBytes());
            stopped = false;
        }
        mirror.world.tasks().start(mirror.name + "/scrub", () -> run(rateMiB << 20, repair));
    }

    /** Ends it soon, if it is under way. */
    void stop() {
        stopped = true;
        changed.raise();
    }

    /** Returns when none is under way. */
    void awaitEnd() {
        changed.await(() -> !isRunning());
    }

    private void run(long bytesPerSecond, Repair repair) {
        LOG.info("Mirror {}: its legs are compared", mirror.name);
        ScrubStatus.State end = ScrubStatus.State.STOPPED;
        try {
            long begun = mirror.world.clock().nanos();
            Buffers buffers = new Buffers(mirror.legs().size());
            long size = mirror.geometry.targetBytes();
            for (long at = 0; at < size && !stopped; ) {
                long region = mirror.geometry.regionOfByte(at);
                long regionEnd = mirror.geometry.firstByteOf(region) + mirror.geometry.bytesIn(region);
                int bytes = (int) Math.min(CHUNK_BYTES, regionEnd - at);
                look(region, at, bytes, buffers, repair);
                at += bytes;
                long due = begun + (long) ((double) at / bytesPerSecond * SECOND);
                changed.await(() -> stopped, due);
            }
            end = stopped ? ScrubStatus.State.STOPPED : ScrubStatus.State.DONE;
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("Mirror {}: the comparison of its legs is broken off: {}", mirror.name, e.toString());
        } finally {
            synchronized (this) {
                status = status.ended(end);
            }
            LOG.info(
                    "Mirror {}: the comparison of its legs is {}: {} differences, {} bytes not compared",
                    mirror.name,
                    end.text(),
                    status().differences(),
                    status().bytesSkipped());
            changed.raise();
        }
    }

    /** A buffer for each leg. One that a leg that hangs was reading into is not used again. */
    private static final class Buffers {
        private final ByteBuffer[] all;

        Buffers(int legs) {
            all = new ByteBuffer[legs];
        }

        ByteBuffer of(int leg, int bytes) {
            ByteBuffer buffer = all[leg] == null ? ByteBuffer.allocate(CHUNK_BYTES) : all[leg];
            all[leg] = buffer;
            return buffer.clear().limit(bytes);
        }

        void drop(int leg) {
            all[leg] = null;
        }
    }

    private void look(long region, long at, int bytes, Buffers buffers, Repair repair) throws IOException {
        int mask = comparable(region);
        boolean known = Integer.bitCount(mask) > 1 && read(mask, at, bytes, buffers);
        if (known && !equal(mask, buffers)) {
            // P9: nobody writes here now.
            long ticket = ranges.enter(region, at, at + bytes);
            try {
                LegSet legs = mirror.legs();
                mask = comparable(region);
                known = Integer.bitCount(mask) > 1
                        && read(mask, at, bytes, buffers)
                        && legs == mirror.legs()
                        && comparable(region) == mask;
            } finally {
                ranges.leave(region, ticket);
            }
            if (known) {
                report(mask, at, bytes, buffers, repair);
            }
        }
        synchronized (this) {
            status = status.compared(bytes, known);
        }
    }

    /** The legs that are to be the same in a region. */
    private int comparable(long region) {
        long word = mirror.table.get(region);
        LegSet legs = mirror.legs();
        boolean settled = ReadPath.isPlain(word) && (RegionWord.lacks(word) & legs.attachedMask()) == 0;
        return settled ? legs.attachedMask() & ~legs.failingMask() & ~legs.hangingMask() : 0;
    }

    private boolean read(int mask, long at, int bytes, Buffers buffers) {
        LegSet legs = mirror.legs();
        LegForces.Outcome outcome = forces.each(legs.legs(), mask, leg -> leg.read(at, buffers.of(leg.index(), bytes)));
        for (int left = outcome.failed(); left != 0; left &= left - 1) {
            buffers.drop(Integer.numberOfTrailingZeros(left));
        }
        return outcome.failed() == 0;
    }

    private static boolean equal(int mask, Buffers buffers) {
        ByteBuffer first = null;
        for (int left = mask; left != 0; left &= left - 1) {
            ByteBuffer one = buffers.all[Integer.numberOfTrailingZeros(left)].flip();
            if (first != null && first.mismatch(one) >= 0) {
                return false;
            }
            first = one;
        }
        return true;
    }

    /** Sector by sector; neighbours on which the legs divide in the same way are one difference. */
    private void report(int mask, long at, int bytes, Buffers buffers, Repair repair) throws IOException {
        List<LegDifference> found = new ArrayList<>();
        for (int offset = 0; offset < bytes; offset += 512) {
            LegDifference here = LegDifference.of(mask, at + offset, 512, offset, buffers.all);
            if (here.isNone()) {
                continue;
            }
            LegDifference last = found.isEmpty() ? null : found.get(found.size() - 1);
            if (last != null && last.isContinuedBy(here)) {
                found.set(found.size() - 1, last.with(here));
            } else {
                found.add(here);
            }
        }
        for (LegDifference one : found) {
            OptionalInt right = repair.right(one);
            LOG.error(
                    "Mirror {}: its legs differ in {} sectors from sector {} on, the same are {}. {}",
                    mirror.name,
                    one.bytes() / 512,
                    one.position() / 512,
                    one.text(),
                    right.isPresent()
                            ? "They are rewritten from leg " + right.getAsInt()
                            : "Nothing was changed. To rewrite: mirror:scrub " + mirror.name + " --repair --from N");
            boolean mended = right.isPresent() && mending.mend(one, right.getAsInt());
            synchronized (this) {
                status = status.with(one, mended, MOST_LISTED);
            }
        }
    }

    /**
     * What to do about differences.
     *
     * @param wanted whether anything
     * @param from   the leg to believe; if empty, the majority
     */
    record Repair(boolean wanted, OptionalInt from) {
        static final Repair NONE = new Repair(false, OptionalInt.empty());

        OptionalInt right(LegDifference difference) {
            if (!wanted) {
                return OptionalInt.empty();
            }
            return from.isEmpty()
                    ? difference.majority()
                    : difference.takesPart(from.getAsInt()) ? from : OptionalInt.empty();
        }
    }
}
