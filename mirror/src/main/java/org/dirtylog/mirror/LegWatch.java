// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that nobody waits for ever for a leg (P7). What has been in a leg for longer than the hard time-out is let go: another
 * task takes it over, and the leg gets nothing new before all that was let go has returned. So nothing that comes late to a
 * leg which stays attached comes over something newer, and who was let go may leave its range, its region and the gate.
 *
 * <p>Time is counted in ticks, which come while something is in a leg and at no other time. A thread that enters a leg
 * reads no clock, and a process that was stopped for a while blames no leg for it.
 */
final class LegWatch {
    private static final Logger LOG = LoggerFactory.getLogger(LegWatch.class);
    private static final long MILLI = 1_000_000L;
    private static final long LONGEST_TICK = 1_000_000_000L;
    private static final int TICKS = 4;

    /** Something else than a thread's own operation that waits for legs. */
    interface Waiting {
        /** Gives up on legs that have kept it waiting for more ticks than that; answers whether it waits still. */
        boolean look(LegWatch watch, long overdueBefore, long slowBefore);
    }

    private final String name;
    private final Surroundings world;
    private final Signal changed;
    private final AtomicBoolean ticking = new AtomicBoolean();
    private volatile long tick = 1;
    private volatile Attempt[] attempts = {};

    private volatile long tickNanos;
    /** How many ticks are too many; 0 if none are. */
    private volatile long hungTicks;

    private volatile long slowTicks = Long.MAX_VALUE / 2;

    /** Guarded by this. */
    private final List<Waiting> others = new ArrayList<>();

    LegWatch(String name, Surroundings world) {
        this.name = name;
        this.world = world;
        this.changed = world.tasks().signal(name + "/legs");
    }

    /** Takes over time-outs. What is under way counts by the new ones from the next tick on. */
    void follow(LegPolicy policy) {
        long slow = policy.slowAfter().toNanos();
        long hung = policy.hungAfter().toNanos();
        long shortest = Math.min(slow == 0 ? Long.MAX_VALUE : slow, hung == 0 ? Long.MAX_VALUE : hung);
        long length = Math.max(MILLI, Math.min(LONGEST_TICK, shortest / TICKS));
        tickNanos = length;
        slowTicks = slow == 0 ? Long.MAX_VALUE / 2 : ticksOf(slow, length);
        hungTicks = hung == 0 ? 0 : ticksOf(hung, length);
    }

    private static long ticksOf(long nanos, long length) {
        return (nanos + length - 1) / length;
    }

    /** Nobody has much time any more. */
    void hurry(long nanos) {
        if (isOn()) {
            hungTicks = Math.min(hungTicks, ticksOf(nanos, tickNanos));
        }
    }

    /** Whether anything is ever let go. */
    boolean isOn() {
        return hungTicks != 0;
    }

    // ---- operations -------------------------------------------------------------------------------------------------

    /** An attempt of the caller's own, until it is released. */
    Attempt claim(int hint) {
        while (true) {
            Attempt[] now = attempts;
            for (int i = 0; i < now.length; i++) {
                Attempt one = now[hint + i & now.length - 1];
                if (one.tryClaim()) {
                    return one;
                }
            }
            grow(now);
        }
    }

    /** Gives back an attempt of which the thread was not let go. */
    void release(Attempt attempt) {
        attempt.release();
    }

    private synchronized void grow(Attempt[] seen) {
        if (attempts == seen) {
            Attempt[] more = Arrays.copyOf(seen, Math.max(4, 2 * seen.length));
            for (int i = seen.length; i < more.length; i++) {
                more[i] = new Attempt();
            }
            attempts = more;
        }
    }

    /** The thread of an operation is about to enter a leg. All that whoever takes over needs is in the attempt. */
    void enter(Attempt attempt, Leg leg) {
        if (isOn()) {
            attempt.enter(leg, tick);
            keepTicking();
        }
    }

    /**
     * The thread of an operation has come back from a leg.
     *
     * @throws LetGoException if the operation is no longer its own. All that was lent to it is free again
     */
    void leave(Attempt attempt, Leg leg) throws LetGoException {
        if (attempt.leave()) {
            return;
        }
        leg.endHang();
        // Whoever has taken over may still look at the bytes.
        changed.await(attempt::isSettled);
        throw new LetGoException(leg.name());
    }

