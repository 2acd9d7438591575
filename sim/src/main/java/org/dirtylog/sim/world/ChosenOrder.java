// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.ArrayList;
import java.util.List;

/**
 * Somebody chooses. Unless told otherwise, a task runs until it waits, and then the one that has been ready for longest does: any other
 * order is a series of numbers other than 0.
 */
public final class ChosenOrder implements Order {
    /** Who chooses. */
    public interface Chooser {
        /**
         * The task that runs waits or has ended.
         *
         * @param count of those that could be next, 2 or more
         * @return from 0, that which has been ready for longest, to {@code count} exclusive
         */
        int next(int count);

        /**
         * The task that runs could go on.
         *
         * @param count of those that could be run in its place, 1 or more
         * @return 0 to let it go on, else which of them, from 1 on
         */
        int preempt(int count);
    }

    private final Chooser chooser;
    private final List<SimTask> ready = new ArrayList<>();
    private SimTask chosen;

    /**
     * Starts with no task.
     *
     * @param chooser is asked
     */
    public ChosenOrder(Chooser chooser) {
        this.chooser = chooser;
    }

    @Override
    public void add(SimTask task) {
        ready.add(task);
    }

    @Override
    public SimTask take() {
        SimTask next = chosen;
        chosen = null;
        if (next != null) {
            ready.remove(next);
            return next;
        }
        return switch (ready.size()) {
            case 0 -> null;
            case 1 -> ready.remove(0);
            default -> ready.remove(chooser.next(ready.size()));
        };
    }

    @Override
    public boolean leaves(SimTask current, long steps) {
        int which = ready.isEmpty() ? 0 : chooser.preempt(ready.size());
        chosen = which == 0 ? null : ready.get(which - 1);
        return which > 0;
    }
}
