// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.Set;
import org.dirtylog.log.DirtyLogException;

/** The methods of a log as its guard sees them: when each may be called, and what it may throw. */
enum Method {
    CREATE("create", Set.of(), DirtyLogException.Rejected.class, DirtyLogException.Unavailable.class),
    RESUME(
            "resume",
            Set.of(LogState.SUSPENDED),
            DirtyLogException.Rejected.class,
            DirtyLogException.Corrupt.class,
            DirtyLogException.Failed.class,
            DirtyLogException.Unavailable.class),
    RESUME_FROM(
            "resumeFrom",
            Set.of(LogState.SUSPENDED),
            DirtyLogException.Rejected.class,
            DirtyLogException.Corrupt.class,
            DirtyLogException.Failed.class,
            DirtyLogException.Unavailable.class),
    PRE_SUSPEND("preSuspend", Set.of(LogState.RUNNING), DirtyLogException.Unavailable.class),
    POST_SUSPEND(
            "postSuspend",
            Set.of(LogState.DRAINING),
            DirtyLogException.Failed.class,
            DirtyLogException.Unavailable.class),
    DISOWN("disown", Set.of(LogState.SUSPENDED), DirtyLogException.Failed.class),
    CLOSE("close", Set.of(LogState.values())),
    /** Doubt is passed on after a failure too, so that what a successor is told errs on the safe side. */
    MARK_DIRTY("markDirty", Set.of(LogState.RUNNING, LogState.DRAINING, LogState.FAILED)),
    MARK_CLEAN("markClean", Set.of(LogState.RUNNING, LogState.DRAINING)),
    FLUSH(
            "flush",
            Set.of(LogState.RUNNING, LogState.DRAINING),
            DirtyLogException.Failed.class,
            DirtyLogException.Unavailable.class),
    NEXT_RECOVERY("nextRecovery", Set.of(LogState.RUNNING), DirtyLogException.Unavailable.class),
    SET_IN_SYNC("setInSync", Set.of(LogState.RUNNING, LogState.DRAINING)),
    SET_OUT_OF_SYNC("setOutOfSync", Set.of(LogState.RUNNING, LogState.DRAINING, LogState.FAILED)),
    IS_RECOVERING_ELSEWHERE("isRecoveringElsewhere", questions(), DirtyLogException.Unavailable.class),
    IS_CLEAN("isClean", questions(), DirtyLogException.Unavailable.class),
    IS_IN_SYNC("isInSync", questions(), DirtyLogException.Unavailable.class),
    IN_SYNC_COUNT(
            "inSyncCount",
            Set.of(LogState.SUSPENDED, LogState.RUNNING, LogState.DRAINING, LogState.FAILED),
            DirtyLogException.Unavailable.class),
    SNAPSHOT("snapshot", questions(), DirtyLogException.Unavailable.class),
    PEEK_IN_SYNC("peekInSync", Set.of(LogState.values())),
    STATUS("status", Set.of(LogState.values()));

    private final String javaName;
    private final Set<LogState> states;
    private final Set<Class<?>> mayThrow;

    Method(String javaName, Set<LogState> states, Class<?>... mayThrow) {
        this.javaName = javaName;
        this.states = states;
        this.mayThrow = Set.of(mayThrow);
    }

    private static Set<LogState> questions() {
        return Set.of(LogState.RUNNING, LogState.DRAINING, LogState.FAILED);
    }

    boolean allowedIn(LogState state) {
        return states.contains(state);
    }

    Set<LogState> states() {
        return states;
    }

    /** A medium may fail at any time, and saying so is never a breach. */
    boolean mayThrow(DirtyLogException thrown) {
        return thrown instanceof DirtyLogException.Failed || mayThrow.contains(thrown.getClass());
    }

    /** The state that follows, or {@code null} if it stays; after a failure of the medium see {@link LogLife}. */
    LogState after(boolean success) {
        return switch (this) {
            case RESUME, RESUME_FROM -> success ? LogState.RUNNING : null;
            case PRE_SUSPEND -> LogState.DRAINING;
            case POST_SUSPEND -> LogState.SUSPENDED;
            default -> null;
        };
    }

    /** Whether the legs may be flushed for it; so says {@code LogHost.flushLegs}. */
    boolean mayFlushLegs() {
        return this == FLUSH || this == POST_SUSPEND || this == RESUME_FROM;
    }

    /** The name in Java, for messages. */
    @Override
    public String toString() {
        return javaName;
    }
}
