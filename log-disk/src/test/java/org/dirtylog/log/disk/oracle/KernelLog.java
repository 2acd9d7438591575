// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.io.IOException;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.Set;
import org.dirtylog.log.RegionSet;

/**
 * The logs {@code core} and {@code disk} of a 64-bit little-endian kernel, literally: three bitmaps, a buffer that is the record,
 * two flags, a cursor. Of what is a {@link Quirk} it does either. Facts from Linux 6.1, {@code dm-log.c}.
 */
final class KernelLog {
    /** How a call ends. */
    enum Result {
        DONE,
        FAILED,
        REFUSED,
        /** The power went. */
        CUT
    }

    /** The sync argument of the table line. */
    enum Word {
        DEFAULT,
        SYNC,
        NOSYNC
    }

    /** Makes the legs durable. */
    interface Legs {
        void flush() throws IOException;
    }

    /**
     * What the kernel does not know of a record, and our log does.
     *
     * @param first       whether no opening was completed before
     * @param slotRegion  region size in the slot that counts; 0 if there is none
     * @param slotTarget  and how long the target was
     * @param forcesFirst whether the record was accepted as ours, and is therefore forced before anything is written
     */
    record Beside(boolean first, long slotRegion, long slotTarget, boolean forcesFirst) {
        static final Beside NOTHING = new Beside(true, 0, 0, false);
    }

    private final Set<Quirk> quirks;
    private final Word word;
    private final long target;
    private final long regionSize;
    private final Legs legs;
    private final Platter device;
    final int regions;
    private final KernelArea area;

    private final BitSet sync = new BitSet();
    private final BitSet recovering = new BitSet();
    private int version;
    private long syncCount;
    private long syncSearch;
    private boolean touchedCleaned;
    private boolean touchedDirtied;
    private boolean legsFailed;
    private boolean resumed;
    private boolean finished;
    /** What the last flush did not clean although it was asked to. */
    BitSet dropped = new BitSet();

    /** Constructs; {@link #fits} was asked before. Without a device it is a core log. */
    KernelLog(Set<Quirk> quirks, Platter device, Legs legs, long target, long regionSize, Word word) {
        this.quirks = quirks;
        this.device = device;
        this.legs = legs;
        this.target = target;
        this.regionSize = regionSize;
        this.word = word;
        this.regions = regions(target, regionSize);
        this.area = new KernelArea(quirks, device, regions);
        if (device != null || has(Quirk.CORE_STARTS_CLEAN)) {
            area.setClean(0, area.wordEnd, true);
        }
        if (word == Word.NOSYNC && has(Quirk.NOSYNC_COUNTS_BEFORE_RESUME)) {
            sync.set(0, area.wordEnd);
            syncCount = regions;
        }
    }

    static int regions(long target, long regionSize) {
        return (int) ((target + regionSize - 1) / regionSize);
    }

    static boolean fits(Platter device, long target, long regionSize) {
        return KernelArea.areaBytes(regions(target, regionSize), device.blockBytes()) <= device.sizeBytes();
    }

