// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;

/** Reads and writes the label of one leg, outside of the mirrored range (P21). For one caller at a time. */
final class LabelStore {
    /** A block of this size lies within one block of every device, so that a write of one tears no other. */
    static final int BLOCK_BYTES = 4096;
    /** What has to be free behind the mirrored range, from the next border of a block on. */
    static final int ROOM_BYTES = 2 * BLOCK_BYTES;

    private static final String ATTRIBUTE = "label";

    private final Leg leg;
    private final BlockDevice device;
    private final long roomAt;

    LabelStore(Leg leg) {
        this.leg = leg;
        this.device = leg.device();
        this.roomAt = (leg.devicePosition(leg.sizeBytes()) + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    private boolean hasRoom() {
        return device.sizeBytes() - roomAt >= ROOM_BYTES;
    }

    /** A label, and where it was found. */
    record Found(LegLabel label, LabelPlace place) {}

    /** Looks in all places. Of several labels the latest counts. */
    Optional<Found> find() throws IOException {
        Optional<Found> behind = hasRoom()
                ? later(read(0), read(1)).map(label -> new Found(label, LabelPlace.BEHIND))
                : Optional.empty();
        Optional<byte[]> attribute = device.attribute(ATTRIBUTE);
        Optional<LegLabel> noted = attribute.isPresent() ? LegLabel.decode(attribute.get()) : Optional.empty();
        if (noted.isEmpty()
                || behind.isPresent()
                        && behind.get().label.epoch() >= noted.get().epoch()) {
            return behind;
        }
        return Optional.of(new Found(noted.get(), LabelPlace.ATTRIBUTE));
    }

    private static Optional<LegLabel> later(Optional<LegLabel> one, Optional<LegLabel> other) {
        boolean first = other.isEmpty()
                || one.isPresent() && one.get().epoch() >= other.get().epoch();
        return first ? one : other;
    }

    private Optional<LegLabel> read(int slot) throws IOException {
        return LegLabel.decode(block(slot).array());
    }

    private ByteBuffer block(int slot) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        device.read(roomAt + (long) slot * BLOCK_BYTES, block);
        return block;
    }

    /** Finds a place. What lies behind the mirrored range is taken only where it is empty, or a label already. */
    LabelPlace choose() throws IOException {
        if (hasRoom() && isFree(0) && isFree(1)) {
            return LabelPlace.BEHIND;
        }
        return device.keepsAttributes() ? LabelPlace.ATTRIBUTE : LabelPlace.NONE;
    }

    private boolean isFree(int slot) throws IOException {
        ByteBuffer block = block(slot);
        if (LegLabel.decode(block.array()).isPresent()) {
            return true;
        }
        return block.clear().mismatch(ByteBuffer.allocate(BLOCK_BYTES)) < 0;
    }

    /**
     * Replaces the label. When this returns it is on stable storage, and so is everything that was written before; a failure is
     * one of a force (P13). If we crash before, the label before is found, or this one.
     */
    void write(LabelPlace place, LegLabel label) throws IOException {
        if (place == LabelPlace.BEHIND) {
            Optional<LegLabel> first = read(0);
            Optional<LegLabel> second = read(1);
            boolean firstIsLater = first.isPresent() && later(first, second).equals(first);
            Optional<LegLabel> last = later(first, second);
            if (!leg.isLabelForced() && last.isPresent()) {
                // It may be a page that a process wrote before it was killed, or that we wrote and could not force. The
                // other one goes only when this one is
                // surely on the medium (P19): if we crash in the middle, one of the two is whole.
                writeSlot(firstIsLater ? 0 : 1, last.get());
                leg.force();
            }
            leg.labelForced(false);
            writeSlot(firstIsLater ? 1 : 0, label);
            leg.force();
            leg.labelForced(true);
        } else if (place == LabelPlace.ATTRIBUTE) {
            leg.setAttribute(ATTRIBUTE, label.encode());
        }
    }

    private void writeSlot(int slot, LegLabel label) throws IOException {
        device.write(
                roomAt + (long) slot * BLOCK_BYTES,
                ByteBuffer.allocate(BLOCK_BYTES).put(0, label.encode()));
    }

    /** Whether the room of another one, which begins before this one's, reaches into it. */
    boolean overlaps(LabelStore earlier) {
        return roomAt > earlier.roomAt && roomAt < earlier.roomAt + ROOM_BYTES;
    }

    /** Overwrites labels with zeroes as far as they lie before a position of the device. */
    void eraseWithin(long end) throws IOException {
        for (int slot = 0; hasRoom() && slot < 2; slot++) {
            long at = roomAt + (long) slot * BLOCK_BYTES;
            if (at < end && read(slot).isPresent()) {
                device.write(at, ByteBuffer.allocate((int) Math.min(BLOCK_BYTES, end - at)));
            }
        }
    }

    /** Takes labels away, whosever they are. If we crash in the middle, some are found still. */
    void erase() throws IOException {
        if (hasRoom()) {
            boolean any = false;
            for (int slot = 0; slot < 2; slot++) {
                if (read(slot).isPresent()) {
                    device.write(roomAt + (long) slot * BLOCK_BYTES, ByteBuffer.allocate(BLOCK_BYTES));
                    any = true;
                }
            }
            if (any) {
                leg.force();
            }
        }
        if (device.attribute(ATTRIBUTE).filter(value -> value.length > 0).isPresent()) {
            leg.setAttribute(ATTRIBUTE, new byte[0]);
        }
    }
}
