// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;

/** Bytes in memory, as few as are written. What was forced stays when {@link #crash} is called. */
final class MemoryDevice implements BlockDevice {
    private static final int PAGE = 512;

    private final String name;
    private final long sizeBytes;
    private final boolean keepsAttributes;
    private final Map<Long, byte[]> pages = new HashMap<>();
    private final Map<Long, byte[]> safe = new HashMap<>();
    private final Map<String, byte[]> attributes = new HashMap<>();
    boolean failForces;
    /** After they were done. */
    boolean failWrites;

    boolean closed;
    int writes;

    MemoryDevice(String name, long sizeBytes, boolean keepsAttributes) {
        this.name = name;
        this.sizeBytes = sizeBytes;
        this.keepsAttributes = keepsAttributes;
    }

    /** Loses what was not forced; of the last write to a page, a part may be there. */
    void crash(int torn) {
        for (Map.Entry<Long, byte[]> page : pages.entrySet()) {
            byte[] before = safe.getOrDefault(page.getKey(), new byte[PAGE]);
            byte[] after = before.clone();
            System.arraycopy(page.getValue(), 0, after, 0, torn);
            page.setValue(after);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int blockBytes() {
        return PAGE;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) {
        for (long at = positionBytes; into.hasRemaining(); at++) {
            byte[] page = pages.get(at / PAGE);
            into.put(page == null ? 0 : page[(int) (at % PAGE)]);
        }
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        writes++;
        for (long at = positionBytes; from.hasRemaining(); at++) {
            pages.computeIfAbsent(at / PAGE, any -> new byte[PAGE])[(int) (at % PAGE)] = from.get();
        }
        if (failWrites) {
            throw new IOException("thrown on purpose by a test");
        }
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        write(positionBytes, ByteBuffer.allocate((int) bytes));
    }

    @Override
    public boolean punchesHoles() {
        return false;
    }

    @Override
    public void force() throws IOException {
        if (failForces) {
            throw new IOException("no force");
        }
        safe.clear();
        pages.forEach((page, bytes) -> safe.put(page, bytes.clone()));
    }

    @Override
    public boolean keepsAttributes() {
        return keepsAttributes;
    }

    @Override
    public Optional<byte[]> attribute(String attribute) {
        return Optional.ofNullable(attributes.get(attribute));
    }

    @Override
    public void setAttribute(String attribute, byte[] value) throws IOException {
        force();
        attributes.put(attribute, value.clone());
    }

    @Override
    public void submit(Work work, Completion completion) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean fence(long deadlineNanos) {
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
