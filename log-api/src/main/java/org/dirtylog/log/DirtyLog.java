// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The memory of one mirror: two facts about every region.
 * <ul>
 * <li><em>Clean</em>: no write to the region can be incomplete on any leg. A log with a medium records this, and only
 *     this, across a crash.</li>
 * <li><em>In sync</em>: the legs hold the same data. On {@link #resume} it is taken from clean, afterwards the mirror
 *     reports changes.</li>
 * </ul>
 * The log stores the two facts. It keeps one rule between them: a region that is not in sync is dirty (invariant I6), so
 * {@link #markClean} of such a region has no effect, and {@link #setOutOfSync} makes it dirty.
 *
 * <h2>States</h2>
 * <pre>
 *   create                resume                preSuspend
 *  ───────▶ SUSPENDED ──────────────▶ RUNNING ────────────────▶ DRAINING
 *            │     ▲                                                │
 *    close   │     └────────────────────────────────────────────────┘
 *            ▼                       postSuspend
 *          CLOSED
 * </pre>
 * A log touches its recorded state only inside {@code resume} and in {@code RUNNING} and {@code DRAINING}.
 * {@code close()} is allowed in every state; without a preceding {@code postSuspend()} it stands for a crash.
 *
 * <h2>Failure</h2>
 * Only {@link #resume}, {@link #resumeFrom}, {@link #flush()} and {@link #postSuspend()} touch stable storage, so only
 * there does a broken medium show. {@link DirtyLogException.Failed} is final: the mirror never asks that log to flush
 * again. Questions and {@link #snapshot} keep working on what is in memory, so that another log can take over.
 */
@ConsumerType
public interface DirtyLog extends AutoCloseable {

    /** What a log can say about a region without waiting. */
    enum SyncAnswer {
        /** The legs hold the same data in this region. */
        IN_SYNC,
        /** They may differ. */
        OUT_OF_SYNC,
        /** Only {@link DirtyLog#isInSync} can tell. */
        UNKNOWN
    }

    /**
     * The regions this log covers.
     *
     * @return the same value on every call, equal to that of the {@link LogSpec}
     * @states any
     * @blocks never
     * @kernel get_region_size
     */
    RegionGeometry geometry();

    // ---- life -------------------------------------------------------------------------------------------------------

    /**
     * Loads the recorded state and starts, in the order that {@link Opening} gives. Regions that the record does not speak
     * of, because the target has grown, are dirty. What is dirty is out of sync, what is clean is in sync, and recovery
     * starts from the first region again. When this returns, the record is valid for the present geometry and durable.
     *
     * @param opening what the mirror remembers of this log, and where the new opening is announced
     * @return what was found
     * @throws DirtyLogException.Rejected    if the record is of another mirror, or by policy; nothing was written
     * @throws DirtyLogException.Corrupt     if the record is of a newer version or damaged; nothing was written
     * @throws DirtyLogException.Failed      if the medium cannot be read or written; final for this object, what is on the
     *                                       medium is safe to open again with another
     * @throws DirtyLogException.Unavailable if the log's peers, or the mirror's record, cannot be reached
     * @states SUSPENDED, becomes RUNNING; stays SUSPENDED if it throws, and after {@code Failed} only {@link #close()} may
     *         follow
     * @blocks yes
     * @kernel resume
     */
    Found resume(Opening opening) throws DirtyLogException;

    /**
     * Starts with the state of a predecessor in place of the recorded one. The predecessor's record stays authoritative
     * until the mirror's own record names this log, so a crash at any point is repaired from one of the two.
     *
     * @implSpec Resumes, makes every region durably dirty, and then cleans those that the predecessor knew to be clean.
     *           Override it to write the state once.
     * @param opening     as for {@link #resume}
     * @param predecessor the state to take over; it speaks of all regions
     * @return what was found on the medium
     * @throws DirtyLogException as {@link #resume} and {@link #flush()} do
     * @states SUSPENDED, becomes RUNNING; if it throws, only {@link #close()} may follow
     * @blocks yes
     * @kernel none; the kernel loads a new table
     */
    default Found resumeFrom(Opening opening, Snapshot predecessor) throws DirtyLogException {
        Found found = resume(opening);
        RegionSet all = geometry().allRegions();
        setOutOfSync(all);
        flush();
        // If we crash here, the record has no clean region, and does not count before the mirror names this log.
        setInSync(all.minus(predecessor.outOfSync()));
        markClean(all.minus(predecessor.dirty()));
        flush();
        return found;
    }

    /**
     * Tells the log that no more recovery will be started. Regions handed out by {@link #nextRecovery} and not reported
     * back are no longer claimed. The mirror still completes its writes, so regions are still marked, cleaned and flushed.
     *
     * @implSpec Does nothing.
     * @throws DirtyLogException.Unavailable if peers cannot be told; the suspension goes on
     * @states RUNNING, becomes DRAINING also if it throws
     * @blocks yes
     * @kernel presuspend
     */
    default void preSuspend() throws DirtyLogException {}

    /**
     * Makes all state durable and lets go of the record, which another log may use from now on. A log that can tell a clean
     * stop from a crash notes the clean stop here, after everything else is durable.
     *
     * @implSpec Calls {@link #flush()}.
     * @throws DirtyLogException as {@link #flush()} does; the record then counts as that of a crash
     * @states DRAINING, becomes SUSPENDED also if it throws
     * @blocks yes
     * @kernel postsuspend
     */
    default void postSuspend() throws DirtyLogException {
        flush();
    }

    /**
     * Takes this mirror's name off the record, so that another mirror can be made on it. The regions' state stays. It is
     * for the removal of a mirror, after a clean stop.
     *
     * @implSpec Does nothing, which is right for a log whose record carries no name.
     * @throws DirtyLogException.Failed if the medium refused; the name may still be there
     * @states SUSPENDED
     * @blocks yes
     * @kernel none; the kernel's record has no name
     */
    default void disown() throws DirtyLogException {}

    /**
     * Releases everything the log holds, and writes nothing. Calling it again has no effect. It may be called while another
     * call is stuck; that call then throws.
     *
     * @states any, becomes CLOSED
     * @blocks briefly
     * @kernel dtr
     */
    @Override
    void close();

    // ---- the write path ---------------------------------------------------------------------------------------------

    /**
     * Records that writes to these regions may be under way. The record need not be durable before {@link #flush()}.
     * Marking a dirty region has no effect, except that it takes back a cleaning that is not yet flushed.
     *
     * @param regions regions of {@link #geometry()}, possibly none
     * @states RUNNING, DRAINING
     * @blocks never for I/O
     * @kernel mark_region
     */
    void markDirty(RegionSet regions);

    /**
     * Records that all writes to these regions have completed on every leg. The cleaning may be lost in a crash, and must
     * not become durable except as {@link #flush()} describes. Cleaning a region that is clean, or not in sync, has no
     * effect.
     *
     * @param regions regions of {@link #geometry()}, possibly none
     * @states RUNNING, DRAINING
     * @blocks never for I/O
     * @kernel clear_region
     */
    void markClean(RegionSet regions);

    /**
     * Makes the marks durable, and decides about the cleanings.
     *
     * <p>On normal return every region marked dirty or set out of sync before the call is dirty in the durable record,
     * unless the mark was refused. If any cleaning is pending, the log calls {@link LogHost#flushLegs()} on this thread
     * before it writes a byte that could make one durable. If that throws, the pending cleanings are dropped: their regions
     * are dirty again, the marks are still made durable, and this method still returns normally, for it is a leg that has
     * failed and not the log. Every cleaning passed before the call has been written or dropped when it returns; none is
     * put off.
     *
     * <p>With nothing marked or cleaned since the last call it returns at once and does no I/O. A log without a medium has
     * nothing to write, and need not call {@code flushLegs()}: nothing of it becomes durable, and the mirror forces the legs
     * itself before it counts a region as clean.
     *
     * @return what was refused or dropped; {@link FlushResult#COMPLETE} if nothing was
     * @throws DirtyLogException.Failed      if the medium refused; final, see {@link DirtyLog}
     * @throws DirtyLogException.Unavailable if peers did not answer in time. The marks may or may not be durable and stay
     *                                       pending; the caller holds its writes and flushes again
     * @states RUNNING, DRAINING
     * @blocks yes
     * @kernel flush
     */
    FlushResult flush() throws DirtyLogException;

    // ---- recovery ---------------------------------------------------------------------------------------------------

    /**
     * Claims regions for the caller to recover: out of sync, and claimed by nobody. A claim ends when the region is named
     * in {@link #setInSync} or {@link #setOutOfSync}, or at {@link #preSuspend()}. The search goes through all regions in
     * ascending order and starts over at the end, so a region whose recovery failed is offered again; to wait before trying
     * it is the mirror's business.
     *
     * @param max how many regions at most, 1 or more
     * @return the regions, or none if there is nothing to do <em>now</em>; a log shared with other nodes calls
     *         {@link LogHost#recoveryChanged()} when it is worth asking again
     * @throws DirtyLogException.Unavailable if peers did not answer in time; nothing is claimed
     * @states RUNNING
     * @blocks yes
     * @kernel get_resync_work
     */
    RegionSet nextRecovery(int max) throws DirtyLogException;

    /**
     * Claims regions for the caller to recover, as {@link #nextRecovery(int)} does, and of those that somebody waits for before
     * others. What is wanted is a hint: a region that is in sync, or claimed, is passed over.
     *
     * @implSpec Leaves the order as it is. Override it if the log can hand out any region.
     * @param max    how many regions at most, 1 or more
     * @param wanted regions of {@link #geometry()} to begin with, possibly none
     * @return the regions, or none if there is nothing to do <em>now</em>
     * @throws DirtyLogException.Unavailable if peers did not answer in time; nothing is claimed
     * @states RUNNING
     * @blocks yes
     * @kernel none; the kernel goes in order
     * @since 0.2
     */
    default RegionSet nextRecovery(int max, RegionSet wanted) throws DirtyLogException {
        return nextRecovery(max);
    }

    /**
     * Records that the legs hold the same data in these regions. They stay dirty until they are cleaned.
     *
     * @param regions regions of {@link #geometry()}, possibly none
     * @states RUNNING, DRAINING
     * @blocks never for I/O
     * @kernel set_region_sync with in_sync 1
     */
    void setInSync(RegionSet regions);

    /**
     * Records that the legs may differ in these regions: a leg failed a write, or a recovery did not succeed. It marks them
     * dirty too.
     *
     * @param regions regions of {@link #geometry()}, possibly none
     * @states RUNNING, DRAINING
     * @blocks never for I/O
     * @kernel set_region_sync with in_sync 0
     */
    void setOutOfSync(RegionSet regions);

    /**
     * Tells whether another node is recovering this region, so that a write to it has to wait. The mirror learns it from
     * {@link #flush()}, where mark and claim are decided in one order; the question is for the daemon, whose kernels ask it.
     *
     * @implSpec Returns {@code false}, which is right for a log used by one node.
     * @param region a region of {@link #geometry()}
     * @return whether to hold writes to the region
     * @throws DirtyLogException.Unavailable if peers did not answer in time; the caller waits
     * @states RUNNING, DRAINING
     * @blocks yes
     * @kernel is_remote_recovering
     */
    default boolean isRecoveringElsewhere(long region) throws DirtyLogException {
        return false;
    }

    // ---- questions --------------------------------------------------------------------------------------------------

    /**
     * Tells whether a region is clean.
     *
     * @param region a region of {@link #geometry()}
     * @return {@code false} if it is dirty or in doubt
     * @throws DirtyLogException.Unavailable if peers did not answer in time
     * @states RUNNING, DRAINING
     * @blocks yes
     * @kernel is_clean
     */
    boolean isClean(long region) throws DirtyLogException;

    /**
     * Tells whether the legs hold the same data in a region. Nodes that share a log get the same answer; hence there is no
     * safe default in doubt, and a log that cannot find out throws.
     *
     * @param region a region of {@link #geometry()}
     * @return whether any leg may be read
     * @throws DirtyLogException.Unavailable if peers did not answer in time; the caller holds the I/O
     * @states RUNNING, DRAINING
     * @blocks yes
     * @kernel in_sync with can_block 1
     */
    boolean isInSync(long region) throws DirtyLogException;

    /**
     * Answers {@link #isInSync} if that takes no waiting. May be called at any time from any thread.
     *
     * @implSpec Returns {@link SyncAnswer#UNKNOWN}. Override it if the answer lies in memory.
     * @param region a region of {@link #geometry()}
     * @return the answer, or {@code UNKNOWN}
     * @states any
     * @blocks never
     * @kernel in_sync with can_block 0
     */
    default SyncAnswer peekInSync(long region) {
        return SyncAnswer.UNKNOWN;
    }

    /**
     * Counts the regions in sync. Recovery is complete when this equals {@link RegionGeometry#regionCount()}.
     *
     * @return a count of regions, not of calls to {@link #setInSync} (R8)
     * @throws DirtyLogException.Unavailable if peers did not answer in time
     * @states SUSPENDED, RUNNING, DRAINING
     * @blocks yes
     * @kernel get_sync_count
     */
    long inSyncCount() throws DirtyLogException;

    /**
     * Describes a range of regions to a successor, as of one moment within the call.
     *
     * @implSpec Asks {@link #isClean} and {@link #isInSync} about every region of the range.
     * @param first the first region
     * @param end   the region after the last, not less than {@code first}
     * @return the state of the range
     * @throws DirtyLogException.Unavailable if the state lies elsewhere and cannot be reached
     * @states RUNNING, DRAINING
     * @blocks yes
     * @kernel none
     */
    default Snapshot snapshot(long first, long end) throws DirtyLogException {
        RegionSet.Builder dirty = new RegionSet.Builder();
        RegionSet.Builder outOfSync = new RegionSet.Builder();
        for (long region = first; region < end; region++) {
            if (!isClean(region)) {
                dirty.add(region);
            }
            if (!isInSync(region)) {
                outOfSync.add(region);
            }
        }
        return new Snapshot(first, end, dirty.build(), outOfSync.build());
    }

    /**
     * Describes the log to operators and tools. May be called at any time from any thread.
     *
     * @return what is known at once, if need be from an earlier call
     * @states any
     * @blocks never
     * @kernel status
     */
    LogStatus status();
}
