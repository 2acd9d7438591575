// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Copies one region from the source to the legs that need it. It owns the region by its word: no writer is inside, none
 * enters, readers wait (P2, P6).
 */
final class RegionCopier {
    private static final int CHUNK_BYTES = 256 * 1024;
    /** How long a busy region may keep the copier waiting before nobody newly enters. */
    private static final long GRACE_NANOS = 20_000_000L;

    private final MirrorState mirror;
    private final LegFailures failures;
    private final LongConsumer inSync;
    private final BooleanSupplier paused;
    private final Deque<ByteBuffer> buffers = new ArrayDeque<>();

    /**
     * Wires.
     *
     * @param inSync told of each region that was copied, while nobody else may change its word
     * @param paused whether to stop in the middle
     */
    RegionCopier(MirrorState mirror, LegFailures failures, LongConsumer inSync, BooleanSupplier paused) {
        this.mirror = mirror;
        this.failures = failures;
        this.inSync = inSync;
        this.paused = paused;
    }

    /**
     * Copies a region.
     *
     * @return whether it was made the same on all attached legs, and the log was told so; if not, the claim on it stands
     * @throws IOException if a leg failed
     */
    boolean copy(long region) throws IOException {
        if (!take(region)) {
            return false;
        }
        LegSet legs = mirror.legs();
        long word = mirror.table.get(region);
        // P19: what may differ is written to every attached leg, the source included. What the source shows may be a
        // page that a failed force has left behind.
        int targets = RegionWord.has(word, RegionWord.IN_DOUBT)
                ? legs.attachedMask()
                : RegionWord.lacks(word) & legs.attachedMask();
        boolean done = false;
        ByteBuffer buffer = null;
        try {
            buffer = takeBuffer();
            done = copyChunks(region, legs, targets, buffer);
        } finally {
            if (buffer != null) {
                giveBack(buffer);
            }
            // An exclusion meanwhile: nothing is removed from any set (P14 step 3).
            done &= legs == mirror.legs() && legs.failingMask() == 0;
            if (done) {
                // Before the word says so: a cleaning has no effect in the log on a region that is not in sync there,
                // and whoever casts doubt on it next tells the log after this.
                inSync.accept(region);
            }
            release(region, targets, done);
        }
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

    private boolean copyChunks(long region, LegSet legs, int targets, ByteBuffer buffer) throws IOException {
        long position = mirror.geometry.firstByteOf(region);
        long end = position + mirror.geometry.bytesIn(region);
        while (position < end) {
            if (paused.getAsBoolean()) {
                return false;
            }
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            readSource(legs, position, buffer);
            for (int i = 0; i < legs.size(); i++) {
                if ((targets & 1 << i) != 0) {
                    buffer.rewind();
                    write(legs, i, position, buffer);
                }
            }
            position += buffer.limit();
        }
        return true;
    }

    private void readSource(LegSet legs, long position, ByteBuffer into) throws IOException {
        if (legs.source().isFailing()) {
            throw new IOException("leg " + legs.source().name() + ", the source, is failing");
        }
        try {
            legs.source().read(position, into);
        } catch (IOException e) {
            if ((legs.currentMask() & ~legs.source().mask() & ~legs.failingMask()) != 0) {
                // Another current leg can be the source.
                legs.source().latchFailing();
                excludeLater(e);
            }
            throw e;
        }
    }

    private void write(LegSet legs, int index, long position, ByteBuffer from) throws IOException {
        Leg leg = legs.leg(index);
        if (leg.isFailing()) {
            throw new IOException("leg " + leg.name() + " is failing");
        }
        try {
            leg.write(position, from);
        } catch (IOException e) {
            if ((legs.currentMask() & ~leg.mask()) != 0) {
                leg.latchFailing();
                excludeLater(e);
            }
            throw e;
        }
    }

    /** An exclusion does not wait for copies, but it is nothing that a copy should wait for either. */
    private void excludeLater(IOException cause) {
        mirror.world.tasks().start(mirror.name + "/exclusion", () -> {
            try {
                failures.exclude(cause);
            } catch (IOException stopped) {
                // The mirror stops; who waits for the exclusion is told by the gate.
                mirror.regionsChanged.raise();
            }
        });
    }

    private void release(long region, int targets, boolean done) {
        mirror.table.getAndUpdate(region, word -> {
            if (!done) {
                return RegionWord.in(word, RegionWord.OUT_OF_SYNC);
            }
            long rest = word & ~(RegionWord.IN_DOUBT | RegionWord.lacking(targets) | RegionWord.TOUCHED);
            return RegionWord.in(rest, RegionWord.lacks(rest) == 0 ? mirror.markedState() : RegionWord.OUT_OF_SYNC);
        });
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
