// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Tasks;

/**
 * One copy of the data in its place among the legs: a device from an offset on. Where it has another place or another size, there is
 * another object, which shares device, health and forces with this one.
 */
final class Leg {
    private final int index;
    private final BlockDevice device;
    private final long offsetBytes;
    private final long sizeBytes;
    private final LegHealth health;
    private final ForceTurns forces;
    private final LegReads reads;
    private final LegRepairs repairs;
    /** Whether the label that was written last was forced since the leg was opened: until then what is read of one may be only a page. */
    private final AtomicBoolean labelForced;

    Leg(int index, BlockDevice device, long offsetBytes, long sizeBytes, Tasks tasks) {
        this.index = index;
        this.device = device;
        this.offsetBytes = offsetBytes;
        this.sizeBytes = sizeBytes;
        this.health = new LegHealth();
        this.forces = new ForceTurns(device.name(), health, tasks.signal("leg " + index + "/force"));
        this.reads = new LegReads();
        this.repairs = new LegRepairs();
        this.labelForced = new AtomicBoolean();
    }

    private Leg(Leg same, int index, long sizeBytes, AtomicBoolean labelForced) {
        this.index = index;
        this.device = same.device;
        this.offsetBytes = same.offsetBytes;
        this.sizeBytes = sizeBytes;
        this.health = same.health;
        this.forces = same.forces;
        this.reads = same.reads;
        this.repairs = same.repairs;
        this.labelForced = labelForced;
    }

    /** The same leg in another place. */
    Leg at(int newIndex) {
        return newIndex == index ? this : new Leg(this, newIndex, sizeBytes, labelForced);
    }

    /** The same leg with more of its device mirrored. A label behind that is another one. */
    Leg grown(long newSizeBytes) {
        return new Leg(this, index, newSizeBytes, new AtomicBoolean());
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

    LegRepairs repairs() {
        return repairs;
    }

    boolean isFailing() {
        return health.isFailing();
    }

    void latchFailing() {
        health.latchFailing();
    }

    void unlatchFailing() {
        health.unlatchFailing();
    }

    /** The failure of an earlier force, or {@code null}. */
    IOException forceFailure() {
        return forces.failure();
    }

    void latchForceFailure(IOException failure) {
        forces.latch(failure);
    }

    // ---- a leg that does not answer ---------------------------------------------------------------------------------

    boolean beginHang(String howLong) {
        boolean first = health.beginHang(howLong);
        forces.wake();
        return first;
    }

    void endHang() {
        health.endHang();
    }

    boolean isHanging() {
        return health.isHanging();
    }

    IOException hanging() {
        return health.hanging(name());
    }

    private void requireAnswering() throws IOException {
        if (isHanging()) {
            throw hanging();
        }
    }

    boolean noteSlow(long nowNanos, long nanos) {
        return health.noteSlow(nowNanos, nanos);
    }

    long slowNanos(long nowNanos) {
        return health.slowNanos(nowNanos);
    }

    // ---- input and output -------------------------------------------------------------------------------------------

    void read(long position, ByteBuffer into) throws IOException {
        requireAnswering();
        IOException before = forceFailure();
        try {
            device.read(check(position, into.remaining()), into);
        } catch (RuntimeException | Error e) {
            throw failure(name(), e);
        }
        IOException now = forceFailure();
        if (now != before) {
            // The kernel has dropped pages: what was read may be older than what was written (P13).
            throw new IOException("leg " + name() + " could not be forced meanwhile", now);
        }
    }

    void write(long position, ByteBuffer from) throws IOException {
        requireAnswering();
        try {
            device.write(check(position, from.remaining()), from);
        } catch (RuntimeException | Error e) {
            throw failure(name(), e);
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
            throw failure(name(), e);
        }
    }

    /**
     * A leg may be of a kind that we did not write, and memory may run out anywhere: whatever a device throws is a failure of
     * the leg, so that those who asked leave region, gate and range in order.
     */
    static IOException failure(String leg, Throwable thrown) {
        return new IOException("leg " + leg + ": " + thrown, thrown);
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

    boolean isLabelForced() {
        return labelForced.get();
    }

    void labelForced(boolean forced) {
        labelForced.set(forced);
    }

    /** Replaces a note beside the bytes, which is a force as well: it takes its turn among them (P13). */
    void setAttribute(String name, byte[] value) throws IOException {
        forces.alone(() -> device.setAttribute(name, value));
    }

    /** Returns when every write that ended before the call is on stable storage. */
    void force() throws IOException {
        forces.share(device::force);
    }
}
