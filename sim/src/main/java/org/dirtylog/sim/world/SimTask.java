// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

/** A task of a simulated machine. */
final class SimTask {
    final String name;
    final int number;
    long rank;
    Carrier.Coroutine coroutine;
    boolean ended;
    /** Where it waits, or {@code null}. */
    SimSignal waitsAt;
    /** Counts its wakings, so that a timer for an earlier waiting has no effect. */
    long ticket;

    SimTask(String name, int number, long rank) {
        this.name = name;
        this.number = number;
        this.rank = rank;
    }
}
