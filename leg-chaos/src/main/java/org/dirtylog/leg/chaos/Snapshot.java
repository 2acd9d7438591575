// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How a leg was at a moment: of each block that was changed since, what it held. What was being written at that moment may be
 * in it or not. It outlives closing and opening, not the process; and what is changed past the leg it does not notice.
 *
 * <p>Safe for use by many threads; the monitor is held while the device is read, so that no write overtakes the reading of
 * what it replaces.
 */
final class Snapshot {
    /** So much may be kept; afterwards the snapshot is given up. */
    static final long MOST_BYTES = 64L << 20;

    private static final int BLOCK_BYTES = 4096;

    private final Map<Long, byte[]> blocks = new TreeMap<>();
    private final Map<String, Optional<byte[]>> attributes = new HashMap<>();
    // Changed under the monitor only, read without it: whoever reports does not wait for the device.
    private volatile long keptBytes;
    private volatile boolean givenUp;

    /** Reads a leg. */
    @FunctionalInterface
    interface Source {
        void read(long positionBytes, ByteBuffer into) throws IOException;
    }

    /** Puts an old state back. */
    interface Target {
        void write(long positionBytes, ByteBuffer from) throws IOException;

        void setAttribute(String name, Optional<byte[]> value) throws IOException;
    }

    /**
     * Keeps what is about to be overwritten.
     *
     * @return whether there was room for it
     */
    synchronized boolean keep(long positionBytes, long bytes, long sizeBytes, Source source) throws IOException {
        if (givenUp) {
            return true;
        }
        for (long block = positionBytes / BLOCK_BYTES; block * BLOCK_BYTES < positionBytes + bytes; block++) {
            if (blocks.containsKey(block)) {
                continue;
            }
            if (keptBytes + BLOCK_BYTES > MOST_BYTES) {
                givenUp = true;
                blocks.clear();
                keptBytes = 0;
                return false;
            }
            long start = block * BLOCK_BYTES;
            ByteBuffer old = ByteBuffer.allocate((int) Math.min(BLOCK_BYTES, sizeBytes - start));
            source.read(start, old);
            blocks.put(block, old.array());
            keptBytes = keptBytes + old.capacity();
        }
        return true;
    }

    /** Keeps an attribute that is about to be replaced; empty if there is none of that name. */
    synchronized void keepAttribute(String name, Optional<byte[]> value) {
        attributes.putIfAbsent(name, value);
    }

    boolean isGivenUp() {
        return givenUp;
    }

    long bytes() {
        return keptBytes;
    }

    /**
     * Puts back how it was, and is the snapshot of that from then on.
     *
     * @param withAttributes whether attributes, too
     * @return how many bytes were put back
     */
    synchronized long putBack(Target target, boolean withAttributes) throws IOException {
        long bytes = 0;
        for (Map.Entry<Long, byte[]> block : blocks.entrySet()) {
            target.write(block.getKey() * BLOCK_BYTES, ByteBuffer.wrap(block.getValue()));
            bytes += block.getValue().length;
        }
        if (withAttributes) {
            for (Map.Entry<String, Optional<byte[]>> attribute : attributes.entrySet()) {
                target.setAttribute(attribute.getKey(), attribute.getValue());
            }
            attributes.clear();
        }
        blocks.clear();
        keptBytes = 0;
        return bytes;
    }
}
