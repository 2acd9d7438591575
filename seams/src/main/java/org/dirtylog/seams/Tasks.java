// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

/** Runs work concurrently. Safe for use by many threads. */
public interface Tasks {

    /**
     * Starts a task. It may block; it is not interrupted. What it throws is reported and goes no further.
     *
     * @param name for messages and stack traces, such as {@code demo/worker}
     * @param task the work
     */
    void start(String name, Runnable task);

    /**
     * Starts a task later. There is no way to call it off: a task that is no longer wanted returns at once.
     *
     * @param delayNanos 0 or more
     * @param name       for messages and stack traces
     * @param task       the work
     */
    void startAfter(long delayNanos, String name, Runnable task);

    /**
     * Makes a place to wait at.
     *
     * @param name for messages and stack traces
     * @return a new signal
     */
    Signal signal(String name);
}
