// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import org.dirtylog.log.RegionSet;

/**
 * Hands out the regions that are out of sync: each to one claimant, in ascending order, starting over at the end, so that a
 * region whose recovery failed is offered again (the kernel offers it once a resume). For one thread.
 */
public final class RecoveryCursor {
    private final RegionBits inSync;
    private final RegionBits claimed;
    private long next;

    /**
     * Starts at the first region, with no claims.
     *
     * @param inSync what is in sync; it may change between calls
     */
    public RecoveryCursor(RegionBits inSync) {
        this.inSync = inSync;
        this.claimed = RegionBits.zeros(inSync.size());
    }

    /**
     * Claims regions.
     *
     * @param max how many at most, 1 or more
     * @return regions that are out of sync and were not claimed; none if there are none
     */
    public RegionSet claim(long max) {
        long start = next;
        RegionSet ahead = search(start, inSync.size(), max);
        if (ahead.count() == max) {
            return ahead;
        }
        return ahead.plus(search(0, start, max - ahead.count()));
    }

    /**
     * Claims regions, of those that are wanted before others.
     *
     * @param max    how many at most, 1 or more
     * @param wanted to begin with, as far as they are out of sync and not claimed
     * @return regions that are out of sync and were not claimed; none if there are none
     */
    public RegionSet claim(long max, RegionSet wanted) {
        RegionSet.Builder found = new RegionSet.Builder();
        long[] left = {max};
        wanted.forEach(region -> {
            if (left[0] > 0 && !inSync.get(region) && !claimed.get(region)) {
                claimed.set(region, region + 1);
                found.add(region);
                left[0]--;
            }
        });
        return left[0] == 0 ? found.build() : found.build().plus(claim(left[0]));
    }

    private RegionSet search(long from, long end, long max) {
        RegionSet.Builder found = new RegionSet.Builder();
        long wanted = max;
        long at = from;
        while (wanted > 0 && (at = free(at)) < end) {
            long stop = Math.min(Math.min(end, at + wanted), Math.min(inSync.nextOne(at), claimed.nextOne(at)));
            claimed.set(at, stop);
            found.addRun(at, stop);
            wanted -= stop - at;
            next = stop;
            at = stop;
        }
        return found.build();
    }

    /** Finds the next region that is neither in sync nor claimed. */
    private long free(long from) {
        long at = from;
        while (at < inSync.size()) {
            long outOfSync = inSync.nextZero(at);
            at = claimed.nextZero(outOfSync);
            if (at == outOfSync) {
                return at;
            }
        }
        return at;
    }

    /**
     * Ends claims; regions that nobody claims are ignored.
     *
     * @param regions what is no longer claimed
     */
    public void release(RegionSet regions) {
        claimed.clear(regions);
    }

    /** Ends all claims. */
    public void releaseAll() {
        claimed.clear(0, claimed.size());
    }

    /**
     * Counts the claims.
     *
     * @return how many regions are claimed
     */
    public long claims() {
        return claimed.countOnes();
    }
}
