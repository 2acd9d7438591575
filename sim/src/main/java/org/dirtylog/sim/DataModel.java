// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.Map;
import org.dirtylog.sim.world.Fingerprint;

/**
 * What may be read, cell by cell. A cell is 64 bytes that hold one value eight times; it is never torn. The rules are those of a
 * register: a read sees a write that is not surely overwritten; what one read has seen, later reads do not take back (R5); what
 * was acknowledged before a flush began that succeeded survives every crash (R4).
 */
final class DataModel {
    /** Bytes in a cell. */
    static final int CELL = 64;

    private static final int WORDS = CELL / Long.BYTES;

    /** One write. */
    static final class Version {
        final long op;
        final long begin;
        long end = Long.MAX_VALUE;
        boolean acknowledged;
        /** Whether it was acknowledged as durable (FUA). */
        boolean durable;

        Version(long op, long begin) {
            this.op = op;
            this.begin = begin;
        }

        private Version(Version other) {
            this(other.op, other.begin);
            end = other.end;
            acknowledged = other.acknowledged;
            durable = other.durable;
        }
    }

    /** One write in one cell. */
    private static final class Entry {
        final Version version;
        /** Reads that begin later do not see it: one has seen something else, and that it had ended by then. */
        long decidedAgainst = Long.MAX_VALUE;
        /** Whether the source may have it after a crash; another leg may, for its region is dirty then. */
        boolean survivable = true;

        Entry(Version version) {
            this.version = version;
        }
    }

    private final Entry[][] cells;
    private final int[] counts;
    /** Whether what a read has decided must outlive a crash: not where the leg that was read may be lost. */
    private final boolean decisionsSurvive;

    /** Cells in which a leg is known not to hold what it was given: nobody can say what they read as. */
    private final BitSet astray = new BitSet();

    private long time = 1;
    private long flushedAt;
    private long lifeBegan = 1;
    private int readsUnderWay;

    DataModel(int cellCount, long firstOp, boolean decisionsSurvive) {
        this.cells = new Entry[cellCount][4];
        this.counts = new int[cellCount];
        this.decisionsSurvive = decisionsSurvive;
        Version first = new Version(firstOp, 0);
        first.end = 0;
        first.acknowledged = true;
        for (int cell = 0; cell < cellCount; cell++) {
            add(cell, first);
        }
    }

    /** One in the same state. Operations that are under way in this one are not in the copy. */
    DataModel copy() {
        DataModel copy = new DataModel(this);
        Map<Version, Version> versions = new IdentityHashMap<>();
        for (int cell = 0; cell < counts.length; cell++) {
            copy.cells[cell] = new Entry[Math.max(4, counts[cell])];
            copy.counts[cell] = counts[cell];
            for (int i = 0; i < counts[cell]; i++) {
                Entry entry = cells[cell][i];
                Entry same = new Entry(versions.computeIfAbsent(entry.version, Version::new));
                same.decidedAgainst = entry.decidedAgainst;
                same.survivable = entry.survivable;
                copy.cells[cell][i] = same;
            }
        }
        return copy;
    }

    private DataModel(DataModel other) {
        cells = new Entry[other.cells.length][];
        counts = new int[other.counts.length];
        decisionsSurvive = other.decisionsSurvive;
        astray.or(other.astray);
        time = other.time;
        flushedAt = other.flushedAt;
        lifeBegan = other.lifeBegan;
    }

    /** Counts what clients were told, and asked for. */
    long changes() {
        return time;
    }

    /** Adds all that says what may be read from here on. */
    void addTo(Fingerprint print) {
        print.add(flushedAt);
        for (int cell = 0; cell < counts.length; cell++) {
            for (int i = 0; i < counts[cell]; i++) {
                Entry entry = cells[cell][i];
                print.add(entry.version.op << 3
                        | (entry.version.acknowledged ? 4 : 0)
                        | (entry.version.durable ? 2 : 0)
                        | (entry.survivable ? 1 : 0));
                print.add(entry.version.begin);
                print.add(entry.version.end);
                print.add(entry.decidedAgainst);
            }
            print.add(cell);
        }
    }

    /** Likewise, after power has failed: what may have survived are equals, and it does not matter when they were written. */
    void addSurvivedTo(Fingerprint print) {
        for (int cell = 0; cell < counts.length; cell++) {
            for (int i = 0; i < counts[cell]; i++) {
                Entry entry = cells[cell][i];
                print.add(entry.version.op << 2 | (entry.survivable ? 2 : 0) | (entry.decidedAgainst > 0 ? 1 : 0));
            }
            print.add(cell);
        }
    }

