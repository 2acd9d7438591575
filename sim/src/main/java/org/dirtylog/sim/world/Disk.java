// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * A disk with a volatile cache. It outlives machines: a crash decides for every cached write and each of its sectors whether it
 * landed, was lost or was torn, in order within a sector and independently across sectors. What was not forced can be anything
 * of that; what was forced stays.
 */
public final class Disk {
    /** Bytes in a sector. */
    public static final int SECTOR = 512;

    private final String name;
    private final int tearBytes;
    private final byte[] medium;
    private final byte[] view;

    // The cached writes that were not forced, oldest first; their bytes lie in the pool one after the other.
    private int[] starts = new int[32];
    private int[] lengths = new int[32];
    private long[] numbers = new long[32];
    private byte[] pool = new byte[4096];
    private int count;
    private int poolEnd;
    private long nextNumber;
    private boolean dropped;
    /** Grows with each change of what a crash could leave. */
    private long changes;

    /** Whether notes are kept beside the bytes; then the note, empty if there is none, as it is seen and as it would survive. */
    private final boolean keepsNote;

    private byte[] note = {};
    private byte[] safeNote = {};

    private final Troubles troubles = new Troubles();

    /**
     * Makes one that reads as zeroes.
     *
     * @param name      for messages, and its path
     * @param bytes     a multiple of {@link #SECTOR}
     * @param tearBytes the unit that is never torn: a divisor of {@link #SECTOR}
     * @param keepsNote whether it keeps an attribute
     */
    public Disk(String name, int bytes, int tearBytes, boolean keepsNote) {
        this.name = name;
        this.tearBytes = tearBytes;
        this.keepsNote = keepsNote;
        this.medium = new byte[bytes];
        this.view = new byte[bytes];
    }

    /**
     * Names it.
     *
     * @return its path
     */
    public String name() {
        return name;
    }

    /**
     * Measures it.
     *
     * @return bytes
     */
    public int bytes() {
        return view.length;
    }

    /**
     * What is wrong with it.
     *
     * @return faults to come, which may be set
     */
    public Troubles troubles() {
        return troubles;
    }

    /**
     * What survives if nothing more lands.
     *
     * @return the bytes, not to be changed
     */
    public byte[] medium() {
        return medium;
    }

    /**
     * What is read.
     *
     * @return the bytes, not to be changed
     */
    public byte[] view() {
        return view;
    }

    /**
     * Tells whether it keeps an attribute.
     *
     * @return whether so
     */
    public boolean keepsNote() {
        return keepsNote;
    }

    /**
     * What its attribute is, for those who run on it.
     *
     * @return the bytes, not to be changed; none if it was never set
     */
    public byte[] note() {
        return note;
    }

    /**
     * Gets an attribute from somebody outside, durably.
     *
     * @param bytes none to take it away
     */
    public void loadNote(byte[] bytes) {
        note = bytes;
        safeNote = bytes;
    }

    // ---- while the machine runs
    // ---------------------------------------------------------------------------------------

    /** Caches a write. */
    void put(int start, ByteBuffer from, int length) {
        reserve(length);
        from.get(pool, poolEnd, length);
        added(start, length);
    }

    /** Changes the attribute; until the disk is forced, a crash may keep the old one. */
    void putNote(byte[] bytes) {
        changes++;
        note = bytes;
    }

    /** Caches zeroes. */
    void putZeroes(int start, int length) {
        reserve(length);
        Arrays.fill(pool, poolEnd, poolEnd + length, (byte) 0);
        added(start, length);
    }

    private void reserve(int length) {
        if (poolEnd + length > pool.length) {
            pool = Arrays.copyOf(pool, Math.max(2 * pool.length, poolEnd + length));
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
            numbers = Arrays.copyOf(numbers, 2 * count);
        }
    }

    private void added(int start, int length) {
        changes++;
        System.arraycopy(pool, poolEnd, view, start, length);
        starts[count] = start;
        lengths[count] = length;
        numbers[count++] = nextNumber++;
        poolEnd += length;
    }

