// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.fuzz.InputBytes;
import org.dirtylog.fuzz.Target;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.bits.RegionBits;

/**
 * A whole log of type {@code disk}: header, slots and bits, and what an opening makes of them (P29, P30, P33).
 *
 * <p>Invariant. The answer is the one of the table in {@code docs/disk-format.md}, worked out from the bytes by another program
 * ({@link ExpectedVerdict}): refused, or what is found, which regions are clean, and whether the log is as the last clean stop
 * left it. So a clean region has its bit set, is covered by the header's count and, with a slot, by the slot's target; and a log
 * that was closed is believed only with the SHA-256 of each byte of header and bits. A header is written again as it was read.
 * Nothing is written, announced, or read outside of the medium.
 */
public final class LogHeaderFuzz implements Target {
    private static final int[] SLOTS = {256, 768};
    private static final int MOST_BYTES = 8192;

    // Of the first byte: what is set right before the log is looked at, so that what lies behind is reached.
    private static final int CHECKSUMS = 1;
    private static final int DIGESTS = 2;
    private static final int OUR_ID = 4;
    private static final int BLOCKS_OF_4096 = 8;

    /** Judges a log; the product, or a broken one. */
    @FunctionalInterface
    interface Judge {
        Verdict of(RecordReader reader, UUID mirrorId, RegionGeometry geometry, Opening opening)
                throws DirtyLogException.Rejected, DirtyLogException.Corrupt, IOException;
    }

    private final Judge judge;

    /** Of the product's opening. */
    public LogHeaderFuzz() {
        this(Verdict::of);
    }

    LogHeaderFuzz(Judge judge) {
        this.judge = judge;
    }

    @Override
    public void tryOut(byte[] input) throws IOException {
        InputBytes in = new InputBytes(input);
        int repairs = in.next();
        int blockBytes = (repairs & BLOCKS_OF_4096) != 0 ? 4096 : 512;
        long regionSectors = 2L << in.next() % 12;
        long regions = 1 + (in.next() << 8 | in.next()) % 4097;
        long targetSectors = (regions - 1) * regionSectors + 1 + in.next() * (regionSectors - 1) / 255;
        RegionGeometry geometry = new RegionGeometry(targetSectors, regionSectors);
        int asked = in.next();
        int expects = in.next();
        byte[] rest = in.rest();
        int area = (int) new RecordLayout(regions, blockBytes).areaBytes();
        byte[] image = Arrays.copyOf(rest, Math.min(MOST_BYTES, Math.max(area, rest.length / blockBytes * blockBytes)));
        repair(image, repairs, blockBytes);
        check(image, circumstances(geometry, blockBytes, asked, expects, image));
    }

    private static void repair(byte[] image, int repairs, int blockBytes) {
        for (int at : SLOTS) {
            if ((repairs & OUR_ID) != 0) {
                System.arraycopy(LogCircumstances.MIRROR_BYTES, 0, image, at + 16, 16);
            }
            RawSlot slot = RawSlot.at(image, at);
            if ((repairs & DIGESTS) != 0 && slot.makesSense() && slot.isClosed()) {
                byte[] digest = ExpectedVerdict.digest(image, slot, blockBytes);
                System.arraycopy(digest, 0, image, at + 72, digest.length);
            }
            if ((repairs & CHECKSUMS) != 0) {
                RawSlot.repair(image, at);
            }
        }
    }

    private static LogCircumstances circumstances(
            RegionGeometry geometry, int blockBytes, int asked, int expects, byte[] image) {
        boolean completed = (asked & 64) != 0;
        InitialSync sync = InitialSync.values()[(asked & 3) % 3];
        byte[] pair = new byte[0];
        if (expects % 4 != 0) {
            // That of a slot, as far as it can be one; or another one.
            pair = Arrays.copyOf(RawSlot.at(image, SLOTS[expects & 1]).pair(), 16);
            ByteBuffer numbers = ByteBuffer.wrap(pair).order(ByteOrder.LITTLE_ENDIAN);
            if (expects % 4 == 3 || numbers.getLong(0) < 1) {
                numbers.putLong(0, 1 + expects);
            }
        }
        return new LogCircumstances(
                geometry,
                blockBytes,
                // P33: never once an opening was completed.
                completed && sync == InitialSync.ASSUME_IN_SYNC ? InitialSync.AS_RECORDED : sync,
                Opening.OtherWriter.values()[(asked >> 2 & 3) % 3],
                (asked & 16) != 0,
                (asked & 32) != 0,
                completed,
                pair,
                new boolean[2]);
    }

