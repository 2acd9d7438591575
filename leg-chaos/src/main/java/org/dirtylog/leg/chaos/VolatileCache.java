// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.dirtylog.seams.BlockDevice;

/**
 * The write cache of a drive: what was written and not forced is in memory only, and is lost when the power fails or the
 * process is killed. Kept byte by byte, so that nothing is read to complete a block: a write to its neighbours may be under
 * way past the cache, from before it was switched on.
 *
 * <p>Safe for use by many threads; the monitor is held while the device works.
 */
final class VolatileCache {
    private static final int ZEROES_BYTES = 1 << 20;

    private final BlockDevice device;
    private final TreeMap<Long, byte[]> runs = new TreeMap<>();
    private final Map<String, byte[]> attributes = new LinkedHashMap<>();
    /** Changed under the monitor only, read without it: whoever reports does not wait for the device. */
    private volatile long bytes;

    private long mostBytes;
    private volatile boolean on;

    VolatileCache(BlockDevice device) {
        this.device = device;
    }

    /**
     * Sets how much it may hold.
     *
     * @param most bytes; 0 to do without: what it holds is written down
     * @throws IOException if that failed; it goes on holding what it has, until a force takes it
     */
    synchronized void limit(long most) throws IOException {
        mostBytes = most;
        on |= most > 0;
        if (bytes > most || most == 0) {
            writeBack();
        }
    }

    boolean isOn() {
        return on;
    }

    long bytes() {
        return bytes;
    }

    synchronized boolean isEmpty() {
        return runs.isEmpty() && attributes.isEmpty();
    }

    /** Fills the buffer from device and cache. */
    synchronized void read(long positionBytes, ByteBuffer into) throws IOException {
        int start = into.position();
        long end = positionBytes + into.remaining();
        device.read(positionBytes, into);
        Long first = runs.floorKey(positionBytes);
        for (Map.Entry<Long, byte[]> run : runs.subMap(first == null ? positionBytes : first, true, end, false)
                .entrySet()) {
            long from = Math.max(positionBytes, run.getKey());
            long to = Math.min(end, run.getKey() + run.getValue().length);
            if (to > from) {
                into.put(start + (int) (from - positionBytes), run.getValue(), (int) (from - run.getKey()), (int)
                        (to - from));
            }
        }
    }

    /** Takes a write. Returns whether it did; not if it has been switched off meanwhile. */
    synchronized boolean write(long positionBytes, ByteBuffer from) throws IOException {
        if (!on) {
            return false;
        }
        byte[] copy = new byte[from.remaining()];
        from.get(copy);
        keep(positionBytes, copy);
        return true;
    }

    /** Takes zeroes. Returns whether it did. */
    synchronized boolean zero(long positionBytes, long length) throws IOException {
        if (!on) {
            return false;
        }
        for (long done = 0; done < length && on; ) {
            int step = (int) Math.min(ZEROES_BYTES, length - done);
            keep(positionBytes + done, new byte[step]);
            done += step;
        }
        return true;
    }

    private void keep(long positionBytes, byte[] content) throws IOException {
        if (content.length == 0) {
            return;
        }
        cut(positionBytes, positionBytes + content.length);
        put(positionBytes, content);
        if (bytes > mostBytes) {
            // As a drive does that needs room. Nothing is forced by it.
            writeBack();
        }
    }

    /** Takes the bytes out of the runs that have them. */
    private void cut(long from, long to) {
        Map.Entry<Long, byte[]> before = runs.lowerEntry(from);
        if (before != null && before.getKey() + before.getValue().length > from) {
            remove(before.getKey());
            put(before.getKey(), Arrays.copyOf(before.getValue(), (int) (from - before.getKey())));
            putTail(before, to);
        }
        for (Map.Entry<Long, byte[]> run = runs.ceilingEntry(from);
                run != null && run.getKey() < to;
                run = runs.ceilingEntry(from)) {
            remove(run.getKey());
            if (run.getKey() + run.getValue().length > to) {
                putTail(run, to);
                return;
            }
        }
    }

    private void putTail(Map.Entry<Long, byte[]> run, long from) {
        long end = run.getKey() + run.getValue().length;
        if (end > from) {
            put(from, Arrays.copyOfRange(run.getValue(), (int) (from - run.getKey()), run.getValue().length));
        }
    }

    private void put(long position, byte[] content) {
        runs.put(position, content);
        bytes = bytes + content.length;
    }

    private void remove(long position) {
        bytes = bytes - runs.remove(position).length;
    }

    /** The attribute as it was set last and not forced; empty if the device knows better. */
    synchronized Optional<byte[]> attribute(String name) {
        return Optional.ofNullable(attributes.get(name)).map(byte[]::clone);
    }

    /** Takes an attribute. Returns whether it did. */
    synchronized boolean setAttribute(String name, byte[] value) {
        if (!on) {
            return false;
        }
        attributes.put(name, value.clone());
        return true;
    }

    /** Writes everything down to the device, and forces nothing but attributes. What failed is kept. */
    synchronized void writeBack() throws IOException {
        while (!runs.isEmpty()) {
            Map.Entry<Long, byte[]> run = runs.firstEntry();
            device.write(run.getKey(), ByteBuffer.wrap(run.getValue()));
            remove(run.getKey());
        }
        while (!attributes.isEmpty()) {
            Map.Entry<String, byte[]> note = attributes.entrySet().iterator().next();
            device.setAttribute(note.getKey(), note.getValue());
            attributes.remove(note.getKey());
        }
        on = mostBytes > 0;
    }

    /** Forgets everything. Returns how many bytes that were. */
    synchronized long drop() {
        long lost = bytes;
        runs.clear();
        attributes.clear();
        bytes = 0;
        return lost;
    }

    /** Lets each sector reach the device, or be forgotten, by chance. Returns how many bytes are lost. */
    synchronized long dropSome(SplittableRandom chance, int sectorBytes) throws IOException {
        long written = 0;
        for (Map.Entry<Long, byte[]> run : runs.entrySet()) {
            long end = run.getKey() + run.getValue().length;
            for (long at = run.getKey(); at < end; ) {
                long next = Math.min(end, at - at % sectorBytes + sectorBytes);
                if (chance.nextBoolean()) {
                    device.write(at, ByteBuffer.wrap(run.getValue(), (int) (at - run.getKey()), (int) (next - at)));
                    written += next - at;
                }
                at = next;
            }
        }
        return drop() - written;
    }
}
