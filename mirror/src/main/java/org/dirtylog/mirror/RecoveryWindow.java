// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * How many regions are copied at a time. It grows by one as long as more bytes a second come of it, and goes back when fewer do, so
 * that it finds what the legs can do: one disk for each leg wants few, flash and networks many.
 */
final class RecoveryWindow {
    static final int LEAST = 1;
    static final int MOST = 32;
    private static final int FIRST = 4;

    private static final long PERIOD_NANOS = 250_000_000;
    /** So many regions at least make a measurement. */
    private static final int REGIONS = 8;

    // Guarded by this.
    private int size = FIRST;
    private int step = 1;
    private long begun;
    private long bytes;
    private int regions;
    private double before;

    synchronized int size() {
        return size;
    }

    /** A run begins: what was measured before says nothing of it. */
    synchronized void begin(long now) {
        begun = now;
        bytes = 0;
        regions = 0;
        before = 0;
    }

    /** A region was copied. */
    synchronized void copied(long moreBytes, long now) {
        bytes += moreBytes;
        regions++;
        long passed = now - begun;
        if (passed < PERIOD_NANOS || regions < REGIONS) {
            return;
        }
        double rate = (double) bytes / passed;
        // One more of so many would bring this part more, if the legs were not busy with what they have; half of it
        // will do.
        double part = 0.5 / size;
        if (rate < before * (1 - part)) {
            step = -step;
        } else if (rate < before * (1 + part)) {
            // No better than with fewer: that is what is wanted.
            step = -1;
        }
        size = Math.max(LEAST, Math.min(MOST, size + step));
        if (size == LEAST || size == MOST) {
            step = size == LEAST ? 1 : -1;
        }
        before = rate;
        begun = now;
        bytes = 0;
        regions = 0;
    }
}
