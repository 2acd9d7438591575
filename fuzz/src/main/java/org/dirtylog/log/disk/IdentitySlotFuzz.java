// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.fuzz.InputBytes;
import org.dirtylog.fuzz.Target;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.RegionGeometry;

/**
 * The two identity slots in the head of a log (P29, P31).
 *
 * <p>Invariant. A slot is read exactly where the letters and a checksum over all its bytes match; it is refused exactly where
 * one of its numbers cannot be, and the refusal says where it lies. What is read is written again as the same bytes. With one
 * bit changed it is no slot. Of two the higher sequence number counts, and the next slot goes over the other: the one that
 * counted stays as it is, and the new one counts then. Nothing else of the head changes.
 */
public final class IdentitySlotFuzz implements Target {
    private static final int HEAD_BYTES = 1024;
    private static final List<Integer> PLACES = List.of(256, 768);
    private static final int REPAIR = 1;
    private static final String PATH = "the log";

    /** Reads a slot; the product's reader, or a broken one. */
    @FunctionalInterface
    interface Reader {
        Optional<IdentitySlot> read(ByteBuffer head, int at, String path) throws DirtyLogException.Corrupt;
    }

    private final Reader reader;

    /** Of the product's reader. */
    public IdentitySlotFuzz() {
        this(IdentitySlot::read);
    }

    IdentitySlotFuzz(Reader reader) {
        this.reader = reader;
    }

    @Override
    public void tryOut(byte[] input) throws DirtyLogException.Corrupt {
        InputBytes in = new InputBytes(input);
        int repairs = in.next();
        int flipped = in.next() << 8 | in.next();
        byte[] head = in.rest(HEAD_BYTES);
        for (int i = 0; i < 2; i++) {
            if ((repairs & REPAIR << i) != 0) {
                RawSlot.repair(head, PLACES.get(i));
            }
        }
        boolean refused = false;
        for (int at : PLACES) {
            refused |= !one(head, at, flipped);
        }
        if (!refused) {
            both(head);
        }
    }

    private static ByteBuffer numbers(byte[] head) {
        return ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Answers whether it was not refused. */
    private boolean one(byte[] head, int at, int flipped) throws DirtyLogException.Corrupt {
        RawSlot raw = RawSlot.at(head, at);
        Optional<IdentitySlot> read;
        try {
            read = reader.read(numbers(head), at, PATH);
        } catch (DirtyLogException.Corrupt e) {
            Broken.unless(raw.isSlot() && !raw.makesSense(), "a slot that makes sense was refused: ", e.getMessage());
            Broken.unless(
                    e.getMessage().contains(PATH) && e.getMessage().contains("byte " + at),
                    "a refusal says where the slot lies: ",
                    e.getMessage());
            return false;
        }
        Broken.unlessEqual(raw.isSlot(), read.isPresent(), "letters and checksum make a slot");
        if (read.isPresent()) {
            Broken.unless(raw.makesSense(), "a slot was read that makes no sense: ", read.get());
            byte[] again = new byte[HEAD_BYTES];
            read.get().write(numbers(again), at);
            Broken.unless(
                    Arrays.equals(raw.bytes(), RawSlot.at(again, at).bytes()), "what is read is written as the same");
            byte[] other = head.clone();
            int bit = flipped % (RawSlot.BYTES * Byte.SIZE);
            other[at + bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            Broken.unless(reader.read(numbers(other), at, PATH).isEmpty(), "with bit ", bit, " changed it is no slot");
        }
        return true;
    }

    private static void both(byte[] head) throws DirtyLogException.Corrupt {
        RawSlot a = RawSlot.at(head, PLACES.get(0));
        RawSlot b = RawSlot.at(head, PLACES.get(1));
        int counts = b.isSlot() && (!a.isSlot() || b.sequence() > a.sequence()) ? 1 : 0;
        boolean any = a.isSlot() || b.isSlot();
        RecordHead read = new RecordHead(PATH, ByteBuffer.wrap(head));
        Optional<IdentitySlot> newest = read.newest();
        Broken.unlessEqual(any ? read.slot(counts) : Optional.empty(), newest, "the higher sequence number counts");
        long sequence = newest.map(IdentitySlot::sequence).orElse(0L);
        if (sequence == Long.MAX_VALUE) {
            return;
        }
        IdentitySlot next = slot(sequence + 1, IdentitySlot.State.OPEN);
        read.putSlot(next);
        Broken.unlessEqual(Optional.of(next), read.newest(), "the new slot counts");
        int written = PLACES.get(any ? 1 - counts : 0);
        byte[] after = bytesOf(read);
        for (int i = 0; i < HEAD_BYTES; i++) {
            boolean inSlot = i >= written && i < written + RawSlot.BYTES;
            if (!inSlot && after[i] != head[i]) {
                throw new Broken("byte " + i + " does not belong to the new slot, and changed");
            }
        }
    }

    private static byte[] bytesOf(RecordHead head) {
        ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < HEAD_BYTES; i += Long.BYTES) {
            bytes.putLong(head.wordAt(i));
        }
        return bytes.array();
    }

    private static IdentitySlot slot(long sequence, IdentitySlot.State state) {
        return new IdentitySlot(
                new UUID(0x7d1f_0c9e_52a4_4b8eL, 0x9a63_0f5c_2d8e_1b47L),
                new RegionGeometry(71_000, 1024),
                new LogPair(sequence, 0x1234_5678_9abc_def0L),
                sequence,
                state,
                state == IdentitySlot.State.CLOSED,
                new byte[IdentitySlot.DIGEST_BYTES]);
    }

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (IdentitySlot.State state : IdentitySlot.State.values()) {
            byte[] head = new byte[HEAD_BYTES];
            slot(6, IdentitySlot.State.OPEN).write(numbers(head), PLACES.get(0));
            slot(state.ordinal() + 5, state).write(numbers(head), PLACES.get(1));
            seeds.add(InputBytes.of(new int[] {0, 0, state.ordinal()}, head));
            seeds.add(InputBytes.of(new int[] {3, 0, state.ordinal()}, head));
        }
        return seeds;
    }

    @Override
    public long mostBytes() {
        return 1 << 20;
    }
}
