// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/** Carries each task out at once, on the thread that starts it, so that an input does the same whenever it is tried. */
public final class InlineTasks implements Tasks {
    /** Makes one. */
    public InlineTasks() {}

    @Override
    public void start(String name, Runnable task) {
        task.run();
    }

    @Override
    public void startAfter(long delayNanos, String name, Runnable task) {
        throw new Broken("no time passes here, and " + name + " wants some to");
    }

    @Override
    public Signal signal(String name) {
        return new Signal() {
            @Override
            public boolean await(BooleanSupplier condition, long deadlineNanos) {
                Broken.unless(condition.getAsBoolean(), "bounded time: nobody is left who could raise ", name);
                return true;
            }

            @Override
            public void raise() {}
        };
    }
}
