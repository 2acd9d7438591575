// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Forces several legs at once: what takes long is the devices', and they do not wait for each other. */
final class LegForces {
    private final Tasks tasks;
    private final String name;

    LegForces(Tasks tasks, String name) {
        this.tasks = tasks;
        this.name = name + "/force";
    }

    /**
     * How it went.
     *
     * @param failed mask of the legs that could not be forced, or that were failing already
     * @param cause  one of the reasons, or {@code null} if there is none
     */
    record Outcome(int failed, IOException cause) {}

    /** Something that ends with a force of a leg. */
    @FunctionalInterface
    interface Work {
        void on(Leg leg) throws IOException;
    }

    /** Forces every attached leg of the set that is not failing; begun after the call. */
    Outcome forceAttached(LegSet legs) {
        int failing = legs.failingMask();
        Outcome outcome = each(legs, legs.attachedMask() & ~failing, Leg::force);
        return new Outcome(outcome.failed | failing, outcome.cause);
    }

    /** Does something to each leg of a mask, and returns when all of it has ended. */
    Outcome each(LegSet legs, int wanted, Work work) {
        Round round = new Round(legs, wanted, work);
        for (int rest = wanted & wanted - 1; rest != 0; rest &= rest - 1) {
            tasks.start(name, round::doOne);
        }
        // The caller takes its share, and whatever no task has begun: it never waits for a task that has no thread yet.
        while (round.doOne()) {}
        round.await();
        return new Outcome(round.failed.get(), round.cause.get());
    }

    /** The work of one call. Whoever comes takes a leg that nobody has taken. */
    private final class Round {
        private final LegSet legs;
        private final AtomicInteger untaken;
        private final AtomicInteger unfinished;
        private final Signal ended;
        private final Work work;
        final AtomicInteger failed = new AtomicInteger();
        final AtomicReference<IOException> cause = new AtomicReference<>();

        Round(LegSet legs, int wanted, Work work) {
            this.legs = legs;
            this.work = work;
            untaken = new AtomicInteger(wanted);
            unfinished = new AtomicInteger(wanted);
            ended = tasks.signal(name);
        }

        /** Answers whether there was one left. */
        boolean doOne() {
            int before = untaken.getAndUpdate(mask -> mask & mask - 1);
            int mine = Integer.lowestOneBit(before);
            if (mine == 0) {
                return false;
            }
            try {
                work.on(legs.leg(Integer.numberOfTrailingZeros(mine)));
            } catch (IOException e) {
                cause.compareAndSet(null, e);
                failed.getAndUpdate(mask -> mask | mine);
            } finally {
                unfinished.getAndUpdate(mask -> mask & ~mine);
                ended.raise();
            }
            return true;
        }

        void await() {
            ended.await(() -> unfinished.get() == 0);
        }
    }
}
