// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/** The kernel's buffer with header, bits and padding, and the device on which it lies; without one in a core log. */
final class KernelArea {
    static final int MAGIC = 0x4D695272;
    static final int BITS_AT = 1024;

    private final Set<Quirk> quirks;
    private final Platter device;
    final int wordEnd;

    /** The bits in it are {@code clean}. */
    private final ByteBuffer area;

    /** The bits as they were written last. */
    private final byte[] stored;

    private boolean unforced;
    private boolean deviceFailed;
    private boolean deviceFlushFailed;
    int events;

    KernelArea(Set<Quirk> quirks, Platter device, int regions) {
        this.quirks = quirks;
        this.device = device;
        this.wordEnd = (regions + 63) / 64 * 64;
        int length = device == null ? BITS_AT + wordEnd / 8 : areaBytes(regions, device.blockBytes());
        this.area = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        this.stored = new byte[wordEnd / 8];
    }

    static int areaBytes(int regions, int blockBytes) {
        int bytes = BITS_AT + (regions + 63) / 64 * 8;
        return (bytes + blockBytes - 1) / blockBytes * blockBytes;
    }

    private boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }

    // ---- header and bits --------------------------------------------------------------------------------------------

    boolean isRecord() {
        return area.getInt(0) == MAGIC;
    }

    int version() {
        return area.getInt(4);
    }

    long count() {
        return area.getLong(8);
    }

    void putHeader(int version, int regions) {
        area.putInt(0, MAGIC).putInt(4, version).putLong(8, regions);
    }

    boolean clean(int r) {
        return (area.get(BITS_AT + r / 8) >> r % 8 & 1) == 1;
    }

    boolean wasClean(int r) {
        return (stored[r / 8] >> r % 8 & 1) == 1;
    }

    BitSet bits() {
        return BitSet.valueOf(area.duplicate().position(BITS_AT).limit(BITS_AT + wordEnd / 8));
    }

    void setClean(int first, int end, boolean to) {
        for (int r = first; r < end; r++) {
            int at = BITS_AT + r / 8;
            if (r % 8 == 0 && end - r >= 8) {
                area.put(at, (byte) (to ? 0xFF : 0));
                r += 7;
            } else {
                area.put(at, (byte) (to ? area.get(at) | 1 << r % 8 : area.get(at) & ~(1 << r % 8)));
            }
        }
    }

    // ---- the device -------------------------------------------------------------------------------------------------

    /** Writes all, or the blocks of which a bit has changed. */
    void writeBits() throws IOException {
        if (has(Quirk.WRITES_ALL)) {
            writeAll();
            return;
        }
        int block = device.blockBytes();
        for (int from = 0; from < area.capacity(); from += block) {
            int first = Math.max(from, BITS_AT) - BITS_AT;
            int end = Math.min(from + block - BITS_AT, stored.length);
            if (end > first && Arrays.mismatch(area.array(), BITS_AT + first, BITS_AT + end, stored, first, end) >= 0) {
                writeArea(from, from + block);
            }
        }
    }

    /** Whether a bit became so since it was written. The kernel does not look. */
    boolean changed(boolean toClean) {
        if (has(Quirk.EVERY_CALL_TOUCHES)) {
            return false;
        }
        for (int i = 0; i < stored.length; i++) {
            int now = area.get(BITS_AT + i);
            if ((toClean ? now & ~stored[i] : stored[i] & ~now) != 0) {
                return true;
            }
        }
        return false;
    }

    void store() {
        area.get(BITS_AT, stored);
    }

    void read() throws IOException {
        device.read(0, area.duplicate().clear());
    }

    void writeAll() throws IOException {
        writeArea(0, area.capacity());
    }

    /** All blocks that have a bit. */
    void writeAllBits() throws IOException {
        writeArea(BITS_AT / device.blockBytes() * device.blockBytes(), area.capacity());
    }

    void writeHeader() throws IOException {
        writeArea(0, device.blockBytes());
    }

    boolean isUnforced() {
        return unforced;
    }

    private void writeArea(int from, int end) throws IOException {
        try {
            device.write(from, area.duplicate().limit(end).position(from));
        } catch (IOException e) {
            failDevice(false);
            throw e;
        }
        unforced = true;
    }

    void touchDevice() throws IOException {
        try {
            device.touch();
        } catch (IOException e) {
            failDevice(false);
            throw e;
        }
    }

    void force() throws IOException {
        try {
            device.force();
        } catch (IOException e) {
            failDevice(true);
            throw e;
        }
        unforced = false;
    }

    char letter() {
        boolean f = deviceFlushFailed && (has(Quirk.F_OUTRANKS_D) || !deviceFailed);
        return f ? 'F' : deviceFailed ? 'D' : 'A';
    }

    void failDevice(boolean flush) {
        char before = letter();
        boolean first = !deviceFailed && !deviceFlushFailed;
        deviceFlushFailed |= flush;
        deviceFailed = true;
        events += (has(Quirk.TELLS_ONCE) ? first : letter() != before) ? 1 : 0;
    }
}
