// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * How fast a mirror copies.
 *
 * @param floorMiB   MiB a second that are copied however much clients do, 1 or more
 * @param ceilingMiB MiB a second that are copied at most, also while clients do nothing; 0 for as fast as the legs are
 */
public record RecoveryPolicy(long floorMiB, long ceilingMiB) {

    /** The most that can be asked for. */
    public static final long MOST_MIB = 1L << 20;

    /** Unless the configuration says otherwise. */
    public static final RecoveryPolicy DEFAULT = new RecoveryPolicy(32, 0);

    /** Refuses what is out of range, and a floor above its ceiling. */
    public RecoveryPolicy {
        if (floorMiB < 1 || floorMiB > MOST_MIB || ceilingMiB < 0 || ceilingMiB > MOST_MIB) {
            throw new IllegalArgumentException("recovery at " + floorMiB + " to " + ceilingMiB + " MiB a second");
        }
        if (ceilingMiB > 0 && floorMiB > ceilingMiB) {
            throw new IllegalArgumentException(
                    "recovery at " + floorMiB + " MiB a second at least and " + ceilingMiB + " at most");
        }
    }
}