    /** The writes before this mark have returned. */
    long mark() {
        return nextNumber;
    }

    /** Brings the writes before a mark to the medium. */
    void drain(long mark) {
        safeNote = note;
        settle(mark, true, 0, 0);
    }

    /** Likewise, but for those that begin in a range: they stay in the cache, and the watch hears of them. */
    void drainExcept(long mark, int start, int end, DiskWatch watch) {
        safeNote = note;
        for (int i = 0; i < count && numbers[i] < mark; i++) {
            if (start <= starts[i] && starts[i] < end) {
                watch.astray(this, starts[i], lengths[i]);
            }
        }
        settle(mark, true, start, end);
    }

    /** The kernel drops the pages before a mark: they are still read, and no force ever brings them to the medium. */
    void forget(long mark) {
        dropped |= count > 0 && numbers[0] < mark;
        settle(mark, false, 0, 0);
    }

    /** Takes the writes before a mark out of the cache, but for those that begin in a range. */
    private void settle(long mark, boolean land, int keptStart, int keptEnd) {
        changes++;
        int kept = 0;
        int keptBytes = 0;
        int offset = 0;
        for (int i = 0; i < count; i++) {
            int length = lengths[i];
            if (numbers[i] >= mark || keptStart <= starts[i] && starts[i] < keptEnd) {
                System.arraycopy(pool, offset, pool, keptBytes, length);
                starts[kept] = starts[i];
                lengths[kept] = length;
                numbers[kept++] = numbers[i];
                keptBytes += length;
            } else if (land) {
                System.arraycopy(pool, offset, medium, starts[i], length);
            }
            offset += length;
        }
        count = kept;
        poolEnd = keptBytes;
    }

    /** Pages that were dropped are no longer cached: what is read is what the medium holds. */
    void evict() {
        System.arraycopy(medium, 0, view, 0, view.length);
        int offset = 0;
        for (int i = 0; i < count; i++) {
            System.arraycopy(pool, offset, view, starts[i], lengths[i]);
            offset += lengths[i];
        }
    }

    // ---- questions
    // ----------------------------------------------------------------------------------------------------

    /**
     * Tells whether writes to a range could be lost.
     *
     * @param start where it begins
     * @param end   the byte after its last
     * @return whether one that was not forced overlaps it
     */
    public boolean isCached(int start, int end) {
        for (int i = 0; i < count; i++) {
            if (starts[i] < end && start < starts[i] + lengths[i]) {
                return true;
            }
        }
        return false;
    }

    /**
     * Tells whether a crash could leave a bit set.
     *
     * @param at  its byte
     * @param bit from 0
     * @return whether it is set on the medium or in a cached write
     */
    public boolean maySurvive(int at, int bit) {
        if ((medium[at] >> bit & 1) != 0) {
            return true;
        }
        int offset = 0;
        for (int i = 0; i < count; i++) {
            if (starts[i] <= at && at < starts[i] + lengths[i] && (pool[offset + at - starts[i]] >> bit & 1) != 0) {
                return true;
            }
            offset += lengths[i];
        }
        return false;
    }

    // ---- states
    // --------------------------------------------------------------------------------------------------------

    /** One that is in the same state, with nothing wrong with it. */
    Disk copy() {
        Disk copy = new Disk(name, medium.length, tearBytes, keepsNote);
        System.arraycopy(medium, 0, copy.medium, 0, medium.length);
        System.arraycopy(view, 0, copy.view, 0, view.length);
        copy.starts = starts.clone();
        copy.lengths = lengths.clone();
        copy.numbers = numbers.clone();
        copy.pool = Arrays.copyOf(pool, Math.max(poolEnd, 1));
        copy.count = count;
        copy.poolEnd = poolEnd;
        copy.nextNumber = nextNumber;
        copy.dropped = dropped;
        copy.note = note;
        copy.safeNote = safeNote;
        return copy;
    }

    /** Counts the changes of what a crash could leave. */
    long changes() {
        return changes;
    }

