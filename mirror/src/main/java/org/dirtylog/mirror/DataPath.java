// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;
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
    private final LegFailures failures;
    private final LegForces forces;
    private final ReadPath reads;
    private final WritePath writes;
    private final long regionBytes;

    DataPath(MirrorState mirror, LogBook book, LegFailures failures, Recovery recovery) {
        this.mirror = mirror;
        this.failures = failures;
        this.writes = new WritePath(mirror, book, failures, recovery);
        this.reads = new ReadPath(mirror, failures, new ReadRepairs(mirror, writes), recovery);
        this.forces = new LegForces(mirror);
        this.regionBytes = mirror.geometry.regionSectors() * 512;
    }

    /** For writes that are not a client's. */
    WritePath writes() {
        return writes;
    }

    // ---- reads and writes -------------------------------------------------------------------------------------------

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        int start = from.position();
        int bytes = from.remaining();
        LateAnswer.await(
                bytes,
                (done, late) ->
                        write(positionBytes + done, from.limit(start + bytes).position(start + (int) done), late));
    }

    @Override
    public void write(long positionBytes, ByteBuffer from, Successor successor) throws IOException {
        check(positionBytes, from.remaining());
        int limit = from.limit();
        long position = positionBytes;
        Attempt write = begin(position, writes, successor);
        try {
            while (from.position() < limit) {
                int length = (int) untilBorder(position, limit - from.position());
                from.limit(from.position() + length);
                write.doneBytes = position - positionBytes;
                writes.change(write, position, length, from, null);
                position += length;
                from.limit(limit);
            }
        } catch (LetGoException e) {
            write = null;
            throw e;
        } finally {
            end(write);
        }
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        LateAnswer.await(bytes, (done, late) -> zero(positionBytes + done, bytes - done, zeroing, late));
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing, Successor successor) throws IOException {
        check(positionBytes, bytes);
        long end = positionBytes + bytes;
        Attempt write = begin(positionBytes, writes, successor);
        try {
            for (long position = positionBytes; position < end; ) {
                long length = untilBorder(position, end - position);
                write.doneBytes = position - positionBytes;
                writes.change(write, position, length, null, zeroing);
                position += length;
            }
        } catch (LetGoException e) {
            write = null;
            throw e;
        } finally {
            end(write);
        }
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        int start = into.position();
        int bytes = into.remaining();
        LateAnswer.await(
                bytes,
                (done, late) -> read(positionBytes, into.limit(start + bytes).position(start), late));
    }

    @Override
    public void read(long positionBytes, ByteBuffer into, Successor successor) throws IOException {
        check(positionBytes, into.remaining());
        int limit = into.limit();
        long position = positionBytes;
        Attempt read = begin(position, reads, successor);
        try {
            while (into.position() < limit) {
                int length = (int) untilBorder(position, limit - into.position());
                into.limit(into.position() + length);
                reads.read(read, position, length, into);
                position += length;
                into.limit(limit);
            }
        } catch (LetGoException e) {
            read = null;
            throw e;
        } finally {
            end(read);
        }
    }

    private Attempt begin(long position, Attempt.Owner owner, Successor successor) {
        Attempt attempt = mirror.watch.claim(hint(position));
        attempt.owner = owner;
        attempt.successor = successor;
        return attempt;
    }

    private void end(Attempt attempt) {
        if (attempt != null) {
            mirror.watch.release(attempt);
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
        IOException why = outcome.why();
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
        if (source.isFailing() || source.isHanging()) {
            return;
        }
        try {
            forces.one(source, leg -> leg.device().prefetch(leg.devicePosition(positionBytes), bytes));
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