    int cellCount() {
        return counts.length;
    }

    /** Some leg does not hold what it said that it does. */
    void astray(int firstCell, int endCell) {
        astray.set(firstCell, endCell);
    }

    boolean isAstray(int firstCell, int endCell) {
        int next = astray.nextSetBit(firstCell);
        return next >= 0 && next < endCell;
    }

    boolean isAnyAstray() {
        return !astray.isEmpty();
    }

    // ---- values
    // -------------------------------------------------------------------------------------------------------

    /** The value of a write in a cell; of zeroes, which are op 0, it is zero. */
    static long value(long op, int cell) {
        return op == 0 ? 0 : op << 16 | cell & 0xFFFF;
    }

    static void fill(ByteBuffer into, long op, int firstCell, int cellCount) {
        into.clear().order(ByteOrder.LITTLE_ENDIAN);
        for (int cell = firstCell; cell < firstCell + cellCount; cell++) {
            long value = value(op, cell);
            for (int i = 0; i < WORDS; i++) {
                into.putLong(value);
            }
        }
        into.flip();
    }

    /** The value of a cell, or -1 if it is torn. */
    private static long valueAt(ByteBuffer bytes, int at) {
        long value = bytes.getLong(at);
        for (int i = 1; i < WORDS; i++) {
            if (bytes.getLong(at + i * Long.BYTES) != value) {
                return -1;
            }
        }
        return value;
    }

    // ---- writes
    // -------------------------------------------------------------------------------------------------------

    private void add(int cell, Version version) {
        if (counts[cell] >= 4 && readsUnderWay == 0) {
            prune(cell);
        }
        if (counts[cell] == cells[cell].length) {
            cells[cell] = Arrays.copyOf(cells[cell], 2 * counts[cell]);
        }
        cells[cell][counts[cell]++] = new Entry(version);
    }

    Version begin(long op, int firstCell, int cellCount) {
        Version version = new Version(op, ++time);
        for (int cell = firstCell; cell < firstCell + cellCount; cell++) {
            add(cell, version);
        }
        return version;
    }

    void end(Version version, boolean acknowledged, boolean durable) {
        version.end = ++time;
        version.acknowledged = acknowledged;
        version.durable = acknowledged && durable;
    }

    long beginFlush() {
        return ++time;
    }

    void flushed(long begun) {
        flushedAt = Math.max(flushedAt, begun);
    }

    /** Whether a version was surely overwritten before a moment. */
    private boolean isObsolete(int cell, Version version, long moment) {
        for (int i = 0; i < counts[cell]; i++) {
            Version other = cells[cell][i].version;
            if (other.acknowledged && other.begin > version.end && other.end < moment) {
                return true;
            }
        }
        return false;
    }

    /** Whether no crash brings a version back. */
    private boolean isOverwrittenForGood(int cell, Version version) {
        for (int i = 0; i < counts[cell]; i++) {
            Version other = cells[cell][i].version;
            if (other.acknowledged && other.begin > version.end && (other.durable || other.end < flushedAt)) {
                return true;
            }
        }
        return false;
    }

