// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.List;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;

/** Every call that a mirror makes to a log between its creation and its end, and answers to it that are none. */
enum LogCall {
    RESUME("resume", List.of("null")) {
        @Override
        Rig ready() throws DirtyLogException {
            return new Rig();
        }

        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.resume(new TestOpening());
        }
    },
    RESUME_FROM("resumeFrom", List.of("null")) {
        @Override
        Rig ready() throws DirtyLogException {
            return new Rig();
        }

        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.resumeFrom(new TestOpening(), new Snapshot(0, Rig.REGIONS, RegionSet.none(), RegionSet.none()));
        }
    },
    PRE_SUSPEND("preSuspend", List.of()) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.preSuspend();
        }
    },
    POST_SUSPEND("postSuspend", List.of()) {
        @Override
        Rig ready() throws DirtyLogException {
            Rig rig = new Rig().running();
            rig.guard.preSuspend();
            return rig;
        }

        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.postSuspend();
        }
    },
    DISOWN("disown", List.of()) {
        @Override
        Rig ready() throws DirtyLogException {
            return new Rig();
        }

        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.disown();
        }
    },
    MARK_DIRTY("markDirty", List.of()) {
        @Override
        void call(GuardedLog guard) {
            guard.markDirty(THREE);
        }
    },
    MARK_CLEAN("markClean", List.of()) {
        @Override
        void call(GuardedLog guard) {
            guard.markClean(THREE);
        }
    },
    SET_IN_SYNC("setInSync", List.of()) {
        @Override
        void call(GuardedLog guard) {
            guard.setInSync(THREE);
        }
    },
    SET_OUT_OF_SYNC("setOutOfSync", List.of()) {
        @Override
        void call(GuardedLog guard) {
            guard.setOutOfSync(THREE);
        }
    },
    FLUSH(
            "flush",
            List.of(
                    "null",
                    new FlushResult(RegionSet.of(99), RegionSet.none()),
                    new FlushResult(RegionSet.none(), RegionSet.of(2)))) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.flush();
        }
    },
    NEXT_RECOVERY("nextRecovery", List.of("null", RegionSet.of(99), RegionSet.range(0, 5))) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.nextRecovery(2, RegionSet.none());
        }
    },
    IS_RECOVERING_ELSEWHERE("isRecoveringElsewhere", List.of()) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.isRecoveringElsewhere(3);
        }
    },
    IS_CLEAN("isClean", List.of()) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.isClean(3);
        }
    },
    IS_IN_SYNC("isInSync", List.of()) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.isInSync(3);
        }
    },
    IN_SYNC_COUNT("inSyncCount", List.of(-1L, Rig.REGIONS + 1)) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.inSyncCount();
        }
    },
    SNAPSHOT(
            "snapshot",
            List.of(
                    "null",
                    new Snapshot(0, 5, RegionSet.none(), RegionSet.none()),
                    new Snapshot(0, 4, RegionSet.of(1), RegionSet.of(2)))) {
        @Override
        void call(GuardedLog guard) throws DirtyLogException {
            guard.snapshot(0, 4);
        }
    };

    /** Stands for {@code null} where that cannot stand; the constants above cannot name it. */
    static final Object NULL = "null";

    private static final RegionSet THREE = RegionSet.of(3);

    private final String method;
    private final List<Object> nonsense;

    LogCall(String method, List<Object> nonsense) {
        this.method = method;
        this.nonsense = nonsense;
    }

    /** Throws what no method declares, as code does that was compiled against another version of what it calls. */
    @SuppressWarnings("unchecked")
    static <T, E extends Throwable> T raise(Throwable planted) throws E {
        throw (E) planted;
    }

    String method() {
        return method;
    }

    List<Object> nonsense() {
        return nonsense;
    }

    boolean isMessage() {
        return this == MARK_DIRTY || this == MARK_CLEAN || this == SET_IN_SYNC || this == SET_OUT_OF_SYNC;
    }

    /** A log in a state in which the call may come. */
    Rig ready() throws DirtyLogException {
        return new Rig().running();
    }

    abstract void call(GuardedLog guard) throws DirtyLogException;

    /** Calls, and asks something behind a call that asks nothing, so that the log hears it. */
    void askFor(GuardedLog guard) throws DirtyLogException {
        call(guard);
        if (isMessage()) {
            guard.isInSync(3);
        }
    }
}
