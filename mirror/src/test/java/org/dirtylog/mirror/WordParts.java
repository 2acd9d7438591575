// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
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
 * What the methods of production classes are added to: each class {@code …Part} is extended by those that {@link WordSources} takes
 * out of one class. What they call there and is not taken stands here.
 */
abstract class WordParts extends WordModels {
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
            this.table = new RegionTable(1);
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
