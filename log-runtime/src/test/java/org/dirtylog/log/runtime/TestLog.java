// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;

/** A log that writes down how it is called, and does what a test tells it at any of its methods. */
class TestLog implements DirtyLog {

    /** What to do instead. */
    @FunctionalInterface
    interface Act {
        Object run() throws DirtyLogException;
    }

    final LogSpec spec;
    /** Names of methods, in the order of the calls. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    /** Sets that were told, each behind the name of the method, in the order of the calls. */
    final List<String> told = new CopyOnWriteArrayList<>();

    private volatile String method = "";
    private volatile Act act = () -> null;

    TestLog(LogSpec spec) {
        this.spec = spec;
    }

    /** From now on this method does this. */
    void at(String newMethod, Act newAct) {
        method = "";
        act = newAct;
        method = newMethod;
    }

    @SuppressWarnings("unchecked")
    private <T> T called(String name, T otherwise) throws DirtyLogException {
        calls.add(name);
        return name.equals(method) ? (T) act.run() : otherwise;
    }

    /** For methods that may not throw what an act may. */
    private <T> T quietly(String name, T otherwise) {
        try {
            return called(name, otherwise);
        } catch (DirtyLogException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public RegionGeometry geometry() {
        return quietly("geometry", spec.geometry());
    }

    @Override
    public Found resume(Opening opening) throws DirtyLogException {
        return called("resume", Found.FRESH);
    }

    @Override
    public Found resumeFrom(Opening opening, Snapshot predecessor) throws DirtyLogException {
        return called("resumeFrom", Found.STALE);
    }

    @Override
    public void preSuspend() throws DirtyLogException {
        called("preSuspend", null);
    }

    @Override
    public void postSuspend() throws DirtyLogException {
        called("postSuspend", null);
    }

    @Override
    public void disown() throws DirtyLogException {
        called("disown", null);
    }

    @Override
    public void close() {
        quietly("close", null);
    }

    @Override
    public void markDirty(RegionSet regions) {
        told.add("markDirty " + regions);
        quietly("markDirty", null);
    }

    @Override
    public void markClean(RegionSet regions) {
        told.add("markClean " + regions);
        quietly("markClean", null);
    }

    @Override
    public FlushResult flush() throws DirtyLogException {
        return called("flush", FlushResult.COMPLETE);
    }

    @Override
    public RegionSet nextRecovery(int max) throws DirtyLogException {
        return called("nextRecovery", RegionSet.none());
    }

    @Override
    public void setInSync(RegionSet regions) {
        told.add("setInSync " + regions);
        quietly("setInSync", null);
    }

    @Override
    public void setOutOfSync(RegionSet regions) {
        told.add("setOutOfSync " + regions);
        quietly("setOutOfSync", null);
    }

    @Override
    public boolean isRecoveringElsewhere(long region) throws DirtyLogException {
        return called("isRecoveringElsewhere", false);
    }

    @Override
    public boolean isClean(long region) throws DirtyLogException {
        return called("isClean", true);
    }

    @Override
    public boolean isInSync(long region) throws DirtyLogException {
        return called("isInSync", true);
    }

    @Override
    public SyncAnswer peekInSync(long region) {
        return quietly("peekInSync", SyncAnswer.IN_SYNC);
    }

    @Override
    public long inSyncCount() throws DirtyLogException {
        return called("inSyncCount", 1L);
    }

    @Override
    public Snapshot snapshot(long first, long end) throws DirtyLogException {
        return called("snapshot", new Snapshot(first, end, RegionSet.none(), RegionSet.none()));
    }

    @Override
    public LogStatus status() {
        return quietly(
                "status", new LogStatus("test", LogStatus.Health.ALIVE, List.of("m", "A"), spec.tableArguments()));
    }
}
