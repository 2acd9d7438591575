// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * One copy of the data: a device from an offset on. Forces run one at a time, and callers that come while one is under way
 * share the next (P13).
 */
final class Leg {
    private static final long SLOW_OF_LATE = 60_000_000_000L;

    private final int index;
    private final BlockDevice device;
    private final long offsetBytes;
    private final long sizeBytes;
    private final Signal forced;
    private final LegReads reads = new LegReads();

    /** Set on the thread that noticed a failure, before anything else happens (P14 step 0): no new I/O. */
    private volatile boolean failing;

    /** Latched when a force failed, before any result of it is used (P13, I28). */
    private volatile IOException forceFailure;

    /** Whether a label was written and forced since the leg was opened: until then what is read of one may be only a page. */
    private volatile boolean labelled;

    /** How much of what was let go has not returned. As long as there is some, nothing new is begun. */
    private final AtomicInteger hanging = new AtomicInteger();

    private volatile String hangsFor = "";

    /** When it was last seen to be slow, and how slow; 0 for never. */
    private volatile long slowAtNanos;

    private volatile long slowestNanos;

    // Guarded by this. A force begun as number n covers all writes that ended before it began.
    private long forcesBegun;
    private long forcesEnded;
    private boolean forcing;

    Leg(int index, BlockDevice device, long offsetBytes, long sizeBytes, Tasks tasks) {
        this.index = index;
        this.device = device;
        this.offsetBytes = offsetBytes;
        this.sizeBytes = sizeBytes;
        this.forced = tasks.signal("leg " + index + "/force");
    }

