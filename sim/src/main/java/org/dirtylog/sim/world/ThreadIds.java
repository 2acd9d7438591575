// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

/** The way to a thread's number that both Java 17 and later ones offer without a warning. */
final class ThreadIds {
    private ThreadIds() {}

    @SuppressWarnings({"deprecation", "removal"}) // threadId() came with 19
    static long current() {
        return Thread.currentThread().getId();
    }
}
