// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

/** Draws numbers that nobody can guess, or, in a simulation, that a seed repeats. Safe for use by many threads. */
public interface Randomness {

    /**
     * Draws a number.
     *
     * @return any {@code long}
     */
    long next();
}
