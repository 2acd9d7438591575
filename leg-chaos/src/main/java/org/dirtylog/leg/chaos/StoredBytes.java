// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.BlockDevice.ExtentVisitor;
import org.dirtylog.seams.BlockDevice.Zeroing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an open leg holds: the device below, what its cache has over it, and what a snapshot keeps of it. Nothing here fails
 * or waits on purpose. Safe for use by many threads.
 */
final class StoredBytes {
    private static final Logger LOG = LoggerFactory.getLogger(StoredBytes.class);
    private static final int SECTOR_BYTES = 512;

    private final BlockDevice device;
    private final Set<String> hiddenAttributes;
    private final VolatileCache cache;
    private volatile Snapshot snapshot;

    /**
     * Stands over a device.
     *
     * @param device           belongs to the caller
     * @param hiddenAttributes those that a rolled-back leg has not; safe for use by many threads
     */
    StoredBytes(BlockDevice device, Set<String> hiddenAttributes) {
        this.device = device;
        this.hiddenAttributes = hiddenAttributes;
        this.cache = new VolatileCache(device);
    }

    VolatileCache cache() {
        return cache;
    }

    /** Keeps what is overwritten from now on in that snapshot; {@code null} for none. */
    void keepFrom(Snapshot newer) {
        snapshot = newer;
    }

    void read(long positionBytes, ByteBuffer into) throws IOException {
        if (cache.isOn()) {
            cache.read(positionBytes, into);
        } else {
            device.read(positionBytes, into);
        }
    }

    void write(long positionBytes, ByteBuffer from) throws IOException {
        keepOld(positionBytes, from.remaining());
        if (!cache.isOn() || !cache.write(positionBytes, from)) {
            device.write(positionBytes, from);
        }
    }

    void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        keepOld(positionBytes, bytes);
        if (!cache.isOn() || !cache.zero(positionBytes, bytes)) {
            device.zero(positionBytes, bytes, zeroing);
        }
    }

    private void keepOld(long positionBytes, long bytes) throws IOException {
        Snapshot keeping = snapshot;
        if (keeping != null && !keeping.keep(positionBytes, bytes, device.sizeBytes(), this::read)) {
            LOG.warn(
                    "Chaos leg {}: more than {} bytes have changed since the snapshot, it is given up",
                    device.name(),
                    Snapshot.MOST_BYTES);
        }
    }

    void force() throws IOException {
        if (cache.isOn()) {
            cache.writeBack();
        }
        device.force();
    }

    Optional<byte[]> attribute(String name) throws IOException {
        if (hiddenAttributes.contains(name)) {
            return Optional.empty();
        }
        Optional<byte[]> cached = cache.attribute(name);
        return cached.isPresent() ? cached : device.attribute(name);
    }

    /** Sets an attribute, forced or, as a lie, in the cache only. */
    void setAttribute(String name, byte[] value, boolean lie) throws IOException {
        Snapshot keeping = snapshot;
        if (keeping != null) {
            keeping.keepAttribute(name, attribute(name));
        }
        if (!lie || !cache.setAttribute(name, value)) {
            if (cache.isOn()) {
                cache.writeBack();
            }
            device.setAttribute(name, value);
        }
        hiddenAttributes.remove(name);
    }

    long measure() throws IOException {
        return device.measure();
    }

    /** Tells what is allocated below; what is in the cache only has no place there yet. */
    void extents(long positionBytes, long bytes, ExtentVisitor visitor) throws IOException {
        if (cache.isOn()) {
            visitor.extent(bytes, false, false);
        } else {
            device.extents(positionBytes, bytes, visitor);
        }
    }

    /** Turns a bit over. The byte may lose what is written to it at the same time. */
    void flip(long positionBytes, int bit) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        read(positionBytes, one);
        one.put(0, (byte) (one.get(0) ^ 1 << bit));
        write(positionBytes, one.flip());
    }

    /** Loses what is in the cache: all of it, or what chance decides. Returns how many bytes that were. */
    long losePower(Optional<SplittableRandom> chance) throws IOException {
        return chance.isPresent()
                ? cache.dropSome(chance.get(), Math.max(SECTOR_BYTES, device.blockBytes()))
                : cache.drop();
    }

    /** Makes the leg what the snapshot says, durably. Returns how many bytes were put back. */
    long putBack(Snapshot older, boolean withAttributes) throws IOException {
        // It may have been cached before the snapshot.
        cache.writeBack();
        long bytes = older.putBack(
                new Snapshot.Target() {
                    @Override
                    public void write(long positionBytes, ByteBuffer from) throws IOException {
                        device.write(positionBytes, from);
                    }

                    @Override
                    public void setAttribute(String name, Optional<byte[]> value) throws IOException {
                        putBackAttribute(name, value);
                    }
                },
                withAttributes);
        device.force();
        return bytes;
    }

    /** A device cannot remove an attribute, so one that was not there is hidden. */
    private void putBackAttribute(String name, Optional<byte[]> value) throws IOException {
        if (value.isEmpty()) {
            hiddenAttributes.add(name);
            return;
        }
        device.setAttribute(name, value.get());
        hiddenAttributes.remove(name);
    }
}
