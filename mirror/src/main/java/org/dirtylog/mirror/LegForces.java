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
        AtomicInteger failed = new AtomicInteger(failing);
        AtomicReference<IOException> cause = new AtomicReference<>();
        int own = Integer.lowestOneBit(wanted);
        int others = wanted & ~own;
        if (others == 0) {
            force(legs, own, failed, cause);
            return new Outcome(failed.get(), cause.get());
        }
        AtomicInteger left = new AtomicInteger(Integer.bitCount(others));
        Signal ended = tasks.signal(name);
        for (int rest = others; rest != 0; rest &= rest - 1) {
            int mask = Integer.lowestOneBit(rest);
            tasks.start(name, () -> {
                force(legs, mask, failed, cause);
                left.decrementAndGet();
                ended.raise();
            });
        }
        force(legs, own, failed, cause);
        ended.await(() -> left.get() == 0);
        return new Outcome(failed.get(), cause.get());
    }

    private static void force(LegSet legs, int mask, AtomicInteger failed, AtomicReference<IOException> cause) {
        if (mask == 0) {
            return;
        }
        try {
            legs.leg(Integer.numberOfTrailingZeros(mask)).force();
        } catch (IOException e) {
            cause.compareAndSet(null, e);
            failed.getAndUpdate(before -> before | mask);
        }
    }
}
