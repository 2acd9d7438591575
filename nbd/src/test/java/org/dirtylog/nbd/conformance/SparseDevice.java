// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.dirtylog.seams.BlockDevice;

/** A device of any size, in memory: what was not written, or was punched, is a hole. It can fail, and wait where it is told to. */
final class SparseDevice implements BlockDevice {
    static final int CELL_BYTES = 64 * 1024;

    private final long sizeBytes;
    // Guarded by this.
    private final NavigableMap<Long, byte[]> cells = new TreeMap<>();

    /** The longest piece that was zeroed or fetched at once. */
    final AtomicLong longestPiece = new AtomicLong();
    /** How many pieces. */
    final AtomicLong pieces = new AtomicLong();
    /** Reads from here on fail. */
    volatile long failsFrom = Long.MAX_VALUE;
    /** Thrown by whatever writes, if it is not null. */
    volatile IOException failure;
    /** Forces wait for it. */
    volatile CountDownLatch force;
    /** Pieces that are zeroed wait for it, the first one apart. */
    volatile CountDownLatch zero;
    /** How long each of them takes. */
    volatile long zeroMillis;

    SparseDevice(long sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    private static void await(CountDownLatch gate) throws IOException {
        if (gate != null) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    private static void await(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void fail() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public String name() {
        return "sparse";
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int blockBytes() {
        return 512;
    }

    @Override
    public synchronized void read(long positionBytes, ByteBuffer into) throws IOException {
        for (long at = positionBytes; into.hasRemaining(); ) {
            if (at + into.remaining() > failsFrom) {
                throw new IOException("broken");
            }
            int inside = (int) (at % CELL_BYTES);
            int count = Math.min(into.remaining(), CELL_BYTES - inside);
            into.put(cells.getOrDefault(at / CELL_BYTES, new byte[CELL_BYTES]), inside, count);
            at += count;
        }
    }

    @Override
    public synchronized void write(long positionBytes, ByteBuffer from) throws IOException {
        fail();
        for (long at = positionBytes; from.hasRemaining(); ) {
            int inside = (int) (at % CELL_BYTES);
            int count = Math.min(from.remaining(), CELL_BYTES - inside);
            from.get(cells.computeIfAbsent(at / CELL_BYTES, cell -> new byte[CELL_BYTES]), inside, count);
            at += count;
        }
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        fail();
        longestPiece.accumulateAndGet(bytes, Math::max);
        if (pieces.incrementAndGet() > 1) {
            await(zero);
        }
        if (zeroMillis > 0) {
            await(zeroMillis);
        }
        punch(positionBytes, positionBytes + bytes, zeroing == Zeroing.KEEP_ALLOCATED);
    }

    private synchronized void punch(long from, long to, boolean keep) throws IOException {
        long first = (from + CELL_BYTES - 1) / CELL_BYTES;
        long last = to / CELL_BYTES;
        if (keep || last <= first) {
            for (long at = from; at < to; ) {
                int count = (int) Math.min(to - at, CELL_BYTES - at % CELL_BYTES);
                if (keep || cells.containsKey(at / CELL_BYTES)) {
                    write(at, ByteBuffer.allocate(count));
                }
                at += count;
            }
            return;
        }
        cells.subMap(first, last).clear();
        punch(from, first * CELL_BYTES, false);
        punch(last * CELL_BYTES, to, false);
    }

    @Override
    public void prefetch(long positionBytes, long bytes) {
        longestPiece.accumulateAndGet(bytes, Math::max);
        pieces.incrementAndGet();
    }

    @Override
    public boolean punchesHoles() {
        return true;
    }

    @Override
    public void force() throws IOException {
        fail();
        await(force);
    }

    @Override
    public synchronized void extents(long positionBytes, long bytes, ExtentVisitor visitor) {
        long end = positionBytes + bytes;
        for (long at = positionBytes; at < end; ) {
            boolean hole = !cells.containsKey(at / CELL_BYTES);
            Long next = hole ? cells.higherKey(at / CELL_BYTES) : Long.valueOf(at / CELL_BYTES + 1);
            long until = next == null ? end : Math.min(end, next * CELL_BYTES);
            if (!visitor.extent(until - at, hole, hole)) {
                return;
            }
            at = until;
        }
    }

    @Override
    public void submit(Work work, Completion completion) {
        throw new UnsupportedOperationException("no server submits");
    }

    @Override
    public boolean fence(long deadlineNanos) {
        return true;
    }

    @Override
    public void close() {}
}
