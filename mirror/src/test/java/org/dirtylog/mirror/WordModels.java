// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionSet;
import org.dirtylog.mirror.steps.AtomicBoolean;
import org.dirtylog.mirror.steps.Cells;
import org.dirtylog.mirror.steps.StepSignal;
import org.dirtylog.seams.BlockDevice;

/**
 * What stands around the methods that {@link WordSources} takes out of production classes: a mirror of two legs with one region of two
 * sectors of one byte each, and a log. Classes nested here stand in for the production classes of the same names.
 */
abstract class WordModels {
    /** As long as nobody looks, time stands still: a deadline comes whenever it likes. */
    static final class World {
        World clock() {
            return this;
        }

        long nanos() {
            return 0;
        }
    }

    static final class Geometry {
        long regionOfByte(long position) {
            return 0;
        }

        long firstByteOf(long region) {
            return 0;
        }

        long bytesIn(long region) {
            return SECTORS;
        }

        RegionSet allRegions() {
            return RegionSet.of(0);
        }
    }

    static final int SECTORS = 2;
    static final int LEGS = 2;

    /** What all threads share. */
    static final class Shared {
        /** Of each leg: bytes 0 and 1 are its sectors, bytes 2 and 3 what of them was forced. */
        final Cells disks = new Cells(LEGS, "disk");

        final Cells failing = new Cells(LEGS, "failing");
        /** Attached legs, stale legs, and how many sets there were before. */
        final Cells legs = new Cells(1, "legs");
        /** The attached legs in the record. */
        final Cells recorded = new Cells(1, "record");
        /** Whether the region's bit is durably dirty, and whether it is out of sync. */
        final Cells log = new Cells(1, "log");

        final Cells book = new Cells(1, "book");
        final Cells paused = new Cells(1, "paused");
        final Cells logFailure = new Cells(1, "log failure");
        final Cells exclusion = new Cells(1, "exclusion wanted");
        final StepSignal turns = new StepSignal("turns");
        final StepSignal freed = new StepSignal("freed");
        final StepSignal ranges = new StepSignal("ranges");
        final Cells inFlight = new Cells(SECTORS, "range");
        final Cells begun = new Cells(SECTORS, "ranges begun");
        final AtomicBoolean busy = new AtomicBoolean();
        /** Masks of legs that refuse. */
        int failWrites;

        int failForces;
        /** Mask of legs on which what they refuse lands all the same. */
        int refusedLands;
        /** Whether the log cannot be forced. */
        boolean logFails;

        RegionTable table;
        WordParts.StatePart mirror;
        /** What was acknowledged of each sector, and what a reader must see or has seen. */
        final Cells acknowledged = new Cells(SECTORS, "acknowledged");

        final Cells expected = new Cells(8, "expected");
    }

    static final class LegSet {
        private static final List<LegSet> KNOWN = new ArrayList<>();
        private static Shared shared;

        final long packed;

        private LegSet(long packed) {
            this.packed = packed;
        }

        /** The same object for the same set: threads are run anew, and compare. */
        static LegSet of(Shared scene, long packed) {
            shared = scene;
            for (int i = 0; i < KNOWN.size(); i++) {
                if (KNOWN.get(i).packed == packed) {
                    return KNOWN.get(i);
                }
            }
            KNOWN.add(new LegSet(packed));
            return KNOWN.get(KNOWN.size() - 1);
        }

        static long packed(int attached, int stale, long serial) {
            return attached | stale << 8 | serial << 16;
        }

        LegSet next(int attached, int stale) {
            return of(shared, packed(attached, stale, (packed >>> 16) + 1));
        }

        int size() {
            return LEGS;
        }

        Leg leg(int i) {
            return new Leg(shared, i);
        }

        Leg source() {
            return leg(Integer.numberOfTrailingZeros(currentMask()));
        }

        int attachedMask() {
            return (int) packed & 0xFF;
        }

        int staleMask() {
            return (int) (packed >>> 8) & 0xFF;
        }

        int currentMask() {
            return attachedMask() & ~staleMask();
        }

        boolean isAttached(int i) {
            return (attachedMask() & 1 << i) != 0;
        }

        boolean isComplete() {
            return attachedMask() == (1 << LEGS) - 1;
        }

        int failingMask() {
            int mask = 0;
            for (int i = 0; i < LEGS; i++) {
                mask |= isAttached(i) && leg(i).isFailing() ? 1 << i : 0;
            }
            return mask;
        }

        void latchFailing(int mask) {
            for (int i = 0; i < LEGS; i++) {
                if ((mask & 1 << i) != 0) {
                    leg(i).latchFailing();
                }
            }
        }
    }

    static final class Leg {
        private final Shared shared;
        private final int index;

        Leg(Shared shared, int index) {
            this.shared = shared;
            this.index = index;
        }

        int index() {
            return index;
        }

        int mask() {
            return 1 << index;
        }

        String name() {
            return "leg " + index;
        }

        Leg reads() {
            return this;
        }

        void begin() {}

        void end(long position) {}

        boolean isFailing() {
            return shared.failing.number(index) != 0;
        }

        void latchFailing() {
            shared.failing.change("latch", index, before -> 1);
        }

        void latchForceFailure(IOException cause) {
            throw new AssertionError("the last current leg takes what was read", cause);
        }

        boolean isHole(long position, int bytes) {
            return false;
        }

        void zero(long position, long length, BlockDevice.Zeroing zeroing) {
            throw new AssertionError("nothing is zeroed");
        }

