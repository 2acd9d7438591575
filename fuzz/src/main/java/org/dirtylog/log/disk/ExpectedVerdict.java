// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.function.LongPredicate;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening.OtherWriter;
import org.dirtylog.log.RegionGeometry;

/**
 * What an opening is to make of a log, by the table in {@code docs/disk-format.md}, "Opening", and from the bytes alone.
 *
 * @param refusal  {@code corrupt}, {@code rejected}, or nothing
 * @param found    what is found, if it is not refused
 * @param clean    which regions are
 * @param accepted whether the pair of the slot is
 * @param closed   whether it is as the last clean stop left it, and covers the target
 */
record ExpectedVerdict(String refusal, Found found, LongPredicate clean, boolean accepted, boolean closed) {
    private static final LongPredicate NONE = region -> false;
    private static final LongPredicate ALL = region -> true;

    private static ExpectedVerdict refused(String how) {
        return new ExpectedVerdict(how, Found.STALE, NONE, false, false);
    }

    private static ExpectedVerdict dirty(Found found) {
        return new ExpectedVerdict("", found, NONE, false, false);
    }

    private ExpectedVerdict withClean(LongPredicate other) {
        return new ExpectedVerdict(refusal, found, other, accepted, closed);
    }

    private ExpectedVerdict of(boolean pairAccepted, boolean asClosed) {
        return new ExpectedVerdict(refusal, found, clean, pairAccepted, asClosed);
    }

    static ExpectedVerdict of(byte[] image, LogCircumstances asked) {
        ByteBuffer header = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        boolean magic = header.getInt(0) == 0x4D69_5272;
        int version = header.getInt(4);
        RawSlot a = RawSlot.at(image, 256);
        RawSlot b = RawSlot.at(image, 768);
        boolean senseless = a.isSlot() && !a.makesSense() || b.isSlot() && !b.makesSense();
        if (magic && version != 1 && version != 2 || senseless) {
            return refused("corrupt");
        }
        long counted = header.getLong(8) & 0xFFFF_FFFFL;
        LongPredicate bits = region -> region < counted && (image[(int) (1024 + region / 8)] >> region % 8 & 1) != 0;
        if (!a.isSlot() && !b.isSlot()) {
            return withoutSlot(magic, bits, asked);
        }
        RawSlot newest = b.isSlot() && (!a.isSlot() || b.sequence() > a.sequence()) ? b : a;
        if (!Arrays.equals(newest.mirrorId(), LogCircumstances.MIRROR_BYTES)) {
            return asked.adoptForeign() ? dirty(Found.STALE) : refused("rejected");
        }
        if (!Arrays.equals(newest.pair(), asked.expectedPair())) {
            return dirty(Found.STALE);
        }
        return withPair(image, magic, newest, bits, counted, asked);
    }

    private static ExpectedVerdict withoutSlot(boolean magic, LongPredicate bits, LogCircumstances asked) {
        if (asked.expectedPair().length > 0) {
            return dirty(Found.STALE);
        }
        if (!magic) {
            boolean vouched = !asked.completed() && asked.initialSync() == InitialSync.ASSUME_IN_SYNC;
            return dirty(Found.FRESH).withClean(vouched ? ALL : NONE);
        }
        return asked.completed()
                ? byPolicy(Found.UNIDENTIFIED, bits, asked)
                : dirty(Found.UNIDENTIFIED).withClean(unlessForced(bits, asked));
    }

    private static LongPredicate unlessForced(LongPredicate bits, LogCircumstances asked) {
        return asked.initialSync() == InitialSync.FORCE_RESYNC ? NONE : bits;
    }

    private static ExpectedVerdict byPolicy(Found found, LongPredicate bits, LogCircumstances asked) {
        if (asked.otherWriter() == OtherWriter.REFUSE) {
            return refused("rejected");
        }
        return dirty(found).withClean(asked.otherWriter() == OtherWriter.ADOPT ? unlessForced(bits, asked) : NONE);
    }

    private static ExpectedVerdict withPair(
            byte[] image, boolean magic, RawSlot slot, LongPredicate bits, long counted, LogCircumstances asked) {
        RegionGeometry geometry = asked.geometry();
        if (slot.isConverting() || slot.regionSectors() != geometry.regionSectors()) {
            return dirty(Found.STALE);
        }
        // A region counts that lay wholly within the target then.
        LongPredicate covered = region -> region < counted
                && Math.min((region + 1) * geometry.regionSectors(), geometry.targetSectors()) <= slot.targetSectors();
        boolean compared = slot.isClosed() && asked.compareDigest();
        if (compared && !Arrays.equals(slot.digest(), digest(image, slot, asked.blockBytes()))) {
            return byPolicy(Found.REWRITTEN, magic ? bits.and(covered) : NONE, asked);
        }
        if (!magic) {
            // The first opening was cut short between header and slot.
            return asked.initialSync() == InitialSync.ASSUME_IN_SYNC
                    ? dirty(Found.FRESH).withClean(ALL).of(true, false)
                    : dirty(Found.STALE);
        }
        boolean whole = covered.test(geometry.regionCount() - 1);
        boolean forced = asked.initialSync() == InitialSync.FORCE_RESYNC;
        return dirty(Found.RECORDED)
                .withClean(unlessForced(bits.and(covered), asked))
                .of(true, compared && whole && !forced);
    }

    /** SHA-256 over header and bits, those beyond the last region being zero; nothing if they do not fit. */
    static byte[] digest(byte[] image, RawSlot slot, int blockBytes) {
        long regions = (slot.targetSectors() - 1) / slot.regionSectors() + 1;
        long bytes = (regions + 63) / 64 * 8;
        if ((1024 + bytes + blockBytes - 1) / blockBytes * blockBytes > image.length) {
            return new byte[0];
        }
        byte[] bits = Arrays.copyOfRange(image, 1024, 1024 + (int) bytes);
        for (long region = regions; region < bytes * 8; region++) {
            bits[(int) (region / 8)] &= (byte) ~(1 << region % 8);
        }
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(image, 0, 16);
            return sha.digest(bits);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
