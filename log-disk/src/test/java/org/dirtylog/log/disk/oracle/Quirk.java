// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the kernel's logs do that somebody could do otherwise. With all of them {@link KernelLog} is the kernel; with those that are
 * kept it is what our logs have to be.
 */
enum Quirk {
    // ---- kept -------------------------------------------------------------------------------------------------------
    /** New regions begin at the lower 32 bits of the recorded count: 2^64-1 covers all, 2^40 none. */
    COUNT_HAS_32_BITS(true),
    /** Version 1 is read as 2 and written back so, as on a little-endian host. */
    VERSION_1_IS_2(true),
    /** The bits from the region count to the end of the 64-bit word become 0 at a resume. */
    TAIL_IS_CLEARED(true),
    /** With the word {@code sync} every resume forgets all bits. */
    SYNC_FORGETS_EACH_TIME(true),
    /** Of cleanings alone only the write is made, and no force: a cleaning that is lost costs a copy. */
    CLEANINGS_ARE_NOT_FORCED(true),
    /** F outranks D in the status. */
    F_OUTRANKS_D(true),

    // ---- not kept: recovery -----------------------------------------------------------------------------------------
    /** A region is offered once a resume; ours starts over at the end, so what failed is tried again. */
    OFFERED_ONCE(false),
    /** What was handed out stays so over a suspension, and is offered no more; ours ends all claims (I22). */
    CLAIMS_OUTLIVE_SUSPENSION(false),
    /** Each report of success counts, also of what was in sync (I24). */
    COUNT_DRIFTS(false),

    // ---- not kept: the two facts ------------------------------------------------------------------------------------
    /** What falls out of sync stays clean, if nobody has marked it (I6). */
    OUT_OF_SYNC_MAY_BE_CLEAN(false),
    /** What is out of sync can be cleaned (I6). */
    CLEANS_OUT_OF_SYNC(false),
    /** A new core log calls everything clean although nothing is in sync. */
    CORE_STARTS_CLEAN(false),
    /** In a core log what was dirty at a suspension is in sync after it; ours treats all logs alike (I12). */
    CORE_KEEPS_SYNC(false),

    // ---- not kept: opening ------------------------------------------------------------------------------------------
    /** {@code nosync} outweighs what is recorded, at each resume (I17); ours honours it once, where there is no record (P33). */
    NOSYNC_OUTWEIGHS_RECORD(false),
    /** With {@code nosync} all is in sync before the first resume; ours knows nothing before it. */
    NOSYNC_COUNTS_BEFORE_RESUME(false),
    /** An unknown version is believed in nothing and written back; ours refuses and leaves it. */
    UNKNOWN_VERSION_IS_KEPT(false),
    /** With a word an unknown version is overwritten; ours refuses and leaves it. */
    UNKNOWN_VERSION_IS_OVERWRITTEN(false),
    /** Bits of another region size are believed (I16). */
    REGION_SIZE_IS_NOT_CHECKED(false),
    /** The last region stays clean when it becomes longer; ours calls a region dirty that was shorter (P27). */
    SHORT_REGION_IS_BELIEVED(false),
    /** Header and bits are written in one go, in any order (I14). */
    HEADER_WITH_BITS(false),
    /** A log that cannot be read is all dirty and is written; ours fails and leaves it (I11). */
    RUNS_UNREAD(false),
    /** The mirror runs on after a failed write in a resume. */
    RUNS_UNWRITTEN(false),

    // ---- not kept: flush --------------------------------------------------------------------------------------------
    /** After a failed flush of the legs all becomes dirty, and nothing clean in this life; ours drops what was to be cleaned (P18). */
    FAILED_LEGS_LATCH(false),
    /** A write or force that failed is tried again by the next flush; ours is finished then (P35, I8). */
    FAILURE_IS_RETRIED(false),
    /** Each flush writes all; ours the blocks of which a bit has changed. */
    WRITES_ALL(false),
    /** A mark of what is dirty, a cleaning of what is clean, and both in a row make the next flush write. */
    EVERY_CALL_TOUCHES(false),
    /** So does what is not stored: handing out a region, and its report. */
    SYNC_TOUCHES(false),
    /** So does a resume that grew or shrank the log, though it has written. */
    RESUME_TOUCHES(false),
    /** A clean stop is a flush; ours forces cleanings too, and then writes its slot and forces that (P32). */
    STOP_IS_A_FLUSH(false),
    /** The first failure is told, later ones are not; ours tells when the letter changes. */
    TELLS_ONCE(false);

    /** Whether our logs do the same. */
    final boolean kept;

    Quirk(boolean kept) {
        this.kept = kept;
    }

    static Set<Quirk> kernel() {
        return EnumSet.allOf(Quirk.class);
    }

    static Set<Quirk> ours() {
        Set<Quirk> kept = kernel();
        kept.removeIf(quirk -> !quirk.kept);
        return kept;
    }

    /** Ours, with one of them otherwise. */
    static Set<Quirk> oursBut(Quirk quirk) {
        Set<Quirk> other = ours();
        if (!other.remove(quirk)) {
            other.add(quirk);
        }
        return other;
    }
}
