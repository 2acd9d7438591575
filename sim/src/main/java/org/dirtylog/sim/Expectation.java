// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

/**
 * What an opening may find and do.
 *
 * @param troubled  whether something was made to fail in this life
 * @param served    whether a leg that is current and in order stays, so that clients are refused nothing (R9)
 * @param mayRefuse whether it may end without the mirror being opened
 * @param found     what the log must be found as, or empty if that is open
 * @param mostBytes the most that recovery may want to copy, or -1 if that is open
 * @param latched   whether an operator has to suspend and resume before a leg can be forced again (P13)
 * @param ambush    after how many reads the source fails, or 0
 * @param logFails  whether the log may be given up: it fails, or takes longer than it may (P43)
 */
record Expectation(
        boolean troubled,
        boolean served,
        boolean mayRefuse,
        String found,
        long mostBytes,
        boolean latched,
        int ambush,
        boolean logFails) {

    /** Answers what is wrong, or {@code null}. */
    String wrong(String foundAs, long bytesTotal) {
        if (!found.isEmpty() && !found.contains(foundAs)) {
            return "the log was found as " + foundAs + ", expected " + found;
        }
        if (mostBytes >= 0 && bytesTotal > mostBytes) {
            return bytesTotal + " bytes are to be copied, but only " + mostBytes + " were dirty";
        }
        return null;
    }
}
