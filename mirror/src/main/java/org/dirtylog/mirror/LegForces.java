// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.seams.Signal;

/**
 * Does to several legs at once what takes long, as forces do: it is the devices' time, and they do not wait for each other. Where
 * there is a hard time-out, tasks do it and the caller waits, so that a leg that hangs holds up nobody for longer (P7, P43).
 */
final class LegForces {
    /** How long a task may take to get a thread before the caller does its work. */
    private static final long GRACE_NANOS = 10_000_000;

    private final MirrorState mirror;
    private final String name;

    LegForces(MirrorState mirror) {
        this.mirror = mirror;
        this.name = mirror.name + "/force";
    }

    /**
     * How it went.
     *
     * @param failed mask of the legs that could not be forced, or that were failing already
     * @param cause  one of the reasons, or {@code null} if there is none
     */
    record Outcome(int failed, IOException cause) {
        /** Why it failed, in any case. */
        IOException why() {
            return cause == null ? new IOException("a leg is failing") : cause;
        }
    }

    /** Something that ends with a force of a leg. */
    @FunctionalInterface
    interface Work {
        void on(Leg leg) throws IOException;
    }

    /** Forces every attached leg of the set that is not failing; begun after the call. */
    Outcome forceAttached(LegSet legs) {
        int failing = legs.failingMask();
        Outcome outcome = each(legs.legs(), legs.attachedMask() & ~failing, Leg::force);
        return new Outcome(outcome.failed | failing, outcome.cause);
    }

    /** Does something to one leg, which need not be attached. */
    void one(Leg leg, Work work) throws IOException {
        Leg[] legs = new Leg[leg.index() + 1];
        legs[leg.index()] = leg;
        Outcome outcome = each(legs, leg.mask(), work);
        if (outcome.failed != 0) {
            throw outcome.why();
        }
    }

    /**
     * Does something to each leg of a mask, and returns when all of it has ended, or the time for it is over. What has not ended
     * then may still be done.
     */
    Outcome each(Leg[] legs, int wanted, Work work) {
        if (wanted == 0) {
            return new Outcome(0, null);
        }
        Round round = new Round(legs, wanted, work);
        boolean watched = mirror.watch.isOn();
        if (watched) {
            mirror.watch.add(round);
        }
        try {
            for (int rest = watched ? wanted : wanted & wanted - 1; rest != 0; rest &= rest - 1) {
                mirror.world.tasks().start(name, round::doOne);
            }
            if (!watched || !round.await(mirror.world.clock().nanos() + GRACE_NANOS)) {
                // The caller takes whatever no task has begun: it never waits for a task that has no thread yet.
                while (round.doOne()) {}
                round.await(Signal.NEVER);
            }
        } finally {
            if (watched) {
                mirror.watch.remove(round);
            }
        }
        return new Outcome(round.failed(), round.cause.get());
    }

    /** The work of one call. Whoever comes takes a leg that nobody has taken. */
    private final class Round implements LegWatch.Waiting {
        private static final int FAILED = 32;

        private final Leg[] legs;
        private final AtomicInteger untaken;
        /** Mask of the legs that are not done; and shifted, of those that failed. */
        private final AtomicLong state;

        private final Signal ended;
        private final Work work;
        /** In which tick the work on a leg began; 0 if it has not. */
        private final AtomicLongArray begun;

        final AtomicReference<IOException> cause = new AtomicReference<>();

        Round(Leg[] legs, int wanted, Work work) {
            this.legs = legs;
            this.work = work;
            untaken = new AtomicInteger(wanted);
            state = new AtomicLong(wanted);
            ended = mirror.world.tasks().signal(name);
            begun = new AtomicLongArray(legs.length);
        }

        int failed() {
            return (int) (state.get() >>> FAILED);
        }

        private int unfinished() {
            return (int) state.get();
        }

        /** Answers whether there was one left. */
        boolean doOne() {
            int before = untaken.getAndUpdate(mask -> mask & mask - 1);
            int mine = Integer.lowestOneBit(before);
            if (mine == 0) {
                return false;
            }
            Leg leg = legs[Integer.numberOfTrailingZeros(mine)];
            begun.set(leg.index(), mirror.watch.now());
            boolean failed = true;
            try {
                work.on(leg);
                failed = false;
            } catch (IOException e) {
                cause.compareAndSet(null, e);
            } finally {
                if (!finish(mine, failed)) {
                    leg.endHang();
                }
                ended.raise();
            }
            return true;
        }

        /** Answers whether somebody waits for that still. */
        private boolean finish(int mask, boolean failed) {
            while (true) {
                long before = state.get();
                if ((before & mask) == 0) {
                    return false;
                }
                long after = before & ~(long) mask | (failed ? (long) mask << FAILED : 0);
                if (state.compareAndSet(before, after)) {
                    return true;
                }
            }
        }

        boolean await(long deadlineNanos) {
            return ended.await(() -> unfinished() == 0, deadlineNanos);
        }

        @Override
        public boolean look(LegWatch watch, long overdueBefore, long slowBefore) {
            for (int rest = unfinished(); rest != 0; rest &= rest - 1) {
                Leg leg = legs[Integer.numberOfTrailingZeros(rest)];
                long since = begun.get(leg.index());
                if (since != 0 && since < slowBefore) {
                    watch.noteSlow(leg, watch.now() - since);
                }
                if (since != 0 && since < overdueBefore) {
                    giveUp(watch, leg, since);
                }
            }
            return unfinished() != 0;
        }

        private void giveUp(LegWatch watch, Leg leg, long since) {
            watch.hangs(leg, watch.now() - since);
            IOException why = leg.hanging();
            cause.compareAndSet(null, why);
            if (finish(leg.mask(), true)) {
                ended.raise();
            } else {
                leg.endHang();
            }
        }
    }
}
