// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
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
import org.dirtylog.log.runtime.LogState.Event;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * Stands between a mirror and a log: one call at a time, in order of the life cycle, with regions that exist, answered in time
 * and within bounds. A log that throws what it must not, answers nonsense or does not return has failed: no flush is ever
 * passed to it again. Safe for use by many threads.
 */
public final class GuardedLog implements DirtyLog {
    private final String typeName;
    private final String typeClass;
    private final LogSpec spec;
    private final GuardedHost host;
    private final BoundedCall bounded;
    private final Tasks tasks;
    private final Signal freed;
    private final AtomicBoolean busy = new AtomicBoolean();

    private DirtyLog log;
    private volatile LogState state = LogState.SUSPENDED;
    private volatile DirtyLogException.Failed failure;
    private volatile LogStatus lastStatus;
    /** Whether a call is stuck in the log: then nothing is ever passed to it again. */
    private volatile boolean hung;

    private GuardedLog(String typeName, String typeClass, LogSpec spec, LogHost host, Tasks tasks, Clock clock) {
        this.typeName = typeName;
        this.typeClass = typeClass;
        this.spec = spec;
        this.tasks = tasks;
        HostTime time = new HostTime(clock);
        this.host = new GuardedHost(host, time, spec.geometry(), typeName);
        this.bounded = new BoundedCall(tasks, clock, time, spec.patience().toNanos(), "log " + typeName);
        this.freed = tasks.signal("log " + typeName + "/guard");
        this.lastStatus = new LogStatus(typeName, LogStatus.Health.ALIVE, List.of(), spec.tableArguments());
    }

    static GuardedLog create(DirtyLogType type, String typeName, LogSpec spec, LogHost host, Tasks tasks, Clock clock)
            throws DirtyLogException {
        GuardedLog guarded = new GuardedLog(typeName, type.getClass().getName(), spec, host, tasks, clock);
        guarded.log = guarded.blocking("create", () -> {
            DirtyLog made = type.create(spec, guarded.host);
            if (guarded.hung && made != null) {
                made.close();
            }
            return made;
        });
        guarded.require(guarded.log != null, "create", "null");
        RegionGeometry geometry = guarded.immediate("geometry", guarded.log::geometry);
        guarded.require(spec.geometry().equals(geometry), "geometry", "" + geometry);
        return guarded;
    }

    // ---- how calls are made -----------------------------------------------------------------------------------------

    private interface Immediate<T> {
        T run();
    }

    private DirtyLogException.Failed fail(String what, Throwable cause) {
        DirtyLogException.Failed made = new DirtyLogException.Failed(
                "log type " + typeName + " (" + typeClass + ") " + what
                        + ". It is not asked to write again; what it had made durable stays as it is",
                cause);
        if (failure == null) {
            failure = made;
        }
        return failure;
    }

    private void require(boolean sensible, String method, String answer) throws DirtyLogException.Failed {
        if (!sensible) {
            throw fail("answers " + method + " with " + answer, null);
        }
    }

    /** One caller at a time. A condition of a signal, not a monitor: the call may block. */
    private void lock() {
        freed.await(() -> busy.compareAndSet(false, true));
    }

    private void unlock() {
        busy.set(false);
        freed.raise();
    }

    private <T> T blocking(String method, BoundedCall.Call<T> call) throws DirtyLogException {
        if (hung) {
            throw failure;
        }
        try {
            return bounded.run(call);
        } catch (DirtyLogException.Failed e) {
            failure = e;
            throw e;
        } catch (DirtyLogException e) {
            throw e;
        } catch (BoundedCall.HungException e) {
            hung = true;
            throw fail(
                    "has not returned from " + method + " within "
                            + spec.patience().toSeconds() + " s",
                    null);
        } catch (Throwable e) {
            throw fail("threw " + e + " from " + method, e);
        }
    }

    private <T> T immediate(String method, Immediate<T> call) throws DirtyLogException.Failed {
        try {
            return call.run();
        } catch (RuntimeException | Error e) {
            throw fail("threw " + e + " from " + method, e);
        }
    }

    private void inState(String method, boolean allowed) {
        if (!allowed) {
            throw new IllegalStateException("log " + typeName + " is " + state + ", " + method + " is not allowed");
        }
    }

    private void checkRegions(RegionSet regions) {
        Objects.requireNonNull(regions, "regions");
        if (!regions.isEmpty() && regions.last() >= spec.geometry().regionCount()) {
            throw new IllegalArgumentException(
                    "region " + regions.last() + " of " + spec.geometry().regionCount());
        }
    }

