// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Whatever is done to a mirror as a whole is done one after the other. */
final class Turns {
    /** Something that is done to it. */
    @FunctionalInterface
    interface Step {
        void run() throws MirrorException;
    }

    private final Signal freed;
    private final AtomicBoolean busy = new AtomicBoolean();

    Turns(Tasks tasks, String mirror) {
        this.freed = tasks.signal(mirror + "/life");
    }

    void take(Step step) throws MirrorException {
        freed.await(() -> busy.compareAndSet(false, true));
        try {
            step.run();
        } finally {
            busy.set(false);
            freed.raise();
        }
    }

    /** For a step that throws nothing. */
    void takeQuietly(Runnable step) {
        try {
            take(step::run);
        } catch (MirrorException e) {
            throw new IllegalStateException(e);
        }
    }
}