    private void prune(int cell) {
        Entry[] entries = cells[cell];
        int kept = 0;
        for (int i = 0; i < counts[cell]; i++) {
            if (!isOverwrittenForGood(cell, entries[i].version)) {
                entries[kept++] = entries[i];
            }
        }
        // What is obsolete is so by an entry that stays, for that one began later.
        Arrays.fill(entries, kept, counts[cell], null);
        counts[cell] = kept;
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------

    long beginRead() {
        readsUnderWay++;
        return ++time;
    }

    void endRead() {
        readsUnderWay--;
    }

    /** Judges what was read, and holds on to it. Answers what is wrong, or {@code null}. */
    String read(long begun, int firstCell, ByteBuffer bytes) {
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        int count = bytes.limit() / CELL;
        for (int i = 0; i < count; i++) {
            int cell = firstCell + i;
            if (astray.get(cell)) {
                continue;
            }
            long value = valueAt(bytes, i * CELL);
            if (!isReadable(cell, value, begun)) {
                return "cell " + cell + " was read as " + text(value) + ", admissible: " + describe(cell, begun);
            }
            decide(cell, value, begun);
        }
        return null;
    }

    private boolean isReadable(int cell, long value, long begun) {
        for (int i = 0; i < counts[cell]; i++) {
            Entry entry = cells[cell][i];
            if (value(entry.version.op, cell) == value
                    && begun < entry.decidedAgainst
                    && !isObsolete(cell, entry.version, begun)) {
                return true;
            }
        }
        return false;
    }

    /** What had ended before the read began and was not seen is out of question from now on. */
    private void decide(int cell, long value, long begun) {
        long now = ++time;
        // Zeroes can be those of before the crash, or new ones that nothing protects yet.
        boolean old = true;
        for (int i = 0; i < counts[cell]; i++) {
            Version version = cells[cell][i].version;
            old &= value(version.op, cell) != value || version.begin < lifeBegan;
        }
        for (int i = 0; i < counts[cell]; i++) {
            Entry entry = cells[cell][i];
            if (entry.version.end < begun && value(entry.version.op, cell) != value) {
                entry.decidedAgainst = Math.min(entry.decidedAgainst, now);
                if (old && decisionsSurvive && entry.version.begin < lifeBegan) {
                    entry.survivable = false;
                }
            }
        }
    }

    // ---- crashes
    // ------------------------------------------------------------------------------------------------------

    /** The process was killed: what was acknowledged is there, what was under way may be. What was decided stays so. */
    void killed() {
        readsUnderWay = 0;
        long now = ++time;
        for (int cell = 0; cell < counts.length; cell++) {
            for (int i = 0; i < counts[cell]; i++) {
                Version version = cells[cell][i].version;
                version.end = Math.min(version.end, now);
            }
        }
        time++;
    }

    /** From here on each write that may have survived is one possibility among equals. */
    void crashed() {
        readsUnderWay = 0;
        for (int cell = 0; cell < counts.length; cell++) {
            Entry[] entries = cells[cell];
            if (counts[cell] == 1 && entries[0].version.begin < lifeBegan) {
                continue;
            }
            prune(cell);
            int kept = 0;
            for (int i = 0; i < counts[cell]; i++) {
                if (entries[i].decidedAgainst < flushedAt && entries[i].version.begin < entries[i].decidedAgainst) {
                    // A read has shown something else, and a flush that began later has made that last.
                    continue;
                }
                Entry possible = new Entry(new Version(entries[i].version.op, entries[i].version.begin));
                possible.version.end = time;
                possible.survivable = entries[i].survivable;
                possible.decidedAgainst = entries[i].survivable ? Long.MAX_VALUE : 0;
                entries[kept++] = possible;
            }
            Arrays.fill(entries, kept, counts[cell], null);
            counts[cell] = kept;
        }
        lifeBegan = ++time;
    }

    /** Judges an image after a crash, or a kill by which nothing was lost. Answers what is wrong, or {@code null}. */
    String survived(byte[] image, int offset, boolean isSource, boolean lostNothing) {
        ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        for (int cell = 0; cell < counts.length; cell++) {
            long value = valueAt(bytes, offset + cell * CELL);
            if (!astray.get(cell) && !isPossible(cell, value, isSource, lostNothing)) {
                return "cell " + cell + " holds " + text(value) + ", admissible: " + describe(cell, time);
            }
        }
        return null;
    }

    private boolean isPossible(int cell, long value, boolean isSource, boolean lostNothing) {
        for (int i = 0; i < counts[cell]; i++) {
            Entry entry = cells[cell][i];
            if (value(entry.version.op, cell) == value
                    && (entry.survivable || !isSource)
                    && !(lostNothing && isObsolete(cell, entry.version, time))) {
                return true;
            }
        }
        return false;
    }

    private static String text(long value) {
        return value == -1 ? "torn" : value == 0 ? "zeroes" : "op " + (value >>> 16) + " of cell " + (value & 0xFFFF);
    }

    private String describe(int cell, long begun) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < counts[cell]; i++) {
            Entry entry = cells[cell][i];
            text.append(" op ").append(entry.version.op);
            text.append(entry.version.acknowledged ? " acknowledged" : "");
            text.append(entry.decidedAgainst < begun ? " (decided against)" : "");
            text.append(isObsolete(cell, entry.version, begun) ? " (overwritten)" : "")
                    .append(';');
        }
        return text.toString();
    }
}
