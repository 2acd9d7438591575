// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.core;

import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.log.bits.RegionBits;
import org.dirtylog.log.bits.RegionFacts;

/**
 * A log in memory. Its state outlives a suspension and not the object: a new object knows nothing, so all regions are dirty
 * unless the operator vouches for the legs ({@code nosync}). The word {@code sync} is the same as none, as in the kernel.
 */
final class CoreLog implements DirtyLog {
    private final LogSpec spec;

    /** Nothing is in sync until the first resume. Replaced in resume only; read by any thread. */
    private volatile RegionFacts facts;

    private boolean resumedBefore;

    CoreLog(LogSpec spec) {
        this.spec = spec;
        this.facts = RegionFacts.of(RegionBits.zeros(spec.geometry().regionCount()));
    }

    @Override
    public RegionGeometry geometry() {
        return spec.geometry();
    }

    @Override
    public Found resume(Opening opening) {
        boolean first = !resumedBefore;
        if (first && opening.initialSync() == LogSpec.InitialSync.ASSUME_IN_SYNC) {
            facts = RegionFacts.of(RegionBits.ones(geometry().regionCount()));
        } else {
            // What was dirty at the suspension is out of sync now, as with every other log.
            facts = RegionFacts.of(facts.clean());
        }
        resumedBefore = true;
        return first ? Found.FRESH : Found.RECORDED;
    }

    @Override
    public Found resumeFrom(Opening opening, Snapshot predecessor) {
        Found found = resumedBefore ? Found.RECORDED : Found.FRESH;
        facts = RegionFacts.of(geometry().regionCount(), predecessor.dirty(), predecessor.outOfSync());
        resumedBefore = true;
        return found;
    }

    @Override
    public void preSuspend() {
        facts.recovery().releaseAll();
    }

    @Override
    public void postSuspend() {}

    @Override
    public void close() {}

    @Override
    public void markDirty(RegionSet regions) {
        facts.markDirty(regions);
    }

    @Override
    public void markClean(RegionSet regions) {
        facts.markClean(regions);
    }

    /** There is nothing to make durable, and so no reason to flush the legs. */
    @Override
    public FlushResult flush() {
        return FlushResult.COMPLETE;
    }

    @Override
    public RegionSet nextRecovery(int max) {
        return facts.recovery().claim(max);
    }

    @Override
    public RegionSet nextRecovery(int max, RegionSet wanted) {
        return facts.recovery().claim(max, wanted);
    }

    @Override
    public void setInSync(RegionSet regions) {
        facts.setInSync(regions);
    }

    @Override
    public void setOutOfSync(RegionSet regions) {
        facts.setOutOfSync(regions);
    }

    @Override
    public boolean isClean(long region) {
        return facts.clean().get(region);
    }

    @Override
    public boolean isInSync(long region) {
        return facts.inSync().get(region);
    }

    @Override
    public SyncAnswer peekInSync(long region) {
        return facts.inSync().get(region) ? SyncAnswer.IN_SYNC : SyncAnswer.OUT_OF_SYNC;
    }

    @Override
    public long inSyncCount() {
        return facts.inSync().countOnes();
    }

    @Override
    public Snapshot snapshot(long first, long end) {
        RegionFacts now = facts;
        return new Snapshot(
                first, end, now.clean().zerosIn(first, end), now.inSync().zerosIn(first, end));
    }

    @Override
    public LogStatus status() {
        return new LogStatus("core", LogStatus.Health.ALIVE, List.of(), spec.tableArguments());
    }
}
