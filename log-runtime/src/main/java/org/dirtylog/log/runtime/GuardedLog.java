// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.Objects;
import java.util.Optional;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Tasks;

/**
 * A log behind a guard, which keeps log and caller to the contract of {@link DirtyLog}. Safe for use by many threads.
 * <ul>
 * <li>Calls are passed one at a time, in states that allow them. A call that comes from within another call to the same log,
 *     or in a wrong state, throws {@link IllegalStateException}; a region that does not exist
 *     {@link IllegalArgumentException}. One that is overtaken by {@link #close()} while it waits for its turn comes in a
 *     wrong state.</li>
 * <li>{@link #markDirty}, {@link #markClean}, {@link #setInSync} and {@link #setOutOfSync} return at once: the log is told, in
 *     the order in which they came, at the head of the next call that waits for it, and what it then does wrong shows there.
 *     What is said while {@link #postSuspend()} is under way the log may never hear.</li>
 * <li>A call that may block takes at most {@link LogSpec#patience()} of the log's own time, then the log counts as hung. Time
 *     spent in its host is not counted (P43). No thread is interrupted (P44).</li>
 * <li>A log that hangs, answers nonsense, or throws what it may not, has {@linkplain #failed() failed}, as one whose medium
 *     failed. From then on methods that can throw {@link DirtyLogException.Failed} do so at once, except that after a failure
 *     of the medium questions and {@link #snapshot} are still answered. {@link #markClean} and {@link #setInSync} then have no
 *     effect, {@link #markDirty} and {@link #setOutOfSync} none but in memory; none of the four ever throws for a failed log
 *     that is not closed, the {@link #flush()} that has to follow does.</li>
 * <li>{@link #status()} and {@link #peekInSync} wait for a moment at most: while the log is busy, or has not yet been told what
 *     it would answer from, they answer what was known last, and {@code UNKNOWN}.</li>
 * <li>A medium that the log was given refuses every access once the log has failed otherwise than by its medium, was abandoned,
 *     or is closed (P41). It is given back when the log has closed it, or has been closed or has had its patience for that, but
 *     not before the last access has ended (P42).</li>
 * </ul>
 */
public final class GuardedLog implements DirtyLog {
    private final String typeName;
    private final LogSpec spec;
    private final HostGate host;
    private final LogLife life;
    /** For the one who has the turn. */
    private final Answers answers;

    private GuardedLog(String typeName, LogSpec spec, LogHost host, Tasks tasks, Clock clock) {
        this.typeName = typeName;
        this.spec = spec;
        this.host = new HostGate(host, spec.geometry(), clock);
        answers = new Answers(spec.geometry());
        life = new LogLife(typeName, spec, this.host, tasks, clock);
    }

    static GuardedLog create(DirtyLogType type, String typeName, LogSpec spec, LogHost host, Tasks tasks, Clock clock)
            throws DirtyLogException {
        GuardedLog guarded = new GuardedLog(typeName, spec, host, tasks, clock);
        guarded.life.create(() -> type.create(spec, guarded.host), spec.geometry());
        return guarded;
    }

    /**
     * Names the type.
     *
     * @return the name by which the log was made
     */
    public String typeName() {
        return typeName;
    }

    /**
     * Where the log is in its life.
     *
     * @return the state now
     */
    public LogState state() {
        return life.state();
    }

    /**
     * Tells whether the log is of no more use.
     *
     * @return whether its medium failed, it hung, it broke its contract, or it was abandoned
     */
    public boolean failed() {
        return life.failure() != null;
    }

    /**
     * Tells why the log failed.
     *
     * @return the first failure, or empty
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(life.failure());
    }

    /**
     * Gives the log up: it counts as failed, callers that wait for it go on with {@link DirtyLogException.Failed}, it gets no
     * more out of its host or its medium, and it is closed without anybody waiting for that. Returns at once. If it hangs in its
     * own {@code close}, its medium is given back by {@link #close()} only.
     */
    public void abandon() {
        life.abandon();
    }

