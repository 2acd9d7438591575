// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.Arrays;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * The byte ranges that are being written. Overlapping writes queue in the order in which they came; reads keep clear of
 * them (P9). Ranges are kept by region, in stripes with a short monitor each; a range lies in one region.
 */
final class RangeTable {
    private static final int STRIPES = 64;
    /** How many of the latest writes a stripe remembers, for reads that ask what began meanwhile. */
    private static final int REMEMBERED = 16;

    private final Stripe[] stripes = new Stripe[STRIPES];

    RangeTable(Tasks tasks, String name) {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(tasks.signal(name + "/ranges"));
        }
    }

    /** Takes a range for a write and waits until no earlier write overlaps it. Answers what {@link #leave} wants back. */
    long enter(long region, long start, long end) {
        Stripe stripe = stripe(region);
        long ticket = stripe.add(start, end);
        if (stripe.isBehind(ticket)) {
            stripe.changed.await(() -> !stripe.isBehind(ticket));
        }
        return ticket;
    }

    void leave(long region, long ticket) {
        Stripe stripe = stripe(region);
        stripe.remove(ticket);
        stripe.changed.raise();
    }

    /** Waits until no write overlaps the range. Answers what {@link #undisturbed} wants back. */
    long beginRead(long region, long start, long end) {
        Stripe stripe = stripe(region);
        while (true) {
            long begun = stripe.begun;
            if (stripe.inFlight == 0 || !stripe.overlaps(start, end)) {
                return begun;
            }
            stripe.changed.await(() -> !stripe.overlaps(start, end));
        }
    }

    /** Tells whether no write that overlaps the range began since {@link #beginRead}. */
    boolean undisturbed(long region, long start, long end, long begun) {
        Stripe stripe = stripe(region);
        return stripe.begun == begun || !stripe.beganSince(begun, start, end);
    }

    private Stripe stripe(long region) {
        return stripes[(int) region & STRIPES - 1];
    }

    private static final class Stripe {
        final Signal changed;
        /** Counts the writes that took a range. Written under the monitor. */
        volatile long begun;
        /** How many ranges are taken. Written under the monitor. */
        volatile int inFlight;

        // There from the first write on: a mirror has many stripes, and a home may have many mirrors that rest.
        private long[] starts;
        private long[] ends;
        private long[] tickets;
        private long[] lastStarts;
        private long[] lastEnds;

        Stripe(Signal changed) {
            this.changed = changed;
        }

        synchronized long add(long start, long end) {
            int n = inFlight;
            if (starts == null) {
                starts = new long[8];
                ends = new long[8];
                tickets = new long[8];
                lastStarts = new long[REMEMBERED];
                lastEnds = new long[REMEMBERED];
            } else if (n == starts.length) {
                starts = Arrays.copyOf(starts, 2 * n);
                ends = Arrays.copyOf(ends, 2 * n);
                tickets = Arrays.copyOf(tickets, 2 * n);
            }
            long ticket = begun + 1;
            starts[n] = start;
            ends[n] = end;
            tickets[n] = ticket;
            lastStarts[(int) (ticket % REMEMBERED)] = start;
            lastEnds[(int) (ticket % REMEMBERED)] = end;
            inFlight = n + 1;
            begun = ticket;
            return ticket;
        }

        synchronized void remove(long ticket) {
            int at = indexOf(ticket);
            int last = inFlight - 1;
            starts[at] = starts[last];
            ends[at] = ends[last];
            tickets[at] = tickets[last];
            inFlight = last;
        }

        private int indexOf(long ticket) {
            for (int i = 0; i < inFlight; i++) {
                if (tickets[i] == ticket) {
                    return i;
                }
            }
            throw new IllegalStateException("no range with ticket " + ticket);
        }

        synchronized boolean isBehind(long ticket) {
            int at = indexOf(ticket);
            for (int i = 0; i < inFlight; i++) {
                if (tickets[i] < ticket && starts[i] < ends[at] && starts[at] < ends[i]) {
                    return true;
                }
            }
            return false;
        }

        synchronized boolean overlaps(long start, long end) {
            for (int i = 0; i < inFlight; i++) {
                if (starts[i] < end && start < ends[i]) {
                    return true;
                }
            }
            return false;
        }

        synchronized boolean beganSince(long seen, long start, long end) {
            if (begun - seen > REMEMBERED) {
                return true;
            }
            for (long ticket = seen + 1; ticket <= begun; ticket++) {
                int at = (int) (ticket % REMEMBERED);
                if (lastStarts[at] < end && start < lastEnds[at]) {
                    return true;
                }
            }
            return false;
        }
    }
}
