// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionSet;
import org.dirtylog.mirror.steps.AtomicBoolean;
import org.dirtylog.mirror.steps.AtomicInteger;
import org.dirtylog.mirror.steps.Cells;
import org.dirtylog.mirror.steps.Explorer;
import org.dirtylog.mirror.steps.StepSignal;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * What stands around the methods that {@link WordSources} takes out of production classes: a mirror of two legs with one region of two
 * sectors of one byte each, and a log. Classes nested here stand in for the production classes of the same names. Each class
 * {@code …Part} is extended by the methods of one production class.
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
        StatePart mirror;
        /** What was acknowledged of each sector, and what a reader must see or has seen. */
        final Cells acknowledged = new Cells(SECTORS, "acknowledged");

        final Cells expected = new Cells(8, "expected");
    }

    static final class LegSet {
        private static final Map<Long, LegSet> KNOWN = new HashMap<>();
        private static Shared shared;

        final long packed;

        private LegSet(long packed) {
            this.packed = packed;
        }

        /** The same object for the same set: threads are run anew, and compare. */
        static LegSet of(Shared scene, long packed) {
            shared = scene;
            return KNOWN.computeIfAbsent(packed, LegSet::new);
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
        private final LegFlushPart legFlush;
        private RegionSet dirty = RegionSet.none();
        private RegionSet clean = RegionSet.none();

        Log(Shared shared, LegFlushPart legFlush) {
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

    // ---- what the methods of production classes are added to --------------------------------------------------------

    /** {@link MirrorState}. */
    abstract static class StatePart extends WordModels implements Tasks {
        final String name = "m";
        final Shared shared;
        final World world = new World();
        final Geometry geometry = new Geometry();
        final LegWatch watch = new LegWatch();
        final RegionTable table;
        final Ranges ranges;
        final Gate writes;
        final Gate reads;
        final Signal regionsChanged = new StepSignal("regions changed");
        final Signal settled = new StepSignal("settled");
        final AtomicInteger settling = new AtomicInteger();

        StatePart(Shared shared) {
            this.shared = shared;
            this.table = new RegionTable(2);
            this.ranges = new Ranges(shared);
            this.writes = new Gate(this, "writes");
            this.reads = new Gate(this, "reads");
        }

        LegSet legs() {
            return LegSet.of(shared, shared.legs.number(0));
        }

        void legs(LegSet next) {
            shared.legs.change("publish", 0, before -> next.packed);
        }

        @Override
        public Signal signal(String called) {
            return new StepSignal(called);
        }

        @Override
        public void start(String called, Runnable task) {
            throw new AssertionError("threads are given");
        }

        @Override
        public void startAfter(long delayNanos, String called, Runnable task) {
            throw new AssertionError("threads are given");
        }

        abstract boolean mayEnter(long region);

        abstract long marked(long word);

        abstract void markAgain(long region);

        abstract void markAllAgain();

        abstract void beginSettling();

        abstract void endSettling();

        abstract void awaitSettled();
    }

    /** {@link LegFlush}. */
    abstract static class LegFlushPart extends WordModels {
        final StatePart mirror;
        final FailuresPart failures;
        final LegForces forces;
        int flushes;

        LegFlushPart(StatePart mirror, FailuresPart failures) {
            this.mirror = mirror;
            this.failures = failures;
            this.forces = new LegForces(mirror.shared, true);
        }

        int flushes() {
            return flushes;
        }

        abstract void flush() throws IOException;
    }

    /** {@link LogBook}: turns are led as there; what it does under its monitor is one step here. */
    abstract static class BookPart extends WordModels {
        // Of each thread a bit: it has asked for a mark, a cleaning, a doubt; the turn under way is for it; a turn is
        // under way.
        private static final int MARK = 0;
        private static final int CLEANING = 8;
        private static final int DOUBT = 16;
        private static final int TURN = 24;
        private static final long THREADS = 0xFF;
        private static final long ASKED = 0xFFFFFF;
        private static final long TURNING = 1L << 48;
        private static final RegionSet REGION = RegionSet.of(0);

        final StatePart mirror;
        final Cells book;
        final Signal turns;
        final Log log;
        final LegFlushPart legFlush;
        final LongConsumer marked = count -> {};
        final boolean failWrites;
        final boolean stopped = false;
        final boolean marksHeld = false;

        BookPart(StatePart mirror, LegFlushPart legFlush, boolean failWrites) {
            this.mirror = mirror;
            this.book = mirror.shared.book;
            this.turns = mirror.shared.turns;
            this.legFlush = legFlush;
            this.log = new Log(mirror.shared, legFlush);
            this.failWrites = failWrites;
        }

        DirtyLogException failure() {
            return mirror.shared.logFailure.number(0) == 0 ? null : new DirtyLogException.Failed("it has failed");
        }

        void mark(long region) throws IOException {
            ask(MARK, false);
        }

        void clean(RegionSet regions) throws IOException {
            ask(CLEANING, true);
        }

        void doubt(RegionSet regions) throws IOException {
            ask(DOUBT, true);
        }

        private void ask(int what, boolean failFast) throws IOException {
            long me = 1L << Explorer.thisThread();
            book.change("ask", 0, before -> before | me << what);
            await(me, failFast);
        }

        /** What the thread has asked for is neither before a turn nor in one. */
        boolean isDone(long me) {
            return book.test("done?", 0, now -> {
                long asked = now & ASKED | now >>> TURN & ASKED;
                return ((asked >>> MARK | asked >>> CLEANING | asked >>> DOUBT) & me) == 0;
            });
        }

        boolean tryLead() {
            return failure() == null && book.changeIf("lead", 0, now -> (now & TURNING) == 0, now -> now | TURNING);
        }

        void awaitCrowd() {}

        void turn() {
            long asked = book.update("begin turn", 0, now -> TURNING | (now & ASKED) << TURN) & ASKED;
            boolean done = false;
            try {
                turn(some(asked >>> MARK), some(asked >>> CLEANING), some(asked >>> DOUBT));
                done = true;
            } catch (DirtyLogException e) {
                mirror.shared.logFailure.change("fail", 0, now -> 1);
                mirror.regionsChanged.raise();
            }
            long again = done ? 0 : asked;
            book.change("end turn", 0, now -> now & ASKED | again);
            turns.raise();
        }

        private static RegionSet some(long asked) {
            return (asked & THREADS) == 0 ? RegionSet.none() : REGION;
        }

        FlushResult flush() throws DirtyLogException {
            return log.flush();
        }

        abstract void turn(RegionSet wanted, RegionSet cleaned, RegionSet doubtful) throws DirtyLogException;

        abstract void await(long ticket, boolean failFast) throws IOException;

        abstract boolean refuses();

        abstract IOException notMarked();
    }

    /** {@link LegFailures}. */
    abstract static class FailuresPart extends WordModels {
        interface Change {
            void run() throws IOException;
        }

        final StatePart mirror;
        final AtomicBoolean busy;
        final Signal freed;
        final boolean ended = false;
        final FailuresPart labels = this;

        FailuresPart(StatePart mirror) {
            this.mirror = mirror;
            this.busy = mirror.shared.busy;
            this.freed = mirror.shared.freed;
        }

        /** As a task of its own: the thread of {@link #excludeAsAsked}. */
        void excludeLater(IOException cause) {
            mirror.shared.exclusion.change("want", 0, before -> 1);
            freed.raise();
        }

        void excludeAsAsked() {
            while (true) {
                freed.await(() -> mirror.shared.exclusion.changeIf("take", 0, before -> before != 0, before -> 0));
                try {
                    exclude(new IOException("a leg failed"));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        }

        int keptOf(LegSet legs, int failing) {
            return (legs.currentMask() & ~failing) != 0 ? 0 : legs.source().mask();
        }

        LegSet without(LegSet legs, int excluded) {
            return excluded == 0 ? legs : legs.next(legs.attachedMask() & ~excluded, legs.staleMask() & ~excluded);
        }

        boolean isRecorded(LegSet next) {
            return mirror.shared.recorded.number(0) == next.attachedMask();
        }

        MirrorRecord recordUntilDurable(LegSet before, LegSet next, int kept, IOException cause) {
            mirror.shared.recorded.change("record", 0, old -> next.attachedMask());
            return null;
        }

        void unlatch(LegSet legs, int kept) {
            for (int i = 0; i < LEGS; i++) {
                if ((kept & 1 << i) != 0) {
                    mirror.shared.failing.change("unlatch", i, before -> 0);
                }
            }
        }

        int write(LegSet next, MirrorRecord record) {
            return 0;
        }

        void settleIfPossible(int labelled) {}

        void giveBack(LegSet before, LegSet after, IOException cause) {}

        abstract void exclude(IOException cause) throws IOException;

        abstract boolean settle(int took, int failed, IOException cause) throws IOException;

        abstract void alone(Change change) throws IOException;
    }

    /** {@link Recovery}. */
    abstract static class RecoveryPart extends WordModels {
        final StatePart mirror;
        final Log log;
        long bytesTotal;

        RecoveryPart(StatePart mirror, Log log) {
            this.mirror = mirror;
            this.log = log;
        }

        void kick() {}

        void want(long region) {}

        abstract void cast(long region);
    }

    /** {@link WritePath}. */
    abstract static class WritePart extends WordModels {
        final StatePart mirror;
        final BookPart book;
        final FailuresPart failures;
        final RecoveryPart recovery;

        WritePart(StatePart mirror, BookPart book, FailuresPart failures, RecoveryPart recovery) {
            this.mirror = mirror;
            this.book = book;
            this.failures = failures;
            this.recovery = recovery;
        }

        abstract void change(Attempt write, long position, long length, ByteBuffer from, BlockDevice.Zeroing zeroing)
                throws IOException;
    }

    /** {@link ReadPath}. */
    abstract static class ReadPart extends WordModels {
        static final class ReadChoice {
            static int preferred;

            static int of(LegSet legs, int among, long region, long position) {
                return (among & 1 << preferred) != 0 ? preferred : Integer.numberOfTrailingZeros(among);
            }
        }

        final StatePart mirror;
        final FailuresPart failures;
        final RecoveryPart recovery;
        final ReadPart repairs = this;

        ReadPart(StatePart mirror, FailuresPart failures, RecoveryPart recovery) {
            this.mirror = mirror;
            this.failures = failures;
            this.recovery = recovery;
        }

        void want(LegSet legs, int failed, long region, long position, long length, IOException cause) {}

        abstract void read(Attempt read, long position, int length, ByteBuffer into) throws IOException;
    }

    /** {@link RegionCopier}. */
    abstract static class CopierPart extends WordModels {
        static final long GRACE_NANOS = 1;
        static final ByteBuffer ZEROES = ByteBuffer.allocate(SECTORS);

        final StatePart mirror;
        final FailuresPart failures;
        final LongConsumer inSync;
        final BooleanSupplier paused;

        CopierPart(StatePart mirror, FailuresPart failures, Log log) {
            this.mirror = mirror;
            this.failures = failures;
            this.paused = () -> mirror.shared.paused.number(0) != 0;
            this.inSync = region -> log.setInSync(RegionSet.of(region));
        }

        ByteBuffer takeBuffer() {
            return ByteBuffer.allocate(SECTORS);
        }

        void giveBack(ByteBuffer buffer) {}

        abstract boolean copy(long region) throws IOException;
    }

    /** {@link Cleaner}. */
    abstract static class CleanerPart extends WordModels {
        final StatePart mirror;
        final BookPart book;
        final FailuresPart failures;
        final LegForces forces;

        CleanerPart(StatePart mirror, BookPart book, FailuresPart failures) {
            this.mirror = mirror;
            this.book = book;
            this.failures = failures;
            // It saves the log's force time, and nothing relies on it.
            this.forces = new LegForces(mirror.shared, false);
        }

        abstract long cleanIdle(RegionSet regions) throws IOException;
    }

    /** {@link LegReturns}. */
    abstract static class ReturnsPart extends WordModels {
        final StatePart mirror;

        ReturnsPart(StatePart mirror) {
            this.mirror = mirror;
        }

        abstract RegionSet lackAllDirty(int mask, boolean full);
    }
}
