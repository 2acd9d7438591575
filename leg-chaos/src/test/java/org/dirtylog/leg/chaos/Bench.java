// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.RecordFolder;

/** Legs over a device in memory, with a clock that stands still unless it is told otherwise. */
final class Bench implements Devices {
    static final int BYTES = 64 * 1024;

    /** What time it is; {@code -1} to follow the real one. */
    volatile long nanos;

    final ChaosLegs legs = new ChaosLegs(
            new Clock() {
                @Override
                public long nanos() {
                    return nanos < 0 ? System.nanoTime() : nanos;
                }

                @Override
                public long epochMillis() {
                    throw new AssertionError("nobody asks for the time of day");
                }
            },
            () -> 7 << 5);
    /** What the last opening opened. */
    MemoryDevice below;

    byte[] medium = new byte[BYTES];

    /** Opens {@code chaos:/leg} with these rules in its name. */
    BlockDevice open(String rules) throws IOException {
        return legs.open("/leg" + (rules.isEmpty() ? "" : "?" + rules), this);
    }

    ChaosLeg leg() {
        return legs.find("/leg");
    }

    /** The counters of the first rule. */
    LegReport.RuleReport counted() {
        return leg().report().rules().get(0);
    }

    @Override
    public BlockDevice openLeg(String name) throws IOException {
        if (!name.equals("/leg")) {
            throw new NoSuchFileException(name);
        }
        MemoryDevice before = below;
        below = new MemoryDevice(medium.length);
        System.arraycopy(before == null ? medium : before.content, 0, below.content, 0, medium.length);
        if (before != null) {
            below.attributes.putAll(before.attributes);
        }
        return below;
    }

    @Override
    public BlockDevice openMedium(String path, long bytes, Missing missing) {
        throw new AssertionError("a leg needs no medium of a log");
    }

    @Override
    public BlockDevice openReadOnly(String path) {
        throw new AssertionError("a leg is not only looked at");
    }

    @Override
    public RecordFolder records() {
        throw new AssertionError("a leg keeps no records");
    }

    static ByteBuffer filled(int bytes, int value) {
        byte[] content = new byte[bytes];
        Arrays.fill(content, (byte) value);
        return ByteBuffer.wrap(content);
    }

    static byte[] read(BlockDevice device, long position, int bytes) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(bytes);
        device.read(position, into);
        return into.array();
    }
}