    int index() {
        return index;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    int mask() {
        return 1 << index;
    }

    String name() {
        return device.name();
    }

    BlockDevice device() {
        return device;
    }

    LegReads reads() {
        return reads;
    }

    boolean isFailing() {
        return failing;
    }

    void latchFailing() {
        failing = true;
    }

    /** Takes the latch back: it is the last current leg, which is never excluded (P12). */
    void unlatchFailing() {
        failing = false;
    }

    /** The failure of an earlier force, or {@code null}. */
    IOException forceFailure() {
        return forceFailure;
    }

    /** Restores, from the record, what an earlier run latched; or ends it, by an operator's resume. */
    void latchForceFailure(IOException failure) {
        forceFailure = failure;
    }

    // ---- a leg that does not answer ---------------------------------------------------------------------------------

    /** Something on it was let go, and has not returned. Answers whether it is the first. */
    boolean beginHang(String howLong) {
        if (!isHanging()) {
            hangsFor = howLong;
        }
        boolean first = hanging.getAndIncrement() == 0;
        // Who waits for a force that is under way need not either.
        forced.raise();
        return first;
    }

    void endHang() {
        hanging.decrementAndGet();
    }

    boolean isHanging() {
        return hanging.get() != 0;
    }

    IOException hanging() {
        return new IOException("leg " + name() + " hangs: " + hangsFor);
    }

    private void requireAnswering() throws IOException {
        if (isHanging()) {
            throw hanging();
        }
    }

    /** Something took long. Answers whether that is news. */
    boolean noteSlow(long nowNanos, long nanos) {
        boolean known = slowNanos(nowNanos) > 0;
        slowestNanos = known ? Math.max(slowestNanos, nanos) : nanos;
        slowAtNanos = nowNanos;
        return !known;
    }

    /** How long something took, at most, of late; 0 if nothing did. */
    long slowNanos(long nowNanos) {
        return slowestNanos > 0 && nowNanos - slowAtNanos < SLOW_OF_LATE ? slowestNanos : 0;
    }

    // ---- input and output -------------------------------------------------------------------------------------------

    void read(long position, ByteBuffer into) throws IOException {
        requireAnswering();
        IOException before = forceFailure;
        try {
            device.read(check(position, into.remaining()), into);
        } catch (RuntimeException | Error e) {
            throw failure(e);
        }
        if (forceFailure != before) {
            // The kernel has dropped pages: what was read may be older than what was written (P13).
            throw new IOException("leg " + name() + " could not be forced meanwhile", forceFailure);
        }
    }

    void write(long position, ByteBuffer from) throws IOException {
        requireAnswering();
        try {
            device.write(check(position, from.remaining()), from);
        } catch (RuntimeException | Error e) {
            throw failure(e);
        }
    }

    /** Whether nothing is allocated there; {@code false} also if that cannot be told. */
    boolean isHole(long position, long bytes) {
        boolean[] hole = {true};
        long[] told = new long[1];
        try {
            device.extents(check(position, bytes), bytes, (more, isHole, readsZero) -> {
                told[0] += more;
                hole[0] &= isHole && readsZero;
                return hole[0];
            });
        } catch (IOException | RuntimeException e) {
            return false;
        }
        return hole[0] && told[0] == bytes;
    }

    void zero(long position, long bytes, BlockDevice.Zeroing zeroing) throws IOException {
        requireAnswering();
        try {
            device.zero(check(position, bytes), bytes, zeroing);
        } catch (RuntimeException | Error e) {
            throw failure(e);
        }
    }

    /**
     * A leg may be of a kind that we did not write, and memory may run out anywhere: whatever a device throws is a failure of
     * the leg, so that those who asked leave region, gate and range in order.
     */
    private IOException failure(Throwable thrown) {
        return new IOException("leg " + name() + ": " + thrown, thrown);
    }

    private long check(long position, long bytes) {
        if (position < 0 || bytes > sizeBytes - position) {
            throw new IllegalStateException(
                    bytes + " bytes at " + position + " of leg " + name() + ", which mirrors " + sizeBytes);
        }
        return offsetBytes + position;
    }

    long devicePosition(long position) {
        return offsetBytes + position;
    }

    boolean isLabelled() {
        return labelled;
    }

    void noteLabelled() {
        labelled = true;
    }

    /** Replaces a note beside the bytes, which is a force as well: it takes its turn among them (P13). */
    void setAttribute(String name, byte[] value) throws IOException {
        boolean[] mine = new boolean[1];
        forced.await(() -> forceFailure != null || isHanging() || (mine[0] = tryBegin()));
        if (mine[0]) {
            IOException failure = forceDevice(() -> device.setAttribute(name, value));
            end(failure);
            forced.raise();
        } else {
            requireAnswering();
        }
        requireForced();
    }

    /** Returns when every write that ended before the call is on stable storage. */
    void force() throws IOException {
        long needed = nextForce();
        // Answers true to the one caller that is to do it; the others wait for its end.
        boolean[] mine = new boolean[1];
        while (true) {
            forced.await(() -> isForced(needed) || isHanging() || (mine[0] = tryBegin()));
            if (!mine[0]) {
                if (!isForced(needed)) {
                    requireAnswering();
                    continue;
                }
                break;
            }
            mine[0] = false;
            IOException failure = forceDevice(device::force);
            end(failure);
            forced.raise();
        }
        requireForced();
    }

    private void requireForced() throws IOException {
        IOException failure = forceFailure;
        if (failure != null) {
            throw new IOException("leg " + name() + " could not be forced: " + failure.getMessage(), failure);
        }
    }

    /** What brings everything that was written to stable storage. */
    private interface Force {
        void run() throws IOException;
    }

    private IOException forceDevice(Force force) {
        try {
            force.run();
            return null;
        } catch (IOException e) {
            return e;
        } catch (RuntimeException | Error e) {
            return failure(e);
        }
    }

    private synchronized long nextForce() {
        return forcesBegun + 1;
    }

    private synchronized boolean isForced(long number) {
        return forceFailure != null || forcesEnded >= number;
    }

    private synchronized boolean tryBegin() {
        if (forcing) {
            return false;
        }
        forcing = true;
        forcesBegun++;
        return true;
    }

    private synchronized void end(IOException failure) {
        if (failure != null && forceFailure == null) {
            // Linux reports a write-back error once per open file: whoever forces next would be told that all is well.
            forceFailure = failure;
            // Nor is anything read from here on that those pages held (P14 step 0).
            failing = true;
        }
        forcing = false;
        forcesEnded = forcesBegun;
    }
}
