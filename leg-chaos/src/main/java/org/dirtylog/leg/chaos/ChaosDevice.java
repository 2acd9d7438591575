// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.dirtylog.leg.chaos.ActiveRule.Firing;
import org.dirtylog.seams.BlockDevice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open leg that does to each request what the rules say. Requests run on the caller's thread.
 *
 * <p>What hangs stays hung until it is released, its time is up, or the device is closed: {@link #fence} waits for it, as it
 * does for a thread that is stuck in the kernel (P42).
 */
final class ChaosDevice implements BlockDevice {
    private static final Logger LOG = LoggerFactory.getLogger(ChaosDevice.class);

    private final ChaosLeg leg;
    private final BlockDevice device;
    private final StoredBytes stored;
    private volatile long sizeBytes;

    // Guarded by the leg's monitor.
    private int inside;
    private String ending = "";
    private boolean closed;
    private boolean ended;

    /**
     * Stands over a device.
     *
     * @param device is closed with this one
     */
    ChaosDevice(ChaosLeg leg, BlockDevice device, StoredBytes stored) {
        this.leg = leg;
        this.device = device;
        this.stored = stored;
        // A leg that has shrunk while nobody had it is shorter for whoever opens it.
        this.sizeBytes = Math.min(device.sizeBytes(), leg.shrunkBytes());
    }

    StoredBytes stored() {
        return stored;
    }

    @Override
    public String name() {
        return "chaos:" + device.name();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long measure() throws IOException {
        enter();
        try {
            leg.requirePresent("measure");
            requireWhole("measure", 0, 0);
            sizeBytes = Math.min(stored.measure(), leg.shrunkBytes());
            return sizeBytes;
        } finally {
            leave();
        }
    }

    @Override
    public int blockBytes() {
        return device.blockBytes();
    }

    @Override
    public boolean punchesHoles() {
        return device.punchesHoles() && !stored.cache().isOn();
    }

    @Override
    public boolean keepsAttributes() {
        return device.keepsAttributes();
    }

    @Override
    public boolean isQuick(Operation operation, long positionBytes, long bytes) {
        return !leg.mayWait(Access.of(operation)) && device.isQuick(operation, positionBytes, bytes);
    }

    // ---- requests ---------------------------------------------------------------------------------------------------

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        int bytes = into.remaining();
        during(Access.READ, "read", positionBytes, bytes, (verdict, failure) -> {
            rot(verdict, positionBytes, bytes);
            if (verdict.ending().isPresent()) {
                Torn.readShort(stored, positionBytes, into, verdict.ending().get());
                throw failure.tornOff(verdict.ending().get().rule());
            }
            stored.read(positionBytes, into);
        });
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        int bytes = from.remaining();
        during(Access.WRITE, "write", positionBytes, bytes, (verdict, failure) -> {
            if (verdict.ending().isPresent()) {
                Firing firing = verdict.ending().get();
                new Torn(stored, device.blockBytes(), firing).write(positionBytes, from);
                if (!firing.rule().words().contains("silent")) {
                    throw failure.tornOff(firing.rule());
                }
                return;
            }
            stored.write(positionBytes, from);
            rot(verdict, positionBytes, bytes);
        });
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        during(Access.ZERO, "zero", positionBytes, bytes, (verdict, failure) -> {
            if (verdict.ending().isPresent()) {
                Firing firing = verdict.ending().get();
                new Torn(stored, device.blockBytes(), firing).zero(positionBytes, bytes, zeroing);
                if (!firing.rule().words().contains("silent")) {
                    throw failure.tornOff(firing.rule());
                }
                return;
            }
            stored.zero(positionBytes, bytes, zeroing);
        });
    }

    @Override
    public void force() throws IOException {
        during(Access.FORCE, "force", 0, sizeBytes, (verdict, failure) -> {
            if (!verdict.lie()) {
                stored.force();
            }
        });
    }

    @Override
    public Optional<byte[]> attribute(String name) throws IOException {
        Holder found = new Holder();
        during(
                Access.GETATTR,
                "read attribute " + name + " of",
                0,
                0,
                (verdict, failure) -> found.value = stored.attribute(name));
        return found.value;
    }

    /** What a request found. */
    private static final class Holder {
        Optional<byte[]> value = Optional.empty();
    }

    @Override
    public void setAttribute(String name, byte[] value) throws IOException {
        during(
                Access.SETATTR,
                "set attribute " + name + " of",
                0,
                0,
                (verdict, failure) -> stored.setAttribute(name, value, verdict.lie()));
    }

    @Override
    public void prefetch(long positionBytes, long bytes) throws IOException {
        enter();
        try {
            leg.requirePresent("prefetch");
            requireWhole("prefetch", positionBytes, bytes);
            device.prefetch(positionBytes, bytes);
        } finally {
            leave();
        }
    }

    @Override
    public void extents(long positionBytes, long bytes, ExtentVisitor visitor) throws IOException {
        checkRange(positionBytes, bytes);
        enter();
        try {
            leg.requirePresent("find the holes in");
            requireWhole("find the holes in", positionBytes, bytes);
            stored.extents(positionBytes, bytes, visitor);
        } finally {
            leave();
        }
    }

    @Override
    public void submit(Work work, Completion completion) {
        device.submit(below -> work.on(this), completion);
    }

    /** What a request does once it need not wait any longer. */
    private interface Act {
        void run(Verdict verdict, Failure failure) throws IOException;
    }

    private void during(Access access, String what, long positionBytes, long bytes, Act act) throws IOException {
        checkRange(positionBytes, bytes);
        enter();
        try {
            Verdict verdict = leg.decide(access, positionBytes, bytes);
            for (Firing wait : verdict.waits()) {
                leg.await(wait.amount(), wait.rule().fault() == Fault.HANG, () -> closed);
                requireOpen(what, wait);
            }
            leg.requirePresent(what);
            if (access != Access.GETATTR) {
                requireWhole(what, positionBytes, bytes);
            }
            Failure failure = new Failure(what, positionBytes, bytes, name());
            Optional<IOException> error = verdict.ending().flatMap(firing -> failure.by(firing.rule()));
            if (error.isPresent()) {
                throw error.get();
            }
            act.run(verdict, failure);
        } finally {
            leave();
        }
    }

    private void requireOpen(String what, Firing wait) throws IOException {
        synchronized (leg) {
            if (closed) {
                throw new IOException("cannot " + what + " " + name() + ": it was closed while rule '" + wait.rule()
                        + "' held this up");
            }
        }
    }

    /** Of what is truncated, the bytes behind its end cannot be had, and nothing can be forced, as with a file. */
    private void requireWhole(String what, long positionBytes, long bytes) throws IOException {
        long left = leg.shrunkBytes();
        if (left < sizeBytes && (positionBytes + bytes > left || bytes == 0)) {
            leg.countShrunk();
            throw new IOException(
                    new Failure(what, positionBytes, bytes, name()) + ": it ends before byte " + (left + 1)
                            + ", though it had " + sizeBytes
                            + " bytes when it was opened: something has truncated it (a rule 'shrink')");
        }
    }

    private void rot(Verdict verdict, long positionBytes, long bytes) throws IOException {
        for (Firing firing : verdict.rot()) {
            if (bytes > 0) {
                stored.flip(
                        positionBytes + firing.chance().nextLong(bytes),
                        firing.chance().nextInt(Byte.SIZE));
            }
        }
    }

    private void checkRange(long positionBytes, long bytes) {
        if (positionBytes < 0 || bytes < 0 || bytes > sizeBytes - positionBytes) {
            throw new IllegalArgumentException(
                    bytes + " bytes at " + positionBytes + " are not within the " + sizeBytes + " of " + name());
        }
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /** Something done to what is stored, beside the requests. */
    interface Aside {
        long on(StoredBytes stored) throws IOException;
    }

    /** Does something that no rule applies to; the device is not given back meanwhile. */
    long aside(Aside work) throws IOException {
        enter();
        try {
            return work.on(stored);
        } finally {
            leave();
        }
    }

    private void enter() throws IOException {
        synchronized (leg) {
            if (!ending.isEmpty()) {
                throw new IOException(name() + " was " + ending);
            }
            inside++;
        }
    }

    private void leave() {
        boolean last;
        synchronized (leg) {
            inside--;
            leg.notifyAll();
            last = isOverNow();
        }
        if (last) {
            giveBack();
        }
    }

    @Override
    public boolean fence(long deadlineNanos) {
        boolean interrupted = false;
        try {
            synchronized (leg) {
                if (ending.isEmpty()) {
                    ending = "taken away from whoever had it, and may belong to a successor";
                }
                while (inside > 0) {
                    long left = deadlineNanos == Long.MAX_VALUE
                            ? Long.MAX_VALUE
                            : deadlineNanos - leg.clock().nanos();
                    if (left <= 0) {
                        return false;
                    }
                    interrupted |= leg.pause(left);
                }
            }
            // What the cache holds counts as written; later it could overwrite what a successor writes (P42).
            writeBack();
            return device.fence(deadlineNanos);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        boolean last;
        synchronized (leg) {
            closed = true;
            if (ending.isEmpty()) {
                ending = "closed";
            }
            leg.notifyAll();
            last = isOverNow();
        }
        if (last) {
            giveBack();
        }
    }

    /** Whether it is closed and the last has left; true once. */
    private boolean isOverNow() {
        if (!closed || inside > 0 || ended) {
            return false;
        }
        ended = true;
        return true;
    }

    private void giveBack() {
        try {
            writeBack();
        } finally {
            device.close();
            leg.closed(this);
        }
    }

    /** An orderly end lands what is cached, unless the leg is not there. */
    private void writeBack() {
        try {
            if (!stored.cache().isEmpty()) {
                leg.requirePresent("write back the cache of");
            }
            stored.cache().writeBack();
        } catch (IOException e) {
            LOG.warn(
                    "Chaos leg {} loses {} cached bytes: {}",
                    name(),
                    stored.cache().drop(),
                    e.getMessage());
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
