// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;

/**
 * Copies one region from the source to the legs that need it. It owns the region by its word: no writer is inside, none
 * enters, readers wait (P2, P6). A copy that hangs in a leg counts as not done (P7).
 */
final class RegionCopier implements Attempt.Owner {
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(CHUNK_BYTES).asReadOnlyBuffer();
    /** How long a busy region may keep the copier waiting before nobody newly enters. */
    private static final long GRACE_NANOS = 20_000_000L;

    private final MirrorState mirror;
    private final LegFailures failures;
    private final LongConsumer inSync;
    private final BooleanSupplier paused;
    private final LongConsumer brokenOff;
    private final Deque<ByteBuffer> buffers = new ArrayDeque<>();

    /**
     * Wires.
     *
     * @param inSync told of each region that was copied, while nobody else may change its word
     * @param paused whether to stop in the middle
     * @param brokenOff told of each region the copy of which hangs: it counts as ended, although its thread has not returned
     */
    RegionCopier(
            MirrorState mirror,
            LegFailures failures,
            LongConsumer inSync,
            BooleanSupplier paused,
            LongConsumer brokenOff) {
        this.mirror = mirror;
        this.failures = failures;
        this.inSync = inSync;
        this.paused = paused;
        this.brokenOff = brokenOff;
    }

    /**
     * Copies a region.
     *
     * @return whether it was made the same on all attached legs, and the log was told so; if not, the claim on it stands
     * @throws LetGoException if a leg held it up and it was broken off
     * @throws IOException    if a leg failed
     */
    boolean copy(long region) throws IOException {
        if (!take(region)) {
            return false;
        }
        LegSet legs = mirror.legs();
        long word = mirror.table.get(region);
        Attempt copy = mirror.watch.claim((int) region);
        copy.owner = this;
        copy.region = region;
        copy.legs = legs;
        // P19: what may differ is written to every attached leg, the source included. What the source shows may be a
        // page that a failed force has left behind.
        copy.targets = RegionWord.has(word, RegionWord.IN_DOUBT)
                ? legs.attachedMask()
                : RegionWord.lacks(word) & legs.attachedMask();
        boolean done = false;
        boolean ours = true;
        ByteBuffer buffer = null;
        try {
            buffer = takeBuffer();
            done = copyChunks(copy, buffer);
        } catch (LetGoException e) {
            ours = false;
            throw e;
        } finally {
            if (buffer != null) {
                giveBack(buffer);
            }
            if (ours) {
                done = end(copy, done);
                mirror.watch.release(copy);
            }
        }
        return done;
    }

    private boolean end(Attempt copy, boolean copied) {
        // An exclusion meanwhile: nothing is removed from any set (P14 step 3).
        boolean done = copied && copy.legs == mirror.legs() && copy.legs.failingMask() == 0;
        if (done) {
            // Before the word says so: a cleaning has no effect in the log on a region that is not in sync there, and
            // whoever casts doubt on it next tells the log after this.
            inSync.accept(copy.region);
        }
        release(copy.region, copy.targets, done);
        return done;
    }

    /** Answers whether the region is the caller's. Another copy may have it: a claim that doubt has ended is made anew. */
    private boolean take(long region) {
        boolean[] mine = {tryTake(region)};
        BooleanSupplier settled = () -> mine[0] || (mine[0] = tryTake(region)) || paused.getAsBoolean();
        long grace = mirror.world.clock().nanos() + GRACE_NANOS;
        if (mine[0] || mirror.regionsChanged.await(settled, grace)) {
            return mine[0];
        }
        mirror.table.getAndUpdate(
                region,
                word -> RegionWord.state(word) == RegionWord.OUT_OF_SYNC ? word | RegionWord.COPY_WANTED : word);
        mirror.regionsChanged.await(settled);
        if (!mine[0]) {
            mirror.table.getAndUpdate(region, word -> word & ~RegionWord.COPY_WANTED);
            mirror.regionsChanged.raise();
        }
        return mine[0];
    }

