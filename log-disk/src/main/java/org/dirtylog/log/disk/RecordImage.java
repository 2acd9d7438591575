// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.bits.RegionBits;

/**
 * A record as it is to be on the medium: head, bits, and behind them bytes that are kept as they were found. It writes whole
 * blocks and only those it is told to. For one thread.
 */
final class RecordImage {
    /** How much is read or written at once. */
    static final int SLICE_BYTES = 1 << 18;

    private final LogMedium medium;
    private final RecordLayout layout;
    private final RegionBits clean;
    private final ByteBuffer padding;
    private final ByteBuffer slice;
    private RecordHead head;

    /** Reads what lies behind the bits. */
    RecordImage(LogMedium medium, RecordLayout layout, RecordHead head, RegionBits clean) throws IOException {
        this.medium = medium;
        this.layout = layout;
        this.head = head;
        this.clean = clean;
        this.slice = ByteBuffer.allocate((int) Math.min(layout.areaBytes(), Math.max(SLICE_BYTES, layout.blockBytes())))
                .order(ByteOrder.LITTLE_ENDIAN);
        long lastBlock = layout.areaBytes() - layout.blockBytes();
        ByteBuffer block = slice.clear().limit(layout.blockBytes());
        medium.read(lastBlock, block);
        int paddingBytes = (int) (layout.areaBytes() - layout.bitsEnd());
        this.padding = ByteBuffer.allocate(paddingBytes).order(ByteOrder.LITTLE_ENDIAN);
        padding.put(0, slice, layout.blockBytes() - paddingBytes, paddingBytes);
    }

    RecordHead head() {
        return head;
    }

    /** Writes all bits, and what shares a block with them. */
    void writeAllBits() throws IOException {
        write(layout.blockStart(RecordLayout.HEAD_BYTES), layout.areaBytes());
    }

    /** Writes the blocks that hold the bits of some regions; blocks that are neighbours in one go. */
    void writeBitsOf(RegionBits changed) throws IOException {
        long start = 0;
        long end = 0;
        for (long at = changed.nextOne(0); at < changed.size(); ) {
            long runEnd = changed.nextZero(at);
            long from = layout.blockStart(RecordLayout.byteOf(at));
            if (from > end) {
                write(start, end);
                start = from;
            }
            end = layout.blockEnd(RecordLayout.byteOf(runEnd - 1) + 1);
            // What else changed within the last block is written with it.
            long next = Math.min(changed.size(), (end - RecordLayout.HEAD_BYTES) * Byte.SIZE);
            at = changed.nextOne(Math.max(runEnd, next));
        }
        write(start, end);
    }

    /** Writes the blocks in which another head differs from the present one, which it replaces. */
    void writeHead(RecordHead next) throws IOException {
        RecordHead before = head;
        head = next;
        for (int at = next.firstDifference(before, 0); at < RecordLayout.HEAD_BYTES; ) {
            long end = layout.blockEnd(at + 1L);
            write(layout.blockStart(at), end);
            int rest = (int) Math.min(end, RecordLayout.HEAD_BYTES);
            at = next.firstDifference(before, rest);
        }
    }

    private void write(long start, long end) throws IOException {
        for (long at = start; at < end; ) {
            int length = (int) Math.min(end - at, slice.capacity());
            slice.clear().limit(length);
            for (int i = 0; i < length; i += Long.BYTES) {
                slice.putLong(i, wordAt(at + i));
            }
            medium.write(at, slice);
            at += length;
        }
    }

    private long wordAt(long position) {
        if (position < RecordLayout.HEAD_BYTES) {
            return head.wordAt((int) position);
        }
        return position < layout.bitsEnd()
                ? clean.word((position - RecordLayout.HEAD_BYTES) / Long.BYTES)
                : padding.getLong((int) (position - layout.bitsEnd()));
    }
}
