// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import org.dirtylog.log.RegionSet;

/**
 * The two facts of a {@link org.dirtylog.log.DirtyLog} about every region, clean and in sync, and who recovers what. It keeps
 * the rule between them: a region that is not in sync is dirty (I6). For threads see the package.
 */
public final class RegionFacts {
    private final RegionBits clean;
    private final RegionBits inSync;
    private final RecoveryCursor recovery;

    private RegionFacts(RegionBits clean, RegionBits inSync) {
        this.clean = clean;
        this.inSync = inSync;
        this.recovery = new RecoveryCursor(inSync);
    }

    /**
     * Starts from what is clean: that is in sync, and nothing else is (I12).
     *
     * @param clean one bit a region, owned by the new object
     * @return the facts
     */
    public static RegionFacts of(RegionBits clean) {
        return new RegionFacts(clean, clean.copy());
    }

    /**
     * Starts from what another log knew.
     *
     * @param regions   how many there are
     * @param dirty     what is not clean
     * @param outOfSync what is not in sync; it is taken for dirty too
     * @return the facts
     */
    public static RegionFacts of(long regions, RegionSet dirty, RegionSet outOfSync) {
        RegionBits clean = RegionBits.ones(regions);
        RegionBits inSync = RegionBits.ones(regions);
        clean.clear(dirty);
        clean.clear(outOfSync);
        inSync.clear(outOfSync);
        return new RegionFacts(clean, inSync);
    }

    /**
     * What is clean, for reading.
     *
     * @return one bit a region
     */
    public RegionBits clean() {
        return clean;
    }

    /**
     * What is in sync, for reading.
     *
     * @return one bit a region
     */
    public RegionBits inSync() {
        return inSync;
    }

    /**
     * Makes regions dirty.
     *
     * @param regions which
     * @return those that were clean
     */
    public RegionSet markDirty(RegionSet regions) {
        RegionSet changed = clean.onesAmong(regions);
        clean.clear(changed);
        return changed;
    }

    /**
     * Makes regions clean, except those that are not in sync.
     *
     * @param regions which
     * @return those that were dirty and are clean now
     */
    public RegionSet markClean(RegionSet regions) {
        RegionSet changed = clean.zerosAmong(inSync.onesAmong(regions));
        clean.set(changed);
        return changed;
    }

    /**
     * Brings regions into sync, and ends the claims on them. They stay dirty.
     *
     * @param regions which
     */
    public void setInSync(RegionSet regions) {
        inSync.set(regions);
        recovery.release(regions);
    }

    /**
     * Puts regions out of sync, makes them dirty, and ends the claims on them.
     *
     * @param regions which
     * @return those that were clean
     */
    public RegionSet setOutOfSync(RegionSet regions) {
        inSync.clear(regions);
        recovery.release(regions);
        return markDirty(regions);
    }

    /**
     * Who recovers what.
     *
     * @return the claims on regions that are not in sync
     */
    public RecoveryCursor recovery() {
        return recovery;
    }
}
