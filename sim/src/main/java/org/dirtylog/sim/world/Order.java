// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

/** Decides which of the tasks that could run is next. */
interface Order {
    /** One more could run. */
    void add(SimTask task);

    /** Takes the next out, or answers {@code null} if there is none. */
    SimTask take();

    /** Whether the task that runs, and could go on, is to be left for another. It is added then, and another one taken. */
    boolean leaves(SimTask current, long steps);
}