    /** Adds all that a crash, or a kill, could leave. */
    void addTo(Fingerprint print) {
        print.add(medium, medium.length);
        print.add(pool, poolEnd);
        for (int i = 0; i < count; i++) {
            print.add((long) starts[i] << 32 | lengths[i]);
        }
        if (dropped) {
            // What is read is neither on the medium nor in the cache.
            print.add(view, view.length);
        }
        print.add(note, note.length);
        print.add(safeNote, safeNote.length);
    }

    /** How many sectors are cached, those of each write counted; an attribute that is not safe is one more. */
    int cachedSectors() {
        int sectors = note == safeNote ? 0 : 1;
        for (int i = 0; i < count; i++) {
            sectors += (starts[i] + lengths[i] - 1) / SECTOR - starts[i] / SECTOR + 1;
        }
        return sectors;
    }

    /**
     * Loses power.
     *
     * @param lands tells of each cached sector, by its number in the order of the writes, whether it has landed
     */
    void crash(IntPredicate lands) {
        int number = 0;
        int offset = 0;
        for (int i = 0; i < count; i++) {
            int end = starts[i] + lengths[i];
            for (int at = starts[i]; at < end; number++) {
                int stop = Math.min(end, at / SECTOR * SECTOR + SECTOR);
                if (lands.test(number)) {
                    System.arraycopy(pool, offset + at - starts[i], medium, at, stop - at);
                }
                at = stop;
            }
            offset += lengths[i];
        }
        if (note != safeNote && lands.test(number)) {
            safeNote = note;
        }
        restart();
    }

    // ---- when it does not
    // -----------------------------------------------------------------------------------------------

    /**
     * Loses power: from here on only what has landed is there.
     *
     * @param dice decides what has
     */
    public void crash(Dice dice) {
        int landed = dice.pick(0, 0, 0, 30, 50, 70, 100, 100);
        int offset = 0;
        for (int i = 0; i < count; i++) {
            int end = starts[i] + lengths[i];
            for (int at = starts[i]; at < end; ) {
                int stop = Math.min(end, at / SECTOR * SECTOR + SECTOR);
                int from = offset + at - starts[i];
                if (dice.percent(landed)) {
                    System.arraycopy(pool, from, medium, at, stop - at);
                } else if (landed != 0 && dice.oneIn(4)) {
                    tear(dice, from, at, stop);
                }
                at = stop;
            }
            offset += lengths[i];
        }
        if (note != safeNote && dice.oneIn(2)) {
            safeNote = note;
        }
        restart();
    }

    private void tear(Dice dice, int from, int start, int end) {
        long which = dice.next();
        for (int at = start; at < end; ) {
            int stop = Math.min(end, at / tearBytes * tearBytes + tearBytes);
            if ((which >>> at / tearBytes % Long.SIZE & 1) != 0) {
                System.arraycopy(pool, from + at - start, medium, at, stop - at);
            }
            at = stop;
        }
    }

    /**
     * The process that used it is killed and the system goes on: what is cached stays so, dropped pages are read or not.
     *
     * @param dice decides that
     */
    public void kill(Dice dice) {
        if (troubles.takeEviction(Long.MAX_VALUE) && dice.oneIn(2)) {
            evict();
        }
        troubles.owned = false;
    }

    /**
     * Tells whether a failed force has lost something.
     *
     * @return whether pages were dropped since power failed last
     */
    public boolean hasDropped() {
        return dropped;
    }

    private void restart() {
        changes++;
        dropped = false;
        count = 0;
        poolEnd = 0;
        System.arraycopy(medium, 0, view, 0, view.length);
        note = safeNote;
        troubles.owned = false;
        troubles.evictAfter(Long.MAX_VALUE);
    }

    /**
     * Is filled by somebody from outside, durably.
     *
     * @param bytes as many as it has
     */
    public void load(byte[] bytes) {
        System.arraycopy(bytes, 0, medium, 0, medium.length);
        restart();
    }
}