    /** Has something watched until it is taken away. */
    void add(Waiting waiting) {
        synchronized (this) {
            others.add(waiting);
        }
        keepTicking();
    }

    void remove(Waiting waiting) {
        synchronized (this) {
            others.remove(waiting);
        }
    }

    /** The tick that it is. */
    long now() {
        return tick;
    }

    // ---- ticks ------------------------------------------------------------------------------------------------------

    private void keepTicking() {
        if (!ticking.get() && ticking.compareAndSet(false, true)) {
            later();
        }
    }

    private void later() {
        world.tasks().startAfter(tickNanos, name + "/watch", this::tick);
    }

    private void tick() {
        tick++;
        if (look()) {
            later();
            return;
        }
        // Whoever enters now sees that nobody ticks; whoever has entered before is seen here.
        ticking.set(false);
        if (look()) {
            keepTicking();
        }
    }

    /** Answers whether somebody is in a leg. */
    private boolean look() {
        long now = tick;
        boolean busy = false;
        if (isOn()) {
            for (Attempt attempt : attempts) {
                busy |= look(attempt, now);
            }
        }
        List<Waiting> waiting;
        synchronized (this) {
            waiting = List.copyOf(others);
        }
        long overdue = isOn() ? now - hungTicks : Long.MIN_VALUE;
        for (Waiting one : waiting) {
            busy |= one.look(this, overdue, now - slowTicks);
        }
        return busy;
    }

    private boolean look(Attempt attempt, long now) {
        long place = attempt.place();
        if (!Attempt.isInLeg(place)) {
            return false;
        }
        LegSet legs = attempt.legs;
        Leg leg = legs == null ? null : legs.leg(Attempt.legOf(place));
        if (leg == null || attempt.place() != place) {
            // It has come back meanwhile.
            return true;
        }
        long age = now - Attempt.tickOf(place);
        if (age > slowTicks) {
            noteSlow(leg, age);
        }
        if (age > hungTicks || age > 1 && leg.isHanging()) {
            letGo(attempt, place, leg, age);
        }
        return true;
    }

    /** A leg takes its time. */
    void noteSlow(Leg leg, long ticks) {
        if (leg.noteSlow(world.clock().nanos(), ticks * tickNanos)) {
            LOG.warn(
                    "Mirror {}: leg {} ({}) is slow: something has been under way on it for {} ms. {}",
                    name,
                    leg.index(),
                    leg.name(),
                    ticks * tickNanos / MILLI,
                    isOn()
                            ? "After " + hungTicks * tickNanos / MILLI + " ms it is given up on (legHungMillis)"
                            : "It is waited for (legHungMillis=0)");
        }
    }

    private void letGo(Attempt attempt, long place, Leg leg, long age) {
        hangs(leg, age);
        if (!attempt.letGo(place)) {
            leg.endHang();
            return;
        }
        replace(attempt);
        world.tasks().start(name + "/takeover", () -> {
            try {
                attempt.owner.takeOver(attempt, leg);
            } finally {
                attempt.noteSettled();
                changed.raise();
            }
        });
    }

    /** Nobody waits any longer for something that is under way on a leg. To be followed by an end of it, one day. */
    void hangs(Leg leg, long ticks) {
        if (leg.beginHang("it has not answered for " + ticks * tickNanos / MILLI + " ms")) {
            LOG.error(
                    "Mirror {}: leg {} ({}) hangs: {}. Where another leg is current it is excluded; else what it holds up"
                            + " is answered with an error until it answers",
                    name,
                    leg.index(),
                    leg.name(),
                    leg.hanging().getMessage());
        }
    }

    private synchronized void replace(Attempt letGo) {
        Attempt[] now = attempts.clone();
        for (int i = 0; i < now.length; i++) {
            now[i] = now[i] == letGo ? new Attempt() : now[i];
        }
        attempts = now;
    }

    /**
     * Latches a leg that hangs as failing, if another current one of the set is in order.
     *
     * @return whether there is one
     */
    static boolean latchUnlessLast(LegSet legs, Leg leg) {
        boolean others = (legs.currentMask() & ~leg.mask() & ~legs.failingMask() & ~legs.hangingMask()) != 0;
        if (others) {
            leg.latchFailing();
        }
        return others;
    }
}