    private boolean tryTake(long region) {
        long word = mirror.table.get(region);
        return RegionWord.state(word) == RegionWord.OUT_OF_SYNC
                && RegionWord.count(word) == 0
                && mirror.table.compareAndSet(
                        region, word, RegionWord.in(word, RegionWord.RECOVERING) & ~RegionWord.COPY_WANTED);
    }

    private boolean copyChunks(Attempt copy, ByteBuffer buffer) throws IOException {
        LegSet legs = copy.legs;
        copy.position = mirror.geometry.firstByteOf(copy.region);
        long end = copy.position + mirror.geometry.bytesIn(copy.region);
        while (copy.position < end) {
            if (paused.getAsBoolean()) {
                return false;
            }
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - copy.position));
            readSource(copy, buffer);
            boolean hole = isZero(buffer) && isHole(copy, buffer.limit());
            for (int i = 0; i < legs.size(); i++) {
                if ((copy.targets & 1 << i) != 0) {
                    buffer.rewind();
                    write(copy, legs.leg(i), buffer, hole);
                }
            }
            copy.position += buffer.limit();
        }
        return true;
    }

    private void readSource(Attempt copy, ByteBuffer into) throws IOException {
        Leg source = copy.legs.source();
        if (source.isFailing()) {
            throw new IOException("leg " + source.name() + ", the source, is failing");
        }
        IOException failure = null;
        mirror.watch.enter(copy, source);
        try {
            source.read(copy.position, into);
        } catch (IOException e) {
            failure = e;
        }
        mirror.watch.leave(copy, source);
        if (failure != null) {
            if ((copy.legs.currentMask() & ~source.mask() & ~copy.legs.failingMask()) != 0) {
                // Another current leg can be the source.
                source.latchFailing();
                failures.excludeLater(failure);
            }
            throw failure;
        }
    }

    private static boolean isZero(ByteBuffer read) {
        return read.flip().mismatch(ZEROES.slice(0, read.limit())) < 0;
    }

    /** Zeroes that take room on the source take room on the copy: somebody may have allocated them on purpose. */
    private boolean isHole(Attempt copy, int bytes) throws LetGoException {
        Leg source = copy.legs.source();
        mirror.watch.enter(copy, source);
        boolean hole = source.isHole(copy.position, bytes);
        mirror.watch.leave(copy, source);
        return hole;
    }

    /** Never skipped because the leg may be the same already (P19); holes are punched anew. */
    private void write(Attempt copy, Leg leg, ByteBuffer from, boolean hole) throws IOException {
        if (leg.isFailing()) {
            throw new IOException("leg " + leg.name() + " is failing");
        }
        IOException failure = null;
        mirror.watch.enter(copy, leg);
        try {
            if (hole) {
                leg.zero(copy.position, from.limit(), BlockDevice.Zeroing.MAY_PUNCH);
            } else {
                leg.write(copy.position, from);
            }
        } catch (IOException e) {
            failure = e;
        }
        mirror.watch.leave(copy, leg);
        if (failure != null) {
            if ((copy.legs.currentMask() & ~leg.mask()) != 0) {
                leg.latchFailing();
                failures.excludeLater(failure);
            }
            throw failure;
        }
    }

    /** The leg is excluded, if that can be. Else it gets nothing before this has come to it. */
    @Override
    public void takeOver(Attempt held, Leg leg) {
        if (LegWatch.latchUnlessLast(held.legs, leg)) {
            failures.excludeLater(leg.hanging());
        }
        release(held.region, held.targets, false);
        brokenOff.accept(held.region);
    }

    private void release(long region, int targets, boolean done) {
        mirror.table.getAndUpdate(region, word -> {
            if (!done) {
                return RegionWord.in(word, RegionWord.OUT_OF_SYNC);
            }
            return mirror.marked(word & ~(RegionWord.IN_DOUBT | RegionWord.lacking(targets) | RegionWord.TOUCHED));
        });
        mirror.markAgain(region);
        mirror.regionsChanged.raise();
    }

    private synchronized ByteBuffer takeBuffer() {
        ByteBuffer free = buffers.poll();
        return free != null
                ? free
                : ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, mirror.geometry.regionSectors() * 512));
    }

    private synchronized void giveBack(ByteBuffer buffer) {
        buffers.push(buffer);
    }
}