    private void checkRegion(long region) {
        if (region < 0 || region >= spec.geometry().regionCount()) {
            throw new IllegalArgumentException(
                    "region " + region + " of " + spec.geometry().regionCount());
        }
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    @Override
    public RegionGeometry geometry() {
        return spec.geometry();
    }

    @Override
    public Found resume(Opening opening) throws DirtyLogException {
        Objects.requireNonNull(opening, "opening");
        return resumeWith("resume", () -> log.resume(host.timed(opening)));
    }

    @Override
    public Found resumeFrom(Opening opening, Snapshot predecessor) throws DirtyLogException {
        Objects.requireNonNull(opening, "opening");
        Objects.requireNonNull(predecessor, "predecessor");
        return resumeWith("resumeFrom", () -> log.resumeFrom(host.timed(opening), predecessor));
    }

    private Found resumeWith(String method, BoundedCall.Call<Found> call) throws DirtyLogException {
        lock();
        try {
            inState(method, state == LogState.SUSPENDED);
            throwIfFailed();
            Found found = blocking(method, call);
            require(found != null, method, "null");
            state = state.after(Event.RESUMED);
            return found;
        } finally {
            unlock();
        }
    }

    private void throwIfFailed() throws DirtyLogException.Failed {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void preSuspend() throws DirtyLogException {
        lock();
        try {
            inState("preSuspend", state == LogState.RUNNING);
            state = state.after(Event.PRE_SUSPENDED);
            throwIfFailed();
            blocking("preSuspend", () -> {
                log.preSuspend();
                return null;
            });
        } finally {
            unlock();
        }
    }

    @Override
    public void postSuspend() throws DirtyLogException {
        lock();
        try {
            inState("postSuspend", state == LogState.DRAINING);
            state = state.after(Event.POST_SUSPENDED);
            throwIfFailed();
            blocking("postSuspend", () -> {
                log.postSuspend();
                return null;
            });
        } finally {
            unlock();
        }
    }

    @Override
    public void disown() throws DirtyLogException {
        lock();
        try {
            inState("disown", state == LogState.SUSPENDED);
            throwIfFailed();
            blocking("disown", () -> {
                log.disown();
                return null;
            });
        } finally {
            unlock();
        }
    }

    /** Closes the log, and waits for that as long as patience allows; one that is stuck is closed in the background. */
    @Override
    public void close() {
        try {
            if (startClosing() && !hung) {
                bounded.run(() -> {
                    closeQuietly();
                    return null;
                });
            }
        } catch (Throwable e) {
            fail("has not been closed in time", e);
        }
    }

    /** Whether this call is the one that closes. */
    private boolean startClosing() {
        if (state == LogState.CLOSED) {
            return false;
        }
        state = LogState.CLOSED;
        host.close();
        if (hung) {
            tasks.start("log " + typeName + "/close", this::closeQuietly);
        }
        freed.raise();
        return true;
    }

    private void closeQuietly() {
        try {
            log.close();
        } catch (RuntimeException | Error e) {
            fail("threw " + e + " from close", e);
        }
    }

    /** Gives the log up: it has failed from now on, and is closed in the background. Returns at once. */
    public void abandon() {
        fail("was abandoned", null);
        hung = true;
        startClosing();
    }

    // ---- the write path ---------------------------------------------------------------------------------------------

    private void change(String method, RegionSet regions, Runnable call) {
        checkRegions(regions);
        if (regions.isEmpty()) {
            return;
        }
        lock();
        try {
            inState(method, state.isOpen());
            if (!hung && failure == null) {
                immediate(method, () -> {
                    call.run();
                    return null;
                });
            }
        } catch (DirtyLogException.Failed e) {
            // The next flush says so; a mark without a flush protects nothing.
            failure = e;
        } finally {
            unlock();
        }
    }

    @Override
    public void markDirty(RegionSet regions) {
        change("markDirty", regions, () -> log.markDirty(regions));
    }

    @Override
    public void markClean(RegionSet regions) {
        change("markClean", regions, () -> log.markClean(regions));
    }

    @Override
    public void setInSync(RegionSet regions) {
        change("setInSync", regions, () -> log.setInSync(regions));
    }

    @Override
    public void setOutOfSync(RegionSet regions) {
        change("setOutOfSync", regions, () -> log.setOutOfSync(regions));
    }

    @Override
    public FlushResult flush() throws DirtyLogException {
        lock();
        try {
            inState("flush", state.isOpen());
            throwIfFailed();
            FlushResult result = blocking("flush", log::flush);
            RegionSet all = spec.geometry().allRegions();
            require(
                    result != null
                            && all.containsAll(result.refusedMarks())
                            && all.containsAll(result.droppedCleanings()),
                    "flush",
                    "" + result);
            return result;
        } finally {
            unlock();
        }
    }

    // ---- recovery and questions -------------------------------------------------------------------------------------

    private <T> T ask(String method, boolean allowed, BoundedCall.Call<T> call) throws DirtyLogException {
        lock();
        try {
            inState(method, allowed);
            return blocking(method, call);
        } finally {
            unlock();
        }
    }

    @Override
    public RegionSet nextRecovery(int max) throws DirtyLogException {
        if (max < 1) {
            throw new IllegalArgumentException("at most " + max + " regions; asks for 1 or more");
        }
        RegionSet claimed = ask("nextRecovery", state == LogState.RUNNING, () -> log.nextRecovery(max));
        require(
                claimed != null
                        && claimed.count() <= max
                        && spec.geometry().allRegions().containsAll(claimed),
                "nextRecovery",
                "" + claimed);
        return claimed;
    }

    @Override
    public boolean isRecoveringElsewhere(long region) throws DirtyLogException {
        checkRegion(region);
        return ask("isRecoveringElsewhere", state.isOpen(), () -> log.isRecoveringElsewhere(region));
    }

    @Override
    public boolean isClean(long region) throws DirtyLogException {
        checkRegion(region);
        return ask("isClean", state.isOpen(), () -> log.isClean(region));
    }

    @Override
    public boolean isInSync(long region) throws DirtyLogException {
        checkRegion(region);
        return ask("isInSync", state.isOpen(), () -> log.isInSync(region));
    }

    /** Goes past the turnstile: it never waits behind a call under way. */
    @Override
    public SyncAnswer peekInSync(long region) {
        checkRegion(region);
        if (hung || state == LogState.CLOSED) {
            return SyncAnswer.UNKNOWN;
        }
        try {
            SyncAnswer answer = log.peekInSync(region);
            return answer == null ? SyncAnswer.UNKNOWN : answer;
        } catch (RuntimeException | Error e) {
            fail("threw " + e + " from peekInSync", e);
            return SyncAnswer.UNKNOWN;
        }
    }

    @Override
    public long inSyncCount() throws DirtyLogException {
        long count = ask("inSyncCount", state != LogState.CLOSED, log::inSyncCount);
        require(count >= 0 && count <= spec.geometry().regionCount(), "inSyncCount", "" + count);
        return count;
    }

    @Override
    public Snapshot snapshot(long first, long end) throws DirtyLogException {
        if (first < 0 || end < first || end > spec.geometry().regionCount()) {
            throw new IllegalArgumentException("regions " + first + " to before " + end + " of "
                    + spec.geometry().regionCount());
        }
        Snapshot snapshot = ask("snapshot", state.isOpen(), () -> log.snapshot(first, end));
        require(snapshot != null && snapshot.first() == first && snapshot.end() == end, "snapshot", "" + snapshot);
        return snapshot;
    }

    /** Goes past the turnstile: it never waits behind a call under way. A log that failed shows so. */
    @Override
    public LogStatus status() {
        if (!hung && state != LogState.CLOSED) {
            try {
                LogStatus status = log.status();
                if (status != null) {
                    lastStatus = status;
                }
            } catch (RuntimeException | Error e) {
                fail("threw " + e + " from status", e);
            }
        }
        LogStatus last = lastStatus;
        return failure == null || last.health() != LogStatus.Health.ALIVE
                ? last
                : new LogStatus(last.typeName(), LogStatus.Health.DEAD, last.details(), last.arguments());
    }

    // ---- what only the guard knows ----------------------------------------------------------------------------------

    /**
     * Tells whether the log has failed, by its own word or by misbehaving.
     *
     * @return whether it is not asked to flush any more
     */
    public boolean failed() {
        return failure != null;
    }

    /**
     * Why the log has failed.
     *
     * @return the reason, or empty if it has not
     */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Where the log is in its life.
     *
     * @return the state
     */
    public LogState state() {
        return state;
    }

    /**
     * The name of its type.
     *
     * @return as in a table line
     */
    public String typeName() {
        return typeName;
    }
}
