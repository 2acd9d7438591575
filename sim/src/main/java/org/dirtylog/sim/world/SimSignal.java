// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;

/** A place to wait at. It looks at a condition when it must and never more often, so a raise that is forgotten shows. */
final class SimSignal implements Signal {
    final String name;
    private final Scheduler scheduler;
    private final List<SimTask> waiters = new ArrayList<>(2);

    SimSignal(Scheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.name = name;
    }

    @Override
    public boolean await(BooleanSupplier condition, long deadlineNanos) {
        scheduler.point("await", 0, 0);
        while (!scheduler.holds(condition)) {
            if (scheduler.time() >= deadlineNanos) {
                return false;
            }
            scheduler.waitAt(this, deadlineNanos);
        }
        return true;
    }

    @Override
    public void raise() {
        scheduler.point("raise", waiters.size(), 0);
        scheduler.wakeAll(this);
        scheduler.point("raised", 0, 0);
    }

    void add(SimTask task) {
        waiters.add(task);
    }

    void remove(SimTask task) {
        waiters.remove(task);
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }

    SimTask last() {
        return waiters.get(waiters.size() - 1);
    }
}
