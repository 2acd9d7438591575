// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.function.LongConsumer;

/**
 * A set of regions, kept as runs, so that a whole target costs as much as a single region. Immutable. The number of a
 * region is from 0 to {@code Long.MAX_VALUE - 1}.
 */
public final class RegionSet {

    /** Receives the runs of a set. */
    @FunctionalInterface
    public interface RunVisitor {
        /**
         * Receives one run. Runs come in ascending order and do not touch.
         *
         * @param first the first region of the run
         * @param end   the region after its last
         */
        void run(long first, long end);
    }

    private static final RegionSet NONE = new RegionSet(new long[0]);

    /** Starts and ends of the runs in turn, strictly ascending; ends are exclusive. */
    private final long[] bounds;

    private RegionSet(long[] bounds) {
        this.bounds = bounds;
    }

    /**
     * The empty set.
     *
     * @return a set without regions
     */
    public static RegionSet none() {
        return NONE;
    }

    /**
     * A set of some regions.
     *
     * @param regions in any order, repetitions allowed
     * @return the set
     * @throws IllegalArgumentException if a region is negative
     */
    public static RegionSet of(long... regions) {
        long[] sorted = regions.clone();
        Arrays.sort(sorted);
        Builder builder = new Builder();
        for (long region : sorted) {
            builder.add(region);
        }
        return builder.build();
    }

    /**
     * A set of consecutive regions.
     *
     * @param first the first region
     * @param end   the region after the last, not less than {@code first}
     * @return the set
     * @throws IllegalArgumentException if there is no such run
     */
    public static RegionSet range(long first, long end) {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("not a run of regions: from " + first + " to before " + end);
        }
        return first == end ? NONE : new RegionSet(new long[] {first, end});
    }

    /**
     * Tells whether there is nothing in the set.
     *
     * @return whether it is empty
     */
    public boolean isEmpty() {
        return bounds.length == 0;
    }

    /**
     * Counts the regions.
     *
     * @return 0 or more
     */
    public long count() {
        long count = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            count += bounds[i + 1] - bounds[i];
        }
        return count;
    }

    /**
     * Counts the runs, which is what the set costs in memory.
     *
     * @return 0 or more
     */
    public int runCount() {
        return bounds.length / 2;
    }

    /**
     * Tells whether a region is in the set.
     *
     * @param region any number
     * @return whether it is
     */
    public boolean contains(long region) {
        int at = Arrays.binarySearch(bounds, region);
        int boundsNotAbove = at >= 0 ? at + 1 : -at - 1;
        return boundsNotAbove % 2 == 1;
    }

    /**
     * Tells whether all regions of another set are in this one.
     *
     * @param other the regions to look for
     * @return whether none of them is missing
     */
    public boolean containsAll(RegionSet other) {
        return other.minus(this).isEmpty();
    }

    /**
     * Finds the first region.
     *
     * @return the lowest number in the set
     * @throws NoSuchElementException if the set is empty
     */
    public long first() {
        requireSome();
        return bounds[0];
    }

    /**
     * Finds the last region.
     *
     * @return the highest number in the set
     * @throws NoSuchElementException if the set is empty
     */
    public long last() {
        requireSome();
        return bounds[bounds.length - 1] - 1;
    }

    private void requireSome() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set of regions is empty");
        }
    }

    /**
     * Visits every region, in ascending order.
     *
     * @param visitor receives the regions
     */
    public void forEach(LongConsumer visitor) {
        forEachRun((first, end) -> {
            for (long region = first; region < end; region++) {
                visitor.accept(region);
            }
        });
    }

    /**
     * Visits the regions run by run, for logs that change many bits at once.
     *
     * @param visitor receives the runs
     */
    public void forEachRun(RunVisitor visitor) {
        for (int i = 0; i < bounds.length; i += 2) {
            visitor.run(bounds[i], bounds[i + 1]);
        }
    }

    /**
     * Joins two sets.
     *
     * @param other more regions
     * @return the regions that are in either set
     */
    public RegionSet plus(RegionSet other) {
        Builder sum = new Builder();
        int i = 0;
        int o = 0;
        while (i < bounds.length || o < other.bounds.length) {
            boolean mineFirst = o == other.bounds.length || i < bounds.length && bounds[i] <= other.bounds[o];
            if (mineFirst) {
                sum.mergeRun(bounds[i], bounds[i + 1]);
                i += 2;
            } else {
                sum.mergeRun(other.bounds[o], other.bounds[o + 1]);
                o += 2;
            }
        }
        return sum.build();
    }

    /**
     * Leaves out the regions of another set.
     *
     * @param other the regions to leave out
     * @return the regions that are in this set only
     */
    public RegionSet minus(RegionSet other) {
        Builder rest = new Builder();
        int o = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            long from = bounds[i];
            long end = bounds[i + 1];
            while (from < end) {
                while (o < other.bounds.length && other.bounds[o + 1] <= from) {
                    o += 2;
                }
                if (o == other.bounds.length || other.bounds[o] >= end) {
                    rest.addRun(from, end);
                    break;
                }
                if (other.bounds[o] > from) {
                    rest.addRun(from, other.bounds[o]);
                }
                from = other.bounds[o + 1];
            }
        }
        return rest.build();
    }

    /**
     * Keeps only the regions that are also in another set.
     *
     * @param other the regions to keep
     * @return the regions that are in both sets
     */
    public RegionSet and(RegionSet other) {
        return minus(minus(other));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RegionSet that && Arrays.equals(bounds, that.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }

    /** Shows the runs, such as {@code {3, 8-11}}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        forEachRun((first, end) -> {
            text.append(text.length() == 1 ? "" : ", ").append(first);
            if (end - first > 1) {
                text.append('-').append(end - 1);
            }
        });
        return text.append('}').toString();
    }

    /** Builds a set from regions in ascending order. For one thread. */
    public static final class Builder {
        private long[] bounds = new long[8];
        private int length;

        /** Starts empty. */
        public Builder() {}

        /**
         * Adds a region.
         *
         * @param region not less than the last one added; adding that one again has no effect
         * @return this builder
         * @throws IllegalArgumentException if the region is negative or comes too late
         */
        public Builder add(long region) {
            if (length > 0 && region == bounds[length - 1] - 1) {
                return this;
            }
            return addRun(region, region + 1);
        }

        /**
         * Adds a run.
         *
         * @param first more than the last region added
         * @param end   the region after the run's last; an empty run has no effect
         * @return this builder
         * @throws IllegalArgumentException if the run is none, is negative or comes too late
         */
        public Builder addRun(long first, long end) {
            if (first < 0 || end < first) {
                throw new IllegalArgumentException("not a run of regions: from " + first + " to before " + end);
            }
            if (length > 0 && first < bounds[length - 1]) {
                throw new IllegalArgumentException("region " + first + " comes after " + (bounds[length - 1] - 1));
            }
            if (first < end) {
                mergeRun(first, end);
            }
            return this;
        }

        /** Adds a run that may overlap the last one, but does not start before it. */
        private void mergeRun(long first, long end) {
            if (length > 0 && first <= bounds[length - 1]) {
                bounds[length - 1] = Math.max(bounds[length - 1], end);
                return;
            }
            if (length == bounds.length) {
                bounds = Arrays.copyOf(bounds, 2 * length);
            }
            bounds[length++] = first;
            bounds[length++] = end;
        }

        /**
         * Finishes.
         *
         * @return the regions added so far
         */
        public RegionSet build() {
            return length == 0 ? NONE : new RegionSet(Arrays.copyOf(bounds, length));
        }
    }
}
