// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

/**
 * What names one opening of a log, and so tells the log of this run from a copy of an earlier one (protocol rules P28 to
 * P30 in {@code docs/crash-safety.md}).
 *
 * @param generation counts the openings of all logs of a mirror, from 1
 * @param nonce      drawn anew for each opening
 */
public record LogPair(long generation, long nonce) {

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if the generation is less than 1
     */
    public LogPair {
        if (generation < 1) {
            throw new IllegalArgumentException("generation " + generation + ", counts from 1");
        }
    }

    /** Shows both numbers, such as {@code 17/3f2a0c9b4d5e6f70}. */
    @Override
    public String toString() {
        return generation + "/" + String.format("%016x", nonce);
    }
}