    private void check(byte[] image, LogCircumstances asked) throws IOException {
        ExpectedVerdict expected = ExpectedVerdict.of(image, asked);
        RecordReader reader = new RecordReader(new ImageMedium(image, asked.blockBytes()), "the log");
        Verdict verdict;
        try {
            verdict = judge.of(reader, LogCircumstances.MIRROR, asked.geometry(), asked);
        } catch (DirtyLogException e) {
            String how = e instanceof DirtyLogException.Corrupt ? "corrupt" : "rejected";
            Broken.unlessEqual(expected.refusal(), how, "refused: " + e.getMessage());
            Broken.unless(
                    e.getMessage().contains("the log") && e.getMessage().contains("not changed"),
                    "a refusal names the log, and says that it is as it was: ",
                    e.getMessage());
            return;
        }
        Broken.unlessEqual(expected.refusal(), "", "a log was opened that is to be refused");
        Broken.unlessEqual(expected.found(), verdict.found(), "what is found");
        Broken.unlessEqual(expected.accepted(), verdict.accepted().isPresent(), "whether the pair is accepted");
        Broken.unlessEqual(expected.closed(), asked.heard()[0], "whether the log is as a clean stop left it");
        RegionBits clean = verdict.load(reader, asked.geometry().regionCount());
        for (long region = 0; region < asked.geometry().regionCount(); region++) {
            if (expected.clean().test(region) != clean.get(region)) {
                throw new Broken("region " + region + " is clean: expected " + !clean.get(region));
            }
        }
        ByteBuffer again = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        verdict.head().header().write(again);
        Broken.unless(Arrays.equals(again.array(), 0, 16, image, 0, 16), "a header is written as it was read");
    }

    // ---- seeds ------------------------------------------------------------------------------------------------------

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (IdentitySlot.State state : IdentitySlot.State.values()) {
            byte[] image = image(state);
            for (int asked : new int[] {0, 32, 32 | 64, 32 | 64 | 4, 1, 2, 16}) {
                seeds.add(InputBytes.of(new int[] {CHECKSUMS | DIGESTS, 9, 0, 69, 200, asked, 1}, image));
            }
        }
        byte[] kernel = image(IdentitySlot.State.OPEN);
        Arrays.fill(kernel, 16, 1024, (byte) 0);
        seeds.add(InputBytes.of(new int[] {0, 9, 0, 69, 200, 0, 0}, kernel));
        seeds.add(InputBytes.of(new int[] {BLOCKS_OF_4096, 9, 0, 69, 200, 64 | 4, 0}, kernel));
        return seeds;
    }

    private static byte[] image(IdentitySlot.State state) {
        byte[] image = new byte[1536];
        ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        RecordHeader.forRegions(70).write(bytes);
        bytes.putLong(1024, 0xFFFF_FFFF_FFFF_FFF7L).putLong(1032, 0x0E);
        for (int i = 0; i < 2; i++) {
            new IdentitySlot(
                            LogCircumstances.MIRROR,
                            new RegionGeometry(71_000, 1024),
                            new LogPair(1, 77),
                            i + 1,
                            i == 0 ? IdentitySlot.State.OPEN : state,
                            i == 1 && state == IdentitySlot.State.CLOSED,
                            new byte[IdentitySlot.DIGEST_BYTES])
                    .write(bytes, SLOTS[i]);
        }
        return image;
    }

    @Override
    public long mostBytes() {
        return 4 << 20;
    }
}
