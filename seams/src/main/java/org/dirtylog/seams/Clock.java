// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

/** Tells the time. Safe for use by many threads. */
public interface Clock {

    /**
     * Time that only goes forward.
     *
     * @return nanoseconds since some moment; only differences mean something
     */
    long nanos();

    /**
     * The time of day.
     *
     * @return milliseconds since 1970 in UTC; may jump
     */
    long epochMillis();
}