    @Override
    public RegionGeometry geometry() {
        return spec.geometry();
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    @Override
    public Found resume(Opening opening) throws DirtyLogException {
        OpeningGate gate = new OpeningGate(Objects.requireNonNull(opening, "opening"), host);
        try {
            return life.ask(Method.RESUME, log -> log.resume(gate), this::opened);
        } finally {
            gate.end();
        }
    }

    @Override
    public Found resumeFrom(Opening opening, Snapshot predecessor) throws DirtyLogException {
        Objects.requireNonNull(opening, "opening");
        if (predecessor.first() != 0 || predecessor.end() != geometry().regionCount()) {
            throw new IllegalArgumentException("a predecessor's state of regions " + predecessor.first() + " to before "
                    + predecessor.end() + ", there are " + geometry().regionCount());
        }
        OpeningGate gate = new OpeningGate(opening, host);
        try {
            return life.ask(Method.RESUME_FROM, log -> log.resumeFrom(gate, predecessor), this::opened);
        } finally {
            gate.end();
        }
    }

    private String opened(Found found) {
        answers.flushed();
        answers.claimsEnd();
        return found == null ? "null" : null;
    }

    @Override
    public void preSuspend() throws DirtyLogException {
        life.ask(
                Method.PRE_SUSPEND,
                log -> {
                    answers.claimsEnd();
                    log.preSuspend();
                    return null;
                },
                none -> null);
    }

    @Override
    public void postSuspend() throws DirtyLogException {
        life.ask(
                Method.POST_SUSPEND,
                log -> {
                    log.postSuspend();
                    return null;
                },
                none -> null);
    }

    @Override
    public void disown() throws DirtyLogException {
        life.ask(
                Method.DISOWN,
                log -> {
                    log.disown();
                    return null;
                },
                none -> null);
    }

    /**
     * {@inheritDoc}
     *
     * <p>A call under way may end first, within the log's patience, and closing takes at most the patience again; a log that
     * takes longer is left behind.
     */
    @Override
    public void close() {
        life.close();
    }

    // ---- the write path ---------------------------------------------------------------------------------------------

    @Override
    public void markDirty(RegionSet regions) {
        requireRegions(regions);
        life.tell(Method.MARK_DIRTY, log -> {
            answers.marked(regions);
            log.markDirty(regions);
        });
    }

    @Override
    public void markClean(RegionSet regions) {
        requireRegions(regions);
        life.tell(Method.MARK_CLEAN, log -> {
            answers.cleaned(regions);
            log.markClean(regions);
        });
    }

    @Override
    public FlushResult flush() throws DirtyLogException {
        return life.ask(Method.FLUSH, DirtyLog::flush, result -> {
            String wrong = answers.ofFlush(result);
            if (wrong == null) {
                answers.flushed();
            }
            return wrong;
        });
    }

    // ---- recovery ---------------------------------------------------------------------------------------------------

    @Override
    public RegionSet nextRecovery(int max) throws DirtyLogException {
        return nextRecovery(max, RegionSet.none());
    }

    @Override
    public RegionSet nextRecovery(int max, RegionSet wanted) throws DirtyLogException {
        requireRegions(wanted);
        if (max < 1) {
            throw new IllegalArgumentException("at most " + max + " regions to recover, asks for 1 or more");
        }
        return life.ask(
                Method.NEXT_RECOVERY,
                log -> wanted.isEmpty() ? log.nextRecovery(max) : log.nextRecovery(max, wanted),
                regions -> answers.ofRecovery(regions, max));
    }

    @Override
    public void setInSync(RegionSet regions) {
        requireRegions(regions);
        life.tell(Method.SET_IN_SYNC, log -> {
            answers.reported(regions);
            log.setInSync(regions);
        });
    }

    @Override
    public void setOutOfSync(RegionSet regions) {
        requireRegions(regions);
        life.tell(Method.SET_OUT_OF_SYNC, log -> {
            answers.reported(regions);
            answers.marked(regions);
            log.setOutOfSync(regions);
        });
    }

    @Override
    public boolean isRecoveringElsewhere(long region) throws DirtyLogException {
        requireRegion(region);
        return life.ask(Method.IS_RECOVERING_ELSEWHERE, log -> log.isRecoveringElsewhere(region), answer -> null);
    }

    // ---- questions --------------------------------------------------------------------------------------------------

    @Override
    public boolean isClean(long region) throws DirtyLogException {
        requireRegion(region);
        return life.ask(Method.IS_CLEAN, log -> log.isClean(region), answer -> null);
    }

    @Override
    public boolean isInSync(long region) throws DirtyLogException {
        requireRegion(region);
        return life.ask(Method.IS_IN_SYNC, log -> log.isInSync(region), answer -> null);
    }

    @Override
    public SyncAnswer peekInSync(long region) {
        requireRegion(region);
        SyncAnswer answer = life.askNow(Method.PEEK_IN_SYNC, log -> log.peekInSync(region));
        return answer == null ? SyncAnswer.UNKNOWN : answer;
    }

    @Override
    public long inSyncCount() throws DirtyLogException {
        return life.ask(Method.IN_SYNC_COUNT, DirtyLog::inSyncCount, answers::ofCount);
    }

    @Override
    public Snapshot snapshot(long first, long end) throws DirtyLogException {
        if (first < 0 || end < first || end > geometry().regionCount()) {
            throw new IllegalArgumentException("snapshot of regions " + first + " to before " + end + ", there are "
                    + geometry().regionCount());
        }
        return life.ask(
                Method.SNAPSHOT, log -> log.snapshot(first, end), snapshot -> Answers.ofSnapshot(snapshot, first, end));
    }

    @Override
    public LogStatus status() {
        return life.status();
    }

    // ---- checks -----------------------------------------------------------------------------------------------------

    private void requireRegions(RegionSet regions) {
        if (!regions.isEmpty() && regions.last() >= geometry().regionCount()) {
            throw new IllegalArgumentException(
                    "regions " + regions + ", there are " + geometry().regionCount());
        }
    }

    private void requireRegion(long region) {
        if (region < 0 || region >= geometry().regionCount()) {
            throw new IllegalArgumentException(
                    "region " + region + ", there are " + geometry().regionCount());
        }
    }
}
