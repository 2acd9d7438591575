// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.fuzz.ArrayDevice;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.fuzz.InlineTasks;
import org.dirtylog.fuzz.InputBytes;
import org.dirtylog.fuzz.Target;

/**
 * The label of a leg, in its three places (P21 to P23).
 *
 * <p>Invariant. A label is read exactly where the letters and a checksum over all its bytes match, and refused exactly where one
 * of its numbers cannot be. What is read is encoded as the same bytes; with one bit changed it is none. Of several the one of the
 * latest epoch is found. Room behind the mirrored range is chosen exactly where both blocks are zeroes or hold labels. When a
 * label is written, the one that counted before stays whole, the new one counts, and no byte of the mirrored range is
 * written; what is no label is never erased.
 */
public final class LabelFuzz implements Target {
    private static final int BLOCK = 4096;
    private static final int SECTOR = 512;
    private static final UUID MIRROR = new UUID(0x7d1f_0c9e_52a4_4b8eL, 0x9a63_0f5c_2d8e_1b47L);

    /** Reads a label; the product's reader, or a broken one. */
    @FunctionalInterface
    interface Reader {
        Optional<LegLabel> decode(byte[] bytes) throws IOException;
    }

    private final Reader reader;

    /** Of the product's reader. */
    public LabelFuzz() {
        this(LegLabel::decode);
    }

    LabelFuzz(Reader reader) {
        this.reader = reader;
    }

    /** What an input says: the size of a leg, what is kept in its three places, and circumstances. */
    private static final class Case {
        final int mirrored;
        final int roomAt;
        final byte[] device;
        final byte[] attribute;
        final boolean keepsAttributes;
        final int flipped;

        Case(byte[] input) {
            InputBytes in = new InputBytes(input);
            int repairs = in.next();
            mirrored = SECTOR * (1 + in.next() % 9);
            roomAt = (mirrored + BLOCK - 1) / BLOCK * BLOCK;
            int behind = in.next();
            flipped = (in.next() << 8 | in.next()) % (RawLabel.BYTES * Byte.SIZE);
            int attributeBytes = in.next();
            int noise = in.next();
            byte[] labels = in.rest(3 * RawLabel.BYTES);
            // Full room, unless the input says otherwise: less, or more.
            device = new byte[roomAt + Math.max(0, 2 * BLOCK + (behind >= 128 ? behind - 256 : behind) * 64)];
            for (int slot = 0; slot < 2; slot++) {
                byte[] label = place(labels, slot, (repairs & 1 << slot) != 0);
                int at = roomAt + slot * BLOCK;
                System.arraycopy(
                        label,
                        0,
                        device,
                        Math.min(at, device.length),
                        Math.max(0, Math.min(label.length, device.length - at)));
            }
            if (noise != 0 && roomAt + noise * 32 < device.length) {
                device[roomAt + noise * 32] |= 1;
            }
            byte[] noted = place(labels, 2, (repairs & 4) != 0);
            keepsAttributes = (repairs & 8) != 0;
            attribute = keepsAttributes ? Arrays.copyOf(noted, Math.min(200, attributeBytes)) : new byte[0];
        }

        private static byte[] place(byte[] labels, int index, boolean repaired) {
            byte[] label = Arrays.copyOfRange(labels, index * RawLabel.BYTES, (index + 1) * RawLabel.BYTES);
            if (repaired) {
                RawLabel.repair(label);
            }
            return label;
        }

        boolean hasRoom() {
            return device.length - roomAt >= 2 * BLOCK;
        }

        byte[] block(int slot) {
            return Arrays.copyOfRange(device, roomAt + slot * BLOCK, roomAt + (slot + 1) * BLOCK);
        }

        LabelStore store() {
            ArrayDevice made = new ArrayDevice(device, mirrored, keepsAttributes, attribute);
            return new LabelStore(new Leg(0, made, 0, mirrored, new InlineTasks()));
        }
    }

    @Override
    public void tryOut(byte[] input) throws IOException {
        Case one = new Case(input);
        List<byte[]> places = new ArrayList<>();
        if (one.hasRoom()) {
            places.add(one.block(0));
            places.add(one.block(1));
        }
        places.add(one.attribute);
        boolean understood = true;
        for (byte[] place : places) {
            understood &= read(place, one.flipped);
        }
        if (understood) {
            store(one, places);
        } else {
            refused(one);
        }
    }

    /** Answers whether it was not refused. */
    private boolean read(byte[] place, int flipped) throws IOException {
        RawLabel raw = new RawLabel(place);
        Optional<LegLabel> label;
        try {
            label = reader.decode(place);
        } catch (LegLabel.LabelException e) {
            Broken.unless(raw.isLabel() && !raw.makesSense(), "a label that makes sense was refused: ", e.getMessage());
            return false;
        }
        Broken.unlessEqual(raw.isLabel(), label.isPresent(), "letters and checksum make a label");
        if (label.isPresent()) {
            Broken.unless(raw.makesSense(), "a label was read that makes no sense: ", label.get());
            byte[] bytes = Arrays.copyOf(place, RawLabel.BYTES);
            Broken.unless(Arrays.equals(bytes, label.get().encode()), "what is read is encoded as the same");
            bytes[flipped / Byte.SIZE] ^= (byte) (1 << flipped % Byte.SIZE);
            Broken.unless(reader.decode(bytes).isEmpty(), "with bit ", flipped, " changed it is no label");
        }
        return true;
    }