    private boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }

    // ---- resume -----------------------------------------------------------------------------------------------------

    Result resume(Beside beside) {
        return device == null ? resumeCore(beside) : resumeDisk(beside);
    }

    private Result resumeCore(Beside beside) {
        if (!resumed && beside.first && word == Word.NOSYNC && !has(Quirk.NOSYNC_COUNTS_BEFORE_RESUME)) {
            sync.set(0, regions);
            syncCount = regions;
            area.setClean(0, regions, true);
        } else if (!has(Quirk.CORE_KEEPS_SYNC)) {
            if (resumed || !has(Quirk.CORE_STARTS_CLEAN)) {
                syncIsClean();
            }
        }
        restartSearch();
        resumed = true;
        return Result.DONE;
    }

    private Result resumeDisk(Beside beside) {
        long count;
        try {
            area.read();
            if (foreign()
                    && !has(
                            word == Word.DEFAULT
                                    ? Quirk.UNKNOWN_VERSION_IS_KEPT
                                    : Quirk.UNKNOWN_VERSION_IS_OVERWRITTEN)) {
                return Result.REFUSED;
            }
            count = readHeader(beside);
        } catch (IOException e) {
            area.failDevice(false);
            if (!has(Quirk.RUNS_UNREAD)) {
                return Result.FAILED;
            }
            count = 0;
        }
        boolean vouched = word == Word.NOSYNC && count == 0 && trustsWord(beside);
        long firstNew = has(Quirk.COUNT_HAS_32_BITS) ? count & 0xFFFFFFFFL : count < 0 ? regions : count;
        boolean grown = firstNew < regions;
        for (int r = (int) Math.min(firstNew, regions); r < regions; r++) {
            area.setClean(r, r + 1, vouched);
        }
        if (has(Quirk.TAIL_IS_CLEARED)) {
            area.setClean(regions, area.wordEnd, false);
        }
        if (has(Quirk.RESUME_TOUCHES)) {
            touchedCleaned |= grown && vouched;
            touchedDirtied |= grown && !vouched || regions < area.wordEnd;
        }
        syncIsClean();
        restartSearch();
        Result result = writeResumed(beside);
        resumed = true;
        return result;
    }

    private boolean foreign() {
        return area.isRecord() && area.version() != 2 && !(area.version() == 1 && has(Quirk.VERSION_1_IS_2));
    }

    /** For how many regions the bits count. */
    private long readHeader(Beside beside) {
        version = area.version();
        boolean forgets = word == Word.SYNC && has(Quirk.SYNC_FORGETS_EACH_TIME)
                || word == Word.NOSYNC && has(Quirk.NOSYNC_OUTWEIGHS_RECORD);
        boolean known = area.isRecord();
        if (!known || forgets || word != Word.DEFAULT && foreign()) {
            version = 2;
            return 0;
        }
        if (foreign()) {
            area.failDevice(false);
            return 0;
        }
        version = 2;
        long count = area.count();
        if (beside.slotRegion == 0) {
            return count;
        }
        if (beside.slotRegion != regionSize && !has(Quirk.REGION_SIZE_IS_NOT_CHECKED)) {
            return 0;
        }
        long whole = beside.slotTarget / beside.slotRegion;
        boolean longer = target > beside.slotTarget;
        return longer && !has(Quirk.SHORT_REGION_IS_BELIEVED) && (count & 0xFFFFFFFFL) > whole ? whole : count;
    }

    private boolean trustsWord(Beside beside) {
        boolean record = area.isRecord();
        boolean otherSize = beside.slotRegion != 0 && beside.slotRegion != regionSize;
        return has(Quirk.NOSYNC_OUTWEIGHS_RECORD) || beside.first && !record && !otherSize;
    }

    private Result writeResumed(Beside beside) {
        try {
            if (has(Quirk.HEADER_WITH_BITS)) {
                area.putHeader(version, regions);
                area.writeAll();
                area.force();
            } else {
                if (beside.forcesFirst) {
                    area.force();
                }
                area.writeAllBits();
                area.force();
                area.putHeader(version, regions);
                area.writeHeader();
                area.touchDevice();
                area.force();
            }
            area.store();
            return Result.DONE;
        } catch (IOException e) {
            finished = !has(Quirk.RUNS_UNWRITTEN);
            return Result.FAILED;
        }
    }

    private void syncIsClean() {
        sync.clear();
        sync.or(area.bits());
        syncCount = sync.cardinality();
    }

    private void restartSearch() {
        syncSearch = 0;
        if (!has(Quirk.CLAIMS_OUTLIVE_SUSPENSION)) {
            recovering.clear();
        }
    }

    // ---- marks and flush --------------------------------------------------------------------------------------------

    void markRegion(int r) {
        area.setClean(r, r + 1, false);
        touchedDirtied |= has(Quirk.EVERY_CALL_TOUCHES);
    }

    void clearRegion(int r) {
        if (legsFailed || !sync.get(r) && !has(Quirk.CLEANS_OUT_OF_SYNC)) {
            return;
        }
        area.setClean(r, r + 1, true);
        touchedCleaned |= has(Quirk.EVERY_CALL_TOUCHES);
    }

    Result flush() {
        dropped = new BitSet();
        if (finished) {
            return Result.FAILED;
        }
        if (device == null) {
            return Result.DONE;
        }
        boolean cleaned = touchedCleaned || area.changed(true);
        boolean dirtied = touchedDirtied || area.changed(false);
        if (!cleaned && !dirtied) {
            return Result.DONE;
        }
        if (cleaned && !flushLegs()) {
            dirtied |= legsFailed;
            if (!dirtied) {
                return Result.DONE;
            }
        }
        try {
            area.writeBits();
            touchedCleaned = false;
            area.store();
            touchedDirtied = dirtied;
            if (dirtied || !has(Quirk.CLEANINGS_ARE_NOT_FORCED)) {
                area.force();
            }
            touchedDirtied = false;
            return Result.DONE;
        } catch (IOException e) {
            finished = !has(Quirk.FAILURE_IS_RETRIED);
            return Result.FAILED;
        }
    }

    private boolean flushLegs() {
        try {
            legs.flush();
            return true;
        } catch (IOException e) {
            if (has(Quirk.FAILED_LEGS_LATCH)) {
                legsFailed = true;
                area.setClean(0, regions, false);
                touchedDirtied = true;
                return false;
            }
            for (int r = 0; r < regions; r++) {
                if (area.clean(r) && !area.wasClean(r)) {
                    area.setClean(r, r + 1, false);
                    dropped.set(r);
                }
            }
            return false;
        }
    }

    void presuspend() {
        if (!has(Quirk.CLAIMS_OUTLIVE_SUSPENSION)) {
            recovering.clear();
        }
    }

    Result postsuspend() {
        Result result = flush();
        if (has(Quirk.STOP_IS_A_FLUSH) || result != Result.DONE || device == null) {
            return result;
        }
        try {
            if (area.isUnforced()) {
                area.force();
            }
            area.touchDevice();
            area.force();
            return Result.DONE;
        } catch (IOException e) {
            finished = true;
            return Result.FAILED;
        }
    }

    // ---- recovery ---------------------------------------------------------------------------------------------------

    OptionalInt getResyncWork() {
        OptionalInt found = search(syncSearch, regions);
        if (found.isEmpty() && !has(Quirk.OFFERED_ONCE)) {
            found = search(0, Math.min(syncSearch, regions));
        }
        if (found.isPresent()) {
            syncSearch = found.getAsInt() + 1L;
            recovering.set(found.getAsInt());
            touchedCleaned |= has(Quirk.SYNC_TOUCHES);
        } else if (has(Quirk.OFFERED_ONCE)) {
            syncSearch = regions + 1L;
        }
        return found;
    }

    private OptionalInt search(long from, long end) {
        for (int r = sync.nextClearBit((int) from); r < end; r = sync.nextClearBit(r + 1)) {
            if (!recovering.get(r)) {
                return OptionalInt.of(r);
            }
        }
        return OptionalInt.empty();
    }

    void setRegionSync(int r, boolean inSync) {
        boolean was = sync.get(r);
        recovering.clear(r);
        sync.set(r, inSync);
        if (inSync) {
            syncCount += !was || has(Quirk.COUNT_DRIFTS) ? 1 : 0;
            touchedCleaned |= has(Quirk.SYNC_TOUCHES);
        } else {
            syncCount -= was ? 1 : 0;
            if (!has(Quirk.OUT_OF_SYNC_MAY_BE_CLEAN)) {
                area.setClean(r, r + 1, false);
            }
        }
        touchedDirtied |= has(Quirk.SYNC_TOUCHES);
    }

    // ---- questions --------------------------------------------------------------------------------------------------

    long getSyncCount() {
        return syncCount;
    }

    boolean inSync(int r) {
        return sync.get(r);
    }

    boolean clean(int r) {
        return area.clean(r);
    }

    /** How often a table event was raised. */
    int events() {
        return area.events;
    }

    String statusInfo(String name) {
        return device == null ? "1 core" : "3 disk " + name + " " + area.letter();
    }

    /** Without the blank that separates it from the legs. */
    String statusTable(String name) {
        int words = (device == null ? 1 : 2) + (word == Word.DEFAULT ? 0 : 1);
        String text = (device == null ? "core " + words : "disk " + words + " " + name) + " " + regionSize;
        return word == Word.DEFAULT ? text : text + (word == Word.SYNC ? " sync" : " nosync");
    }

    /** What is not clean, and what is not in sync. */
    RegionSet dirty() {
        return zeros(area.bits());
    }

    RegionSet outOfSync() {
        return zeros(sync);
    }

    private RegionSet zeros(BitSet bits) {
        RegionSet.Builder zeros = new RegionSet.Builder();
        for (int r = bits.nextClearBit(0); r < regions; ) {
            int next = bits.nextSetBit(r);
            int end = next < 0 ? regions : Math.min(next, regions);
            zeros.addRun(r, end);
            r = bits.nextClearBit(end);
        }
        return zeros.build();
    }
}
