// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.dirtylog.seams.BlockDevice;

/** A device in memory that counts its forces. */
class MemoryDevice implements BlockDevice {
    final byte[] content;
    final Map<String, byte[]> attributes = new HashMap<>();
    int forces;
    int prefetches;
    int zeroings;
    /** Reads wait for it, if it is there. */
    volatile CountDownLatch gate;

    boolean fenced;
    boolean closed;

    MemoryDevice(int bytes) {
        content = new byte[bytes];
    }

    private void open() throws IOException {
        if (closed || fenced) {
            throw new IOException("closed");
        }
    }

    @Override
    public String name() {
        return "/leg";
    }

    @Override
    public long sizeBytes() {
        return content.length;
    }

    @Override
    public int blockBytes() {
        return 512;
    }

    @Override
    public synchronized void read(long positionBytes, ByteBuffer into) throws IOException {
        open();
        if (gate != null) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
        into.put(content, (int) positionBytes, into.remaining());
    }

    @Override
    public synchronized void write(long positionBytes, ByteBuffer from) throws IOException {
        open();
        from.get(content, (int) positionBytes, from.remaining());
    }

    @Override
    public synchronized void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        open();
        zeroings++;
        Arrays.fill(content, (int) positionBytes, (int) (positionBytes + bytes), (byte) 0);
    }

    @Override
    public boolean punchesHoles() {
        return true;
    }

    @Override
    public synchronized void force() throws IOException {
        open();
        forces++;
    }

    @Override
    public boolean keepsAttributes() {
        return true;
    }

    @Override
    public synchronized Optional<byte[]> attribute(String name) throws IOException {
        open();
        return Optional.ofNullable(attributes.get(name));
    }

    @Override
    public synchronized void setAttribute(String name, byte[] value) throws IOException {
        open();
        attributes.put(name, value);
        forces++;
    }

    @Override
    public void prefetch(long positionBytes, long bytes) {
        prefetches++;
    }

    @Override
    public void extents(long positionBytes, long bytes, ExtentVisitor visitor) {
        visitor.extent(bytes, true, true);
    }

    @Override
    public void submit(Work work, Completion completion) {
        IOException failure = null;
        try {
            work.on(this);
        } catch (IOException e) {
            failure = e;
        }
        completion.done(failure);
    }

    @Override
    public boolean fence(long deadlineNanos) {
        fenced = true;
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
