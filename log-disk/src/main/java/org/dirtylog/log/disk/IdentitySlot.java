// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.RegionGeometry;

/**
 * Whose record this is, for what, and how it was left (P29 to P32). A slot lies in bytes that the kernel neither reads nor
 * changes, within one sector. What does not carry the magic and a matching checksum is no slot, so a torn one is none.
 *
 * @param mirrorId  the mirror
 * @param geometry  what the bits were kept for
 * @param pair      the opening that wrote it
 * @param sequence  counts the slots written to this record; the highest counts
 * @param state     how the record was left
 * @param legsAgree whether, at the stop, the current legs were known to be equal everywhere
 * @param digest    SHA-256 of header and bits, if closed; else zeroes, for no checksum covers bits that still change (P31)
 */
record IdentitySlot(
        UUID mirrorId,
        RegionGeometry geometry,
        LogPair pair,
        long sequence,
        State state,
        boolean legsAgree,
        byte[] digest) {

    /** How a record was left. */
    enum State {
        /** In use, or after a crash. */
        OPEN(1),
        /** Stopped in good order: the digest holds. */
        CLOSED(2),
        /** About to be rewritten for another region size (P37). */
        CONVERTING(3);

        private final int number;

        State(int number) {
            this.number = number;
        }
    }

    static final int BYTES = 128;
    static final int DIGEST_BYTES = 32;
    static final int VERSION = 1;
    private static final long MAGIC = 0x676F_6C79_7472_6964L; // "dirtylog"
    private static final int VERSION_AT = 8;
    private static final int STATE_AT = 10;
    private static final int FLAGS_AT = 11;
    private static final int LENGTH_AT = 12;
    private static final int MIRROR_AT = 16;
    private static final int REGION_SECTORS_AT = 32;
    private static final int TARGET_SECTORS_AT = 40;
    private static final int GENERATION_AT = 48;
    private static final int NONCE_AT = 56;
    private static final int SEQUENCE_AT = 64;
    private static final int DIGEST_AT = 72;
    private static final int CHECKSUM_AT = BYTES - 4;
    private static final int LEGS_AGREE = 1;

    /**
     * Reads a slot.
     *
     * @throws DirtyLogException.Corrupt if there is one that this version does not understand
     */
    static Optional<IdentitySlot> read(ByteBuffer head, int at, String path) throws DirtyLogException.Corrupt {
        ByteBuffer slot = head.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (slot.getLong(0) != MAGIC || slot.getInt(CHECKSUM_AT) != checksum(slot)) {
            return Optional.empty();
        }
        int version = Short.toUnsignedInt(slot.getShort(VERSION_AT));
        if (version != VERSION) {
            throw new DirtyLogException.Corrupt(
                    "log " + path + ": identity slot at byte " + at + " has version " + version
                            + ", this version of dirtylog reads " + VERSION
                            + "; the log was not changed. Use the dirtylog that wrote it");
        }
        Optional<State> state = Arrays.stream(State.values())
                .filter(s -> s.number == slot.get(STATE_AT))
                .findFirst();
        if (state.isEmpty() || slot.getLong(SEQUENCE_AT) < 1) {
            throw senseless(path, at, "state " + slot.get(STATE_AT) + ", sequence " + slot.getLong(SEQUENCE_AT));
        }
        byte[] digest = new byte[DIGEST_BYTES];
        slot.get(DIGEST_AT, digest);
        try {
            RegionGeometry geometry =
                    new RegionGeometry(slot.getLong(TARGET_SECTORS_AT), slot.getLong(REGION_SECTORS_AT));
            if (geometry.regionCount() > RecordLayout.MAX_REGIONS) {
                throw new IllegalArgumentException(geometry.regionCount() + " regions do not fit the format");
            }
            IdentitySlot read = new IdentitySlot(
                    new UUID(
                            Long.reverseBytes(slot.getLong(MIRROR_AT)), Long.reverseBytes(slot.getLong(MIRROR_AT + 8))),
                    geometry,
                    new LogPair(slot.getLong(GENERATION_AT), slot.getLong(NONCE_AT)),
                    slot.getLong(SEQUENCE_AT),
                    state.get(),
                    (slot.get(FLAGS_AT) & LEGS_AGREE) != 0,
                    digest);
            ByteBuffer again = ByteBuffer.allocate(BYTES);
            read.write(again, 0);
            int other = again.mismatch(slot);
            if (other >= 0) {
                // Whoever wrote it meant something by it that is not known here.
                throw new IllegalArgumentException("byte " + other + " of it is " + slot.get(other)
                        + ", and this slot format has " + again.get(other) + " there");
            }
            return Optional.of(read);
        } catch (IllegalArgumentException e) {
            throw senseless(path, at, e.getMessage());
        }
    }

    private static DirtyLogException.Corrupt senseless(String path, int at, String what) {
        return new DirtyLogException.Corrupt("log " + path + ": identity slot at byte " + at
                + " has a matching checksum but makes no sense: " + what + "; the log was not changed");
    }

    void write(ByteBuffer head, int at) {
        ByteBuffer slot = head.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
        slot.put(0, new byte[BYTES]);
        slot.putLong(0, MAGIC)
                .putShort(VERSION_AT, (short) VERSION)
                .put(STATE_AT, (byte) state.number)
                .put(FLAGS_AT, (byte) (legsAgree ? LEGS_AGREE : 0))
                .putInt(LENGTH_AT, BYTES)
                .putLong(MIRROR_AT, Long.reverseBytes(mirrorId.getMostSignificantBits()))
                .putLong(MIRROR_AT + 8, Long.reverseBytes(mirrorId.getLeastSignificantBits()))
                .putLong(REGION_SECTORS_AT, geometry.regionSectors())
                .putLong(TARGET_SECTORS_AT, geometry.targetSectors())
                .putLong(GENERATION_AT, pair.generation())
                .putLong(NONCE_AT, pair.nonce())
                .putLong(SEQUENCE_AT, sequence)
                .put(DIGEST_AT, digest)
                .putInt(CHECKSUM_AT, checksum(slot));
    }

    private static int checksum(ByteBuffer slot) {
        CRC32C crc = new CRC32C();
        crc.update(slot.slice(0, CHECKSUM_AT));
        return (int) crc.getValue();
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    /** How many regions of a target the bits can be believed for: a region that was shorter then is not covered. */
    long regionsCovered(RegionGeometry now) {
        return now.targetSectors() <= geometry.targetSectors()
                ? now.regionCount()
                : geometry.targetSectors() / geometry.regionSectors();
    }

    String digestText() {
        return HexFormat.of().formatHex(digest);
    }

    /** Arrays have no equality of their own. */
    @Override
    public boolean equals(Object other) {
        return other instanceof IdentitySlot that
                && mirrorId.equals(that.mirrorId)
                && geometry.equals(that.geometry)
                && pair.equals(that.pair)
                && sequence == that.sequence
                && state == that.state
                && legsAgree == that.legsAgree
                && Arrays.equals(digest, that.digest);
    }

    @Override
    public int hashCode() {
        return pair.hashCode() + (int) sequence;
    }
}
