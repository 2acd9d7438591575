// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

/**
 * When a rule may fire. All of it must hold; what is outside range or time is not counted.
 *
 * @param first       the number, from 1, of the first request that it may fire at, of those that it is about
 * @param last        the number of the last one
 * @param probability above 0, at most 1
 * @param times       how often it fires at most, 1 or more
 * @param fromByte    what is touched must overlap the bytes from here
 * @param toByte      up to here, exclusive
 * @param fromNanos   since the rule was set
 * @param toNanos     exclusive
 */
record Limits(
        long first,
        long last,
        double probability,
        long times,
        long fromByte,
        long toByte,
        long fromNanos,
        long toNanos) {
    static final Limits NONE = new Limits(1, Long.MAX_VALUE, 1, Long.MAX_VALUE, 0, Long.MAX_VALUE, 0, Long.MAX_VALUE);

    boolean hasRange() {
        return fromByte != 0 || toByte != Long.MAX_VALUE;
    }

    boolean overlaps(long positionBytes, long bytes) {
        return positionBytes < toByte && positionBytes + bytes > fromByte;
    }

    boolean includesTime(long nanos) {
        return nanos >= fromNanos && nanos < toNanos;
    }

    /** Whether anything but the time is limited. */
    boolean areMoreThanTime() {
        return !equals(NONE.withTime(fromNanos, toNanos));
    }

    Limits withNumbers(long from, long to) {
        return new Limits(from, to, probability, times, fromByte, toByte, fromNanos, toNanos);
    }

    Limits withProbability(double chance) {
        return new Limits(first, last, chance, times, fromByte, toByte, fromNanos, toNanos);
    }

    Limits withTimes(long most) {
        return new Limits(first, last, probability, most, fromByte, toByte, fromNanos, toNanos);
    }

    Limits withRange(long from, long to) {
        return new Limits(first, last, probability, times, from, to, fromNanos, toNanos);
    }

    Limits withTime(long from, long to) {
        return new Limits(first, last, probability, times, fromByte, toByte, from, to);
    }
}
