// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.seams.BlockDevice;

/** A device in memory that can fail, wait, and count its forces. */
final class MemoryDevice implements BlockDevice {
    final byte[] bytes;
    final AtomicInteger forces = new AtomicInteger();
    volatile IOException failure;
    /** Thrown by everything, if it is not null. */
    volatile Error collapse;
    /** How many tasks of the server were in here at once. */
    final AtomicInteger mostTasks = new AtomicInteger();

    private final AtomicInteger tasks = new AtomicInteger();
    volatile boolean punches = true;
    /** Reads from here on fail. */
    volatile long failsFrom = Long.MAX_VALUE;
    /** While it is not null, writes are not quick, and wait for it. */
    volatile CountDownLatch gate;

    MemoryDevice(int size) {
        bytes = new byte[size];
    }

    private void fail() throws IOException {
        if (failure != null) {
            throw failure;
        }
        if (collapse != null) {
            throw collapse;
        }
    }

    private void pass() throws IOException {
        fail();
        CountDownLatch waiting = gate;
        if (waiting != null) {
            boolean task = Thread.currentThread().getName().equals("nbd");
            int now = task ? tasks.incrementAndGet() : 0;
            mostTasks.accumulateAndGet(now, Math::max);
            try {
                waiting.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            } finally {
                tasks.addAndGet(task ? -1 : 0);
            }
        }
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public int blockBytes() {
        return 512;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        fail();
        if (positionBytes >= failsFrom) {
            throw new IOException("broken");
        }
        synchronized (bytes) {
            into.put(bytes, (int) positionBytes, into.remaining());
        }
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        pass();
        synchronized (bytes) {
            from.get(bytes, (int) positionBytes, from.remaining());
        }
    }

    @Override
    public void zero(long positionBytes, long length, Zeroing zeroing) throws IOException {
        pass();
        synchronized (bytes) {
            Arrays.fill(bytes, (int) positionBytes, (int) (positionBytes + length), (byte) 0);
        }
    }

    @Override
    public boolean punchesHoles() {
        return punches;
    }

    @Override
    public void force() throws IOException {
        pass();
        forces.incrementAndGet();
    }

    @Override
    public boolean isQuick(Operation operation, long positionBytes, long length) {
        return operation == Operation.READ || operation != Operation.FORCE && gate == null;
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
