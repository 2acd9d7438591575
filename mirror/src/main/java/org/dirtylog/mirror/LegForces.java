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

    /** Forces every attached leg of the set that is not failing; begun after the call. */
    Outcome forceAttached(LegSet legs) {
        int failing = legs.failingMask();
        int wanted = legs.attachedMask() & ~failing;
        Round round = new Round(legs, wanted, failing);
        for (int rest = wanted & wanted - 1; rest != 0; rest &= rest - 1) {
            tasks.start(name, round::forceOne);
        }
        // The caller takes its share, and whatever no task has begun: it never waits for a task that has no thread yet.
        while (round.forceOne()) {}
        round.await();
        return new Outcome(round.failed.get(), round.cause.get());
    }

    /** The forces of one call. Whoever comes takes a leg that nobody has taken. */
    private final class Round {
        private final LegSet legs;
        private final AtomicInteger untaken;
        private final AtomicInteger unfinished;
        private final Signal ended;
        final AtomicInteger failed;
        final AtomicReference<IOException> cause = new AtomicReference<>();

        Round(LegSet legs, int wanted, int failing) {
            this.legs = legs;
            untaken = new AtomicInteger(wanted);
            unfinished = new AtomicInteger(wanted);
            failed = new AtomicInteger(failing);
            ended = tasks.signal(name);
        }

        /** Answers whether there was one left to force. */
        boolean forceOne() {
            int before = untaken.getAndUpdate(mask -> mask & mask - 1);
            int mine = Integer.lowestOneBit(before);
            if (mine == 0) {
                return false;
            }
            try {
                legs.leg(Integer.numberOfTrailingZeros(mine)).force();
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
