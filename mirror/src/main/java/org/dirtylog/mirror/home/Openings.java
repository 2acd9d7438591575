// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.seams.Tasks;

/**
 * Opens and closes mirrors a few at a time. Each waits for other tasks of the pool, for calls to its log at least: a thousand
 * at once would take all threads, and wait for ones that nobody gives back.
 */
final class Openings {
    private static final int AT_ONCE = 16;

    /** What hangs holds up the others for this long and no longer. */
    private static final long MOST_NANOS = 1_000_000_000L;

    private final Tasks tasks;

    // Guarded by this.
    private final Queue<Opening> waiting = new ArrayDeque<>();
    private int running;

    private record Opening(String name, Runnable work) {}

    Openings(Tasks tasks) {
        this.tasks = tasks;
    }

    void add(String name, Runnable work) {
        synchronized (this) {
            waiting.add(new Opening(name, work));
        }
        startNext();
    }

    private void startNext() {
        Opening next;
        synchronized (this) {
            next = running < AT_ONCE ? waiting.poll() : null;
            if (next == null) {
                return;
            }
            running++;
        }
        AtomicBoolean counted = new AtomicBoolean(true);
        tasks.startAfter(MOST_NANOS, next.name, () -> leave(counted));
        tasks.start(next.name, () -> {
            try {
                next.work.run();
            } finally {
                leave(counted);
            }
        });
    }

    private void leave(AtomicBoolean counted) {
        if (counted.compareAndSet(true, false)) {
            synchronized (this) {
                running--;
            }
            startNext();
        }
    }
}