        void read(long position, ByteBuffer into) throws IOException {
            long disk = shared.disks.number(index);
            for (long at = position; into.hasRemaining(); at++) {
                into.put((byte) (disk >>> 8 * at));
            }
        }

        void write(long position, ByteBuffer from) throws IOException {
            boolean refuses = (shared.failWrites & mask()) != 0;
            long data = 0;
            long mask = 0;
            for (long at = position; from.hasRemaining(); at++) {
                data |= (from.get() & 0xFFL) << 8 * at;
                mask |= 0xFFL << 8 * at;
            }
            long written = data;
            long where = mask;
            shared.disks.change("write", index, before -> {
                WordRules.checkWrite(shared);
                return refuses && (shared.refusedLands & mask()) == 0 ? before : before & ~where | written;
            });
            if (refuses) {
                throw new IOException(name() + " refuses a write");
            }
        }
    }

    /** Writers of different sectors are counted apart. */
    static final class DataPath {
        static int hint(long position) {
            return (int) position;
        }
    }

    static final class LegForces {
        record Outcome(int failed, IOException cause) {
            IOException why() {
                return cause == null ? new IOException("a leg is failing") : cause;
            }
        }

        private final Shared shared;

        private final boolean forces;

        LegForces(Shared shared, boolean forces) {
            this.shared = shared;
            this.forces = forces;
        }

        Outcome forceAttached(LegSet legs) {
            int failed = 0;
            for (int i = 0; i < LEGS; i++) {
                if (!legs.isAttached(i)) {
                    continue;
                }
                if (legs.leg(i).isFailing() || (shared.failForces & 1 << i) != 0) {
                    failed |= 1 << i;
                } else if (forces) {
                    shared.disks.change("force", i, disk -> disk & 0xFFFF | (disk & 0xFFFF) << 16);
                }
            }
            return new Outcome(failed, failed == 0 ? null : new IOException("a leg refuses a force"));
        }
    }

    static final class Attempt {
        Object owner;
        long region;
        long position;
        long length;
        long ticket;
        int hint;
        LegSet legs;
        int failed;
        IOException cause;
        ByteBuffer from;
        int start;
        BlockDevice.Zeroing zeroing;
        int targets;
        boolean inside;
    }

    /** Nothing hangs here. */
    static final class LegWatch {
        Attempt claim(int hint) {
            return new Attempt();
        }

        void release(Attempt attempt) {}

        void enter(Attempt attempt, Leg leg) {}

        void leave(Attempt attempt, Leg leg) {}
    }

    /** One sector is one range; its monitor is one step. */
    static final class Ranges {
        private final Shared shared;

        Ranges(Shared shared) {
            this.shared = shared;
        }

        long enter(long region, long start, long end) {
            int at = (int) start;
            shared.ranges.await(() -> shared.inFlight.changeIf("take", at, before -> before == 0, before -> 1));
            shared.begun.change("begin", at, before -> before + 1);
            return start;
        }

        void leave(long region, long ticket) {
            shared.inFlight.change("give", (int) ticket, before -> 0);
            shared.ranges.raise();
        }

        long beginRead(long region, long start, long end) {
            while (true) {
                long seen = shared.begun.number((int) start);
                if (shared.inFlight.test("free?", (int) start, now -> now == 0)) {
                    return seen;
                }
                shared.ranges.await(() -> shared.inFlight.test("free?", (int) start, now -> now == 0));
            }
        }

        boolean undisturbed(long region, long start, long end, long seen) {
            return shared.begun.number((int) start) == seen;
        }
    }

    /** A log with a medium, of one region. Its calls come one at a time. */
    static final class Log {
        static final int DIRTY = 1;
        static final int OUT_OF_SYNC = 2;

        private final Shared shared;
        private final WordParts.LegFlushPart legFlush;
        private RegionSet dirty = RegionSet.none();
        private RegionSet clean = RegionSet.none();

        Log(Shared shared, WordParts.LegFlushPart legFlush) {
            this.shared = shared;
            this.legFlush = legFlush;
        }

        void markClean(RegionSet regions) {
            clean = regions;
        }

        void markDirty(RegionSet regions) {
            dirty = regions;
        }

        void setOutOfSync(RegionSet regions) {
            if (regions.contains(0)) {
                shared.log.change("out of sync", 0, before -> before | OUT_OF_SYNC);
            }
        }

        void setInSync(RegionSet regions) {
            shared.log.change("in sync", 0, before -> before & ~OUT_OF_SYNC);
        }

        FlushResult flush() throws DirtyLogException {
            RegionSet dropped = RegionSet.none();
            if (!clean.isEmpty()) {
                try {
                    legFlush.flush();
                } catch (IOException e) {
                    dropped = clean;
                }
            }
            boolean cleans = !clean.minus(dropped).isEmpty();
            boolean dirties = !dirty.isEmpty();
            clean = RegionSet.none();
            dirty = RegionSet.none();
            if (cleans || dirties) {
                // A medium that fails may have taken a cleaning, and not a mark.
                shared.log.change("force bits", 0, before -> {
                    long cleaned = cleans && (before & OUT_OF_SYNC) == 0 ? before & ~DIRTY : before;
                    return dirties && !shared.logFails ? cleaned | DIRTY : cleaned;
                });
                if (shared.logFails) {
                    throw new DirtyLogException.Failed("the medium of the log fails");
                }
            }
            return FlushResult.dropped(dropped);
        }
    }
}
