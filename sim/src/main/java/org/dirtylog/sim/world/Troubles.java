// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.BitSet;

/** What is about to go wrong with a disk. A count of 1 is the next operation, 0 none. */
public final class Troubles {
    boolean owned;
    private int writes;
    private int reads;
    private int forces;
    private long goneAt = Long.MAX_VALUE;
    private boolean absent;
    private long evictAt = Long.MAX_VALUE;
    private int badStart;
    private int badEnd;
    private boolean unreadable;
    /** Sectors that cannot be read before they are written. */
    private final BitSet rotten = new BitSet();

    private boolean rots;

    // What nobody is told. It concerns writes to this range only.
    private int silentStart;
    private int silentEnd;
    private int lostWrite;
    private int strayWrite;
    private int lies;

    private long hangsAt = Long.MAX_VALUE;
    private long hangsFor;
    /** Until when it hangs; 0 if it has not begun to. */
    private long hangsUntil;
    /** How many operations hang in it. */
    int hanging;

    Troubles() {}

    /**
     * Fails one write, perhaps after a part of it.
     *
     * @param number which one from now on
     */
    public void failWrite(int number) {
        writes = number;
    }

    /**
     * Fails one read.
     *
     * @param number which one from now on
     */
    public void failRead(int number) {
        reads = number;
    }

    /**
     * Fails one force and forgets what it was to bring to the medium, as Linux does with its page cache.
     *
     * @param number which one from now on
     */
    public void failForce(int number) {
        forces = number;
    }

    /**
     * Fails every write to a range.
     *
     * @param start where it begins
     * @param end   the byte after its last
     */
    public void failRange(int start, int end) {
        badStart = start;
        badEnd = end;
    }

    /**
     * Fails every read of a range, and every write to it.
     *
     * @param start where it begins
     * @param end   the byte after its last
     */
    public void loseRange(int start, int end) {
        failRange(start, end);
        unreadable = true;
    }

    /**
     * Fails every read of some sectors, until they are written.
     *
     * @param first the first of them
     * @param count how many
     */
    public void rot(int first, int count) {
        rotten.set(first, first + count);
        rots = true;
    }

    /**
     * Tells whether it is a disk that loses sectors.
     *
     * @return whether any were lost
     */
    public boolean isRotting() {
        return rots;
    }

    /**
     * Answers a write as done that it has not kept.
     *
     * @param start  where the range begins that this is about
     * @param end    the byte after its last
     * @param number which write to it from now on
     */
    public void loseWrite(int start, int end, int number) {
        silently(start, end);
        lostWrite = number;
    }

    /**
     * Answers a write as done that it has put elsewhere in the range.
     *
     * @param start  where the range begins that this is about
     * @param end    the byte after its last
     * @param number which write to it from now on
     */
    public void misdirectWrite(int start, int end, int number) {
        silently(start, end);
        strayWrite = number;
    }

    /**
     * Answers forces as done that have not made anything of a range safe.
     *
     * @param start  where the range begins that this is about
     * @param end    the byte after its last
     * @param number how many forces from now on
     */
    public void lie(int start, int end, int number) {
        silently(start, end);
        lies = number;
    }

    private void silently(int start, int end) {
        silentStart = start;
        silentEnd = end;
    }

    int silentStart() {
        return silentStart;
    }

    int silentEnd() {
        return silentEnd;
    }

    private boolean isSilent(int start, int end) {
        return silentStart <= start && end <= silentEnd;
    }

    boolean takeLostWrite(int start, int end) {
        return lostWrite > 0 && isSilent(start, end) && --lostWrite == 0;
    }

    boolean takeStrayWrite(int start, int end) {
        return strayWrite > 0 && isSilent(start, end) && --strayWrite == 0;
    }

    boolean takeLie() {
        return lies > 0 && lies-- > 0;
    }

    /** A write has been made: what it covers can be read again. */
    void written(int start, int end) {
        int first = (start + Disk.SECTOR - 1) / Disk.SECTOR;
        rotten.clear(first, Math.max(first, end / Disk.SECTOR));
    }

    private boolean isRotten(long start, long end) {
        int found = rotten.nextSetBit((int) start / Disk.SECTOR);
        return found >= 0 && (long) found * Disk.SECTOR < end;
    }

    /**
     * Fails everything from a step on.
     *
     * @param step of the life
     */
    public void goAt(long step) {
        goneAt = step;
    }

    /**
     * Answers nothing for a while, and then everything.
     *
     * @param step  of the life, from which on
     * @param nanos how long, from the first operation that meets it
     */
    public void hangAt(long step, long nanos) {
        hangsAt = step;
        hangsFor = nanos;
        hangsUntil = 0;
    }

    /** How long an operation hangs that comes now. */
    long hangNanos(long step, long now) {
        if (step < hangsAt) {
            return 0;
        }
        if (hangsUntil == 0) {
            hangsUntil = now + hangsFor;
        }
        return Math.max(0, hangsUntil - now);
    }

    /**
     * Is not there at the next opening.
     *
     * @param newAbsent whether so
     */
    public void absent(boolean newAbsent) {
        absent = newAbsent;
    }

    /**
     * Tells whether anything is to go wrong.
     *
     * @return whether so
     */
    public boolean isTroubled() {
        return writes > 0
                || reads > 0
                || forces > 0
                || goneAt != Long.MAX_VALUE
                || absent
                || badEnd > 0
                || rots
                || hangsAt != Long.MAX_VALUE;
    }

    /** All is well from now on. */
    public void heal() {
        writes = 0;
        reads = 0;
        forces = 0;
        goneAt = Long.MAX_VALUE;
        absent = false;
        badStart = 0;
        badEnd = 0;
        unreadable = false;
        rotten.clear();
        rots = false;
        hangsAt = Long.MAX_VALUE;
        hanging = 0;
        lostWrite = 0;
        strayWrite = 0;
        lies = 0;
    }

    /** The pages of a failed force are dropped, but not before its caller has heard of the failure. */
    void evictAfter(long step) {
        evictAt = step;
    }

    boolean takeEviction(long step) {
        boolean now = step > evictAt && evictAt != Long.MAX_VALUE;
        evictAt = now ? Long.MAX_VALUE : evictAt;
        return now;
    }

    boolean isAbsent() {
        return absent;
    }

    boolean isGone(long step) {
        return step >= goneAt;
    }

    boolean takeWrite(int start, int end) {
        return writes > 0 && --writes == 0 || start < badEnd && badStart < end;
    }

    boolean takeRead(long start, long end) {
        return reads > 0 && --reads == 0 || unreadable && start < badEnd && badStart < end || isRotten(start, end);
    }

    boolean takeForce() {
        return forces > 0 && --forces == 0;
    }
}
