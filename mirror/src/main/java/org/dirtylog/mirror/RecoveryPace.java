// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;

/**
 * Slows recovery down: to its floor while clients have something under way, to its ceiling else. Regions wait before they are taken, so
 * that no client waits for one that is put off. Clients pay nothing for it: whether they are there is seen from the counters of the
 * gates.
 */
final class RecoveryPace {
    /** So long after they were seen last, clients count as being there: they think between two requests. */
    private static final long LINGER_NANOS = 20_000_000;

    private static final long SECOND = 1_000_000_000L;

    private final MirrorState mirror;
    private final Signal changed;
    private final BooleanSupplier paused;
    private volatile long floor;
    private volatile long ceiling;

    // Guarded by this.
    /** When all that was admitted has had its time. */
    private long freeAt;

    private long busyUntil;

    /**
     * Wires.
     *
     * @param changed raised when {@code paused} becomes true
     * @param paused  whether nothing waits any more
     */
    RecoveryPace(MirrorState mirror, RecoveryPolicy policy, Signal changed, BooleanSupplier paused) {
        this.mirror = mirror;
        this.changed = changed;
        this.paused = paused;
        follow(policy);
        long now = mirror.world.clock().nanos();
        freeAt = now;
        busyUntil = now;
    }

    /** Takes over other rates, from the next region on. */
    void follow(RecoveryPolicy policy) {
        floor = policy.floorMiB() << 20;
        ceiling = policy.ceilingMiB() << 20;
    }

    /** Returns when so many bytes may be copied, or nothing waits any more. */
    void await(long bytes) {
        while (!paused.getAsBoolean()) {
            long now = mirror.world.clock().nanos();
            long until = reserve(bytes, now, isBusy());
            if (until <= now) {
                return;
            }
            // Clients may have gone before that: then it is not as long.
            changed.await(paused, Math.min(until, now + LINGER_NANOS));
        }
    }

    private boolean isBusy() {
        return !mirror.writes.isEmpty() || !mirror.reads.isEmpty();
    }

    /**
     * Takes the time that so many bytes may take, if it has come.
     *
     * @return when to ask again, at the latest; a moment that has passed if the bytes are admitted
     */
    synchronized long reserve(long bytes, long now, boolean busy) {
        if (busy) {
            busyUntil = now + LINGER_NANOS;
        }
        long rate = now - busyUntil < 0 ? floor : ceiling;
        if (rate == 0) {
            freeAt = now;
            return now;
        }
        // What was admitted at the floor does not hold up what follows once the clients have gone, for longer than it
        // would have taken by the rate of now.
        long ahead = Math.min(freeAt - now, nanos(bytes, rate));
        if (ahead > 0) {
            return now + ahead;
        }
        freeAt = now + nanos(bytes, rate);
        return now;
    }

    private static long nanos(long bytes, long rate) {
        return (long) ((double) bytes / rate * SECOND);
    }
}
