// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

/**
 * How a target is cut into regions. All regions have one size, except that the last may be shorter.
 *
 * @param targetSectors length of the target in 512-byte sectors, at least 1
 * @param regionSectors length of a region in sectors: a power of two from 2 to 2^31 (1 KiB to 1 TiB)
 */
public record RegionGeometry(long targetSectors, long regionSectors) {

    /** Bytes in a sector, here as everywhere in device-mapper. */
    public static final int SECTOR_BYTES = 512;

    /** The smallest region, in sectors. */
    public static final long MIN_REGION_SECTORS = 2;

    /** The largest region, in sectors; the kernel keeps the size in 32 bits. */
    public static final long MAX_REGION_SECTORS = 1L << 31;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a number is outside its range
     */
    public RegionGeometry {
        if (targetSectors < 1) {
            throw new IllegalArgumentException("target of " + targetSectors + " sectors, needs at least 1");
        }
        if (regionSectors < MIN_REGION_SECTORS
                || regionSectors > MAX_REGION_SECTORS
                || Long.bitCount(regionSectors) != 1) {
            throw new IllegalArgumentException("region size " + regionSectors + " sectors, needs a power of two from "
                    + MIN_REGION_SECTORS + " to " + MAX_REGION_SECTORS);
        }
    }

    /**
     * Counts the regions, a short last one included.
     *
     * @return 1 or more
     */
    public long regionCount() {
        return regionOf(targetSectors - 1) + 1;
    }

    /**
     * Measures the target.
     *
     * @return its length in bytes
     */
    public long targetBytes() {
        return targetSectors * SECTOR_BYTES;
    }

    /**
     * Finds the region of a sector.
     *
     * @param sector counted from the start of the target
     * @return its region
     */
    public long regionOf(long sector) {
        return sector >>> Long.numberOfTrailingZeros(regionSectors);
    }

    /**
     * Finds the region of a byte.
     *
     * @param positionBytes counted from the start of the target
     * @return its region
     */
    public long regionOfByte(long positionBytes) {
        return positionBytes >>> (Long.numberOfTrailingZeros(regionSectors) + 9);
    }

    /**
     * Finds the start of a region.
     *
     * @param region a region
     * @return its first sector, counted from the start of the target
     */
    public long firstSectorOf(long region) {
        return region << Long.numberOfTrailingZeros(regionSectors);
    }

    /**
     * Finds the start of a region.
     *
     * @param region a region
     * @return its first byte, counted from the start of the target
     */
    public long firstByteOf(long region) {
        return firstSectorOf(region) * SECTOR_BYTES;
    }

    /**
     * Measures a region.
     *
     * @param region a region
     * @return {@link #regionSectors()}, or less for the last region
     */
    public long sectorsIn(long region) {
        return Math.min(regionSectors, targetSectors - firstSectorOf(region));
    }

    /**
     * Measures a region.
     *
     * @param region a region
     * @return its length in bytes
     */
    public long bytesIn(long region) {
        return sectorsIn(region) * SECTOR_BYTES;
    }

    /**
     * All regions of the target.
     *
     * @return 0 up to {@link #regionCount()}, exclusive
     */
    public RegionSet allRegions() {
        return RegionSet.range(0, regionCount());
    }
}
