// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

/**
 * Threads of a connection's own. They wait for its client, however long that takes, so they are none of those that tasks share.
 */
@FunctionalInterface
interface Threads {
    /** Threads of the system that keep no process alive. */
    Threads DAEMONS = (name, work) -> {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    };

    /**
     * Begins one.
     *
     * @throws OutOfMemoryError if the system has none left
     */
    void start(String name, Runnable work);
}