    private static void refused(Case one) throws IOException {
        byte[] before = one.device.clone();
        try {
            throw new Broken("a label that cannot be understood was passed over: "
                    + one.store().find());
        } catch (LegLabel.LabelException e) {
            Broken.unless(Arrays.equals(before, one.device), "a leg whose label is not understood stays as it is");
        }
    }

    // ---- the three places -------------------------------------------------------------------------------------------

    private void store(Case one, List<byte[]> places) throws IOException {
        Optional<LegLabel> latest = Optional.empty();
        for (byte[] place : places) {
            Optional<LegLabel> label = reader.decode(place);
            boolean later = label.isPresent()
                    && (latest.isEmpty() || label.get().epoch() > latest.get().epoch());
            latest = later ? label : latest;
        }
        Broken.unlessEqual(latest, one.store().find().map(LabelStore.Found::label), "the label of the latest epoch");
        boolean free = one.hasRoom() && isFree(places.get(0)) && isFree(places.get(1));
        LabelPlace chosen = free ? LabelPlace.BEHIND : one.keepsAttributes ? LabelPlace.ATTRIBUTE : LabelPlace.NONE;
        Broken.unlessEqual(chosen, one.store().choose(), "where a label is kept");
        if (latest.isEmpty() || latest.get().epoch() < Long.MAX_VALUE) {
            write(one, chosen, latest.map(LegLabel::epoch).orElse(0L) + 1);
        }
        erase(one);
    }

    private static boolean isFree(byte[] block) {
        return new RawLabel(block).isLabel() || Arrays.equals(block, new byte[block.length]);
    }

    private void write(Case one, LabelPlace place, long epoch) throws IOException {
        Optional<LegLabel> before = Optional.empty();
        for (int slot = 0; one.hasRoom() && slot < 2; slot++) {
            Optional<LegLabel> label = reader.decode(one.block(slot));
            boolean later = label.isPresent()
                    && (before.isEmpty() || label.get().epoch() > before.get().epoch());
            before = later ? label : before;
        }
        LegLabel next = new LegLabel(MIRROR, new UUID(3, 4), epoch, 8);
        LabelStore store = one.store();
        store.write(place, next);
        Optional<LabelStore.Found> found = store.find();
        if (place == LabelPlace.NONE) {
            return;
        }
        Broken.unlessEqual(Optional.of(new LabelStore.Found(next, place)), found, "the label that was written counts");
        if (place == LabelPlace.BEHIND && before.isPresent()) {
            boolean kept = before.equals(reader.decode(one.block(0))) || before.equals(reader.decode(one.block(1)));
            Broken.unless(kept, "the label that counted before stays whole: ", before.get());
        }
    }

    private static void erase(Case one) throws IOException {
        boolean[] labels = new boolean[2];
        byte[] before = one.device.clone();
        for (int slot = 0; one.hasRoom() && slot < 2; slot++) {
            labels[slot] = new RawLabel(one.block(slot)).isLabel();
        }
        LabelStore store = one.store();
        store.erase();
        Broken.unlessEqual(Optional.empty(), store.find(), "what is erased is not found");
        for (int i = 0; i < before.length; i++) {
            int slot = (i - one.roomAt) / BLOCK;
            boolean erased = i >= one.roomAt && slot < 2 && labels[slot];
            if (one.device[i] != (erased ? 0 : before[i])) {
                throw new Broken("labels only are erased, not byte " + i);
            }
        }
    }

    // ---- seeds ------------------------------------------------------------------------------------------------------

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        byte[] labels = new byte[3 * RawLabel.BYTES];
        for (int i = 0; i < 3; i++) {
            byte[] label = new LegLabel(MIRROR, new UUID(1, 2), 5 + i % 2, 71_000).encode();
            System.arraycopy(label, 0, labels, i * RawLabel.BYTES, label.length);
        }
        for (int repairs : new int[] {8, 15, 7, 0}) {
            seeds.add(InputBytes.of(new int[] {repairs, 3, 0, 1, 7, 128, 0}, labels));
            seeds.add(InputBytes.of(new int[] {repairs, 3, 0, 1, 7, 128, 0}, Arrays.copyOf(labels, RawLabel.BYTES)));
        }
        seeds.add(InputBytes.of(new int[] {8, 3, 0, 1, 7, 0, 0}, new byte[0]));
        seeds.add(InputBytes.of(new int[] {8, 3, 0, 1, 7, 0, 9}, new byte[0]));
        seeds.add(InputBytes.of(new int[] {15, 3, 200, 1, 7, 128, 0}, labels));
        return seeds;
    }

    @Override
    public long mostBytes() {
        return 2 << 20;
    }
}
