// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

/** Draws numbers that a seed repeats. For one thread. Source: SplitMix64 by Sebastiano Vigna. */
public class Dice {
    private static final long STEP = 0x9E3779B97F4A7C15L;

    private long state;

    /**
     * Starts.
     *
     * @param seed any number
     */
    public Dice(long seed) {
        this.state = mix(seed ^ 0x6A09E667F3BCC909L);
    }

    /**
     * Dice that always show the most: what happens once in some times never does.
     *
     * @return a fresh one
     */
    public static Dice still() {
        return new Dice(0) {
            @Override
            public long next() {
                return -1;
            }
        };
    }

    /**
     * Mixes the bits of a number, for hashes too.
     *
     * @param value any number
     * @return another one; different for different values
     */
    public static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /**
     * Draws any number.
     *
     * @return any {@code long}
     */
    public long next() {
        state += STEP;
        return mix(state);
    }

    /**
     * Draws a number below a bound.
     *
     * @param bound 1 or more
     * @return 0 up to the bound, exclusive
     */
    public int below(int bound) {
        return (int) ((next() >>> 33) * bound >>> 31);
    }

    /**
     * Draws a number from a range.
     *
     * @param least the least
     * @param most  the most, not less
     * @return one of them
     */
    public int from(int least, int most) {
        return least + below(most - least + 1);
    }

    /**
     * Decides.
     *
     * @param percent how often to answer yes, of a hundred times
     * @return whether this is such a time
     */
    public boolean percent(int percent) {
        return below(100) < percent;
    }

    /**
     * Decides.
     *
     * @param bound how seldom to answer yes, 1 or more
     * @return yes once in so many times
     */
    public boolean oneIn(int bound) {
        return below(bound) == 0;
    }

    /**
     * Picks.
     *
     * @param values some
     * @return one of them
     */
    public int pick(int... values) {
        return values[below(values.length)];
    }
}
