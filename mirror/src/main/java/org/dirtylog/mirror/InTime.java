// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;

/**
 * Something that is made on another thread, because it may never answer. Who waits for it waits for no longer than it has to; what
 * comes later is given back.
 *
 * @param <T> what is made
 */
final class InTime<T> {
    private final Surroundings world;
    private final AtomicReference<Ending<T>> ending = new AtomicReference<>();
    private final Signal ended;

    /** Makes it. */
    interface Making<T> {
        T make() throws IOException, MirrorException;
    }

    /** Takes what was made when nobody waited for it any longer; {@code null} if it failed. */
    interface Late<T> {
        void take(T made);
    }

    /** How it ended; both are {@code null} if nobody waits any longer. */
    private record Ending<T>(T made, Throwable thrown) {}

    private InTime(Surroundings world, String name) {
        this.world = world;
        this.ended = world.tasks().signal(name);
    }

    /** Begins to make something that has to be given back. */
    static <T> InTime<T> begin(Surroundings world, String name, Making<T> making, Late<T> late) {
        InTime<T> begun = new InTime<>(world, name);
        world.tasks().start(name, () -> {
            Ending<T> mine = end(making);
            if (begun.ending.compareAndSet(null, mine)) {
                begun.ended.raise();
            } else {
                late.take(mine.made);
            }
        });
        return begun;
    }

    private static <T> Ending<T> end(Making<T> making) {
        try {
            return new Ending<>(making.make(), null);
        } catch (IOException | MirrorException | RuntimeException | Error e) {
            return new Ending<>(null, e);
        }
    }

    /**
     * Waits for it.
     *
     * @param nanos how long
     * @throws LateException if it took longer
     */
    T await(long nanos) throws IOException, MirrorException {
        boolean there = ended.await(() -> ending.get() != null, world.clock().nanos() + nanos);
        if (!there && ending.compareAndSet(null, new Ending<>(null, null))) {
            throw new LateException("has not answered for " + nanos / 1_000_000 + " ms");
        }
        return resultOf(ending.get());
    }

    private static <T> T resultOf(Ending<T> ending) throws IOException, MirrorException {
        if (ending.thrown instanceof IOException e) {
            throw e;
        }
        if (ending.thrown instanceof MirrorException e) {
            throw e;
        }
        if (ending.thrown != null) {
            throw new IOException(ending.thrown.toString(), ending.thrown);
        }
        return ending.made;
    }

    /** Nobody waits any longer. */
    static final class LateException extends IOException {
        private static final long serialVersionUID = 1;

        LateException(String why) {
            super(why);
        }
    }
}
