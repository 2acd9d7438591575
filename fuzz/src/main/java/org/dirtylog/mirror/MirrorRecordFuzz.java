// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.fuzz.Castagnoli;
import org.dirtylog.fuzz.InputBytes;
import org.dirtylog.fuzz.Target;
import org.dirtylog.log.LogPair;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * The record of a mirror (P20), {@code docs/record-format.md}.
 *
 * <p>Invariant. A record is read only if its last line is the checksum of all bytes before it. One of version 3 is printed as the
 * very same bytes; one of an earlier version, printed, reads as the same record. Its numbers are such that an opening can go
 * by them: the source is one of its legs and current, a leg that replaces another one names one that is there, nothing counts
 * below where it begins, and no leg ends behind what can be addressed. A refusal names the record, and says that it stays.
 */
public final class MirrorRecordFuzz implements Target {
    private static final String NAME = "demo.record";
    private static final String LAST = "crc32c=";
    private static final int CHECKSUM = 1;

    /** Reads a record; the product's reader, or a broken one. */
    @FunctionalInterface
    interface Reader {
        MirrorRecord parse(String name, byte[] bytes) throws IOException;
    }

    private final Reader reader;

    /** Of the product's reader. */
    public MirrorRecordFuzz() {
        this(RecordText::parse);
    }

    MirrorRecordFuzz(Reader reader) {
        this.reader = reader;
    }

    @Override
    public void tryOut(byte[] input) throws IOException {
        InputBytes in = new InputBytes(input);
        int repairs = in.next();
        byte[] bytes = in.rest();
        if ((repairs & CHECKSUM) != 0) {
            bytes = withChecksum(bytes);
        }
        MirrorRecord record;
        try {
            record = reader.parse(NAME, bytes);
        } catch (IOException e) {
            Broken.unless(
                    e.getMessage().contains(NAME) && e.getMessage().contains("nothing was changed"),
                    "a refusal names the record, and says that it stays: ",
                    e.getMessage());
            return;
        }
        Broken.unless(Arrays.equals(bytes, withChecksum(bytes)), "the last line is the checksum of all before it");
        byte[] printed = RecordText.print(record);
        if (bytes["dirtylog-mirror-record ".length()] == '3') {
            Broken.unless(
                    Arrays.equals(bytes, printed),
                    "what is read is printed as the same: ",
                    new String(printed, StandardCharsets.UTF_8));
        }
        Broken.unlessEqual(record, reader.parse(NAME, printed), "what is printed reads as the same");
        canBeGoneBy(record);
    }

    /** The bytes up to the line of the checksum, if there is one, and that line as it should be. */
    private static byte[] withChecksum(byte[] bytes) {
        byte[] last = LAST.getBytes(StandardCharsets.US_ASCII);
        int end = bytes.length;
        for (int at = bytes.length - last.length; at > 0; at--) {
            if (bytes[at - 1] == '\n' && Arrays.equals(bytes, at, at + last.length, last, 0, last.length)) {
                end = at;
                break;
            }
        }
        String line = LAST + HexFormat.of().toHexDigits(Castagnoli.of(bytes, 0, end)) + "\n";
        byte[] all = Arrays.copyOf(bytes, end + line.length());
        System.arraycopy(line.getBytes(StandardCharsets.US_ASCII), 0, all, end, line.length());
        return all;
    }

    private static void canBeGoneBy(MirrorRecord record) {
        List<LegRecord> legs = record.legs();
        Broken.unless(!legs.isEmpty() && legs.size() < Integer.SIZE, legs.size(), " legs");
        Broken.unless(record.source() >= 0 && record.source() < legs.size(), "source ", record.source());
        Broken.unlessEqual(LegSet.State.CURRENT, legs.get(record.source()).state(), "the state of the source");
        boolean counts = record.counter() >= 1 && record.epoch() >= 0 && record.generation() >= 0;
        Broken.unless(counts && record.targetSectors() >= 1, "something counts below where it begins: ", record);
        record.confirmed().ifPresent(pair -> known(record, pair));
        record.announced().ifPresent(pair -> known(record, pair));
        for (LegRecord leg : legs) {
            Broken.unless(
                    leg.offset() >= 0 && leg.offset() <= Long.MAX_VALUE / 512 - record.targetSectors(),
                    "offset ",
                    leg.offset(),
                    " with ",
                    record.targetSectors(),
                    " sectors");
            leg.replaces()
                    .ifPresent(index -> Broken.unless(
                            index >= 0 && index < legs.size() && legs.get(index) != leg, "replaces leg ", index));
            for (int i = 0; i < leg.epochs().size(); i++) {
                Broken.unless(
                        leg.epochs().get(i) >= 0
                                && (i == 0
                                        || leg.epochs().get(i - 1)
                                                < leg.epochs().get(i)),
                        "epochs are ascending, and not ",
                        leg.epochs());
            }
        }
    }

    private static void known(MirrorRecord record, LogPair pair) {
        Broken.unless(
                pair.generation() <= record.generation(),
                "generation ",
                record.generation(),
                " is the highest ever given, and not ",
                pair);
    }

    // ---- seeds ------------------------------------------------------------------------------------------------------

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (MirrorRecord record : List.of(record(1, ""), record(9, "71000 /srv/a 0 /srv/b%20c 8"))) {
            String text = new String(RecordText.print(record), StandardCharsets.UTF_8);
            String second =
                    text.replace("record 3\n", "record 2\n").replaceAll("(?m)^(leg.*replaces|superseded)=.*\n", "");
            String first =
                    second.replace("record 2\n", "record 1\n").replaceAll("(?m)^leg.*(id|label|epochs)=.*\n", "");
            for (String one : List.of(text, second, first)) {
                seeds.add(InputBytes.of(new int[] {CHECKSUM}, one.getBytes(StandardCharsets.UTF_8)));
            }
            seeds.add(InputBytes.of(new int[] {0}, text.getBytes(StandardCharsets.UTF_8)));
        }
        return seeds;
    }

    private static MirrorRecord record(long counter, String superseded) {
        List<LegRecord> legs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            legs.add(new LegRecord(
                    "/srv/leg %" + i,
                    8L * i,
                    new UUID(i, 7),
                    LegSet.State.values()[i],
                    LabelPlace.values()[i],
                    i == 2 ? List.of() : List.of(0L, 3L + i),
                    i == 1,
                    i == 2 ? OptionalInt.of(1) : OptionalInt.empty()));
        }
        return new MirrorRecord(
                counter,
                new UUID(0x7d1f_0c9e_52a4_4b8eL, 0x9a63_0f5c_2d8e_1b47L),
                true,
                7,
                12,
                524_288,
                new LogKey("disk", List.of("/srv/log é")),
                Optional.of(new LogPair(11, 5)),
                Optional.of(new LogPair(12, -1)),
                0,
                legs,
                superseded);
    }

    @Override
    public long mostBytes() {
        return 4 << 20;
    }
}
