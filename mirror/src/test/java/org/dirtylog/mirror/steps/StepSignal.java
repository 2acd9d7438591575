// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;

/** A signal of which no wake-up is lost, and none is given: who waits goes on when it was raised, or, with a deadline, whenever. */
public final class StepSignal implements Signal {
    private final Cells waiting;

    /** Makes it. */
    public StepSignal(String name) {
        this.waiting = new Cells(1, name);
    }

    @Override
    public boolean await(BooleanSupplier condition, long deadlineNanos) {
        boolean late = false;
        int place = Explorer.place();
        while (true) {
            // A condition that did not hold has had no effect.
            Explorer.forgetSince(place);
            // Before the condition is looked at: whoever raises afterwards wakes it.
            waiting.plain(0, waiting.look(0) | bit());
            boolean holds = condition.getAsBoolean();
            if (holds || late) {
                waiting.plain(0, waiting.look(0) & ~bit());
                return holds;
            }
            if (!Explorer.await(waiting.cell(0), deadlineNanos != NEVER)) {
                late = true;
                place = Explorer.place();
            }
        }
    }

    private static long bit() {
        return 1L << Explorer.thisThread();
    }

    @Override
    public void raise() {
        // Nothing that others see as long as nobody waits: a step only where somebody does.
        int cell = waiting.cell(0);
        Explorer.step("raise", cell, false, () -> {
            Explorer.memory().set(cell, 0);
            return 0;
        });
    }
}
