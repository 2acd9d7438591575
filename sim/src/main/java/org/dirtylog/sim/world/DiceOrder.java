// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.Arrays;

/** The dice decide, at a pace. */
final class DiceOrder implements Order {
    private final Dice dice;
    private final Scheduler.Pace pace;
    private SimTask[] tasks = new SimTask[16];
    private int count;

    DiceOrder(Dice dice, Scheduler.Pace pace) {
        this.dice = dice;
        this.pace = pace;
    }

    @Override
    public void add(SimTask task) {
        if (count == tasks.length) {
            tasks = Arrays.copyOf(tasks, 2 * count);
        }
        tasks[count++] = task;
    }

    @Override
    public SimTask take() {
        if (count == 0) {
            return null;
        }
        int at = pace == Scheduler.Pace.RANKED ? highest() : dice.below(count);
        SimTask next = tasks[at];
        tasks[at] = tasks[--count];
        tasks[count] = null;
        return next;
    }

    private int highest() {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = tasks[i].rank > tasks[best].rank ? i : best;
        }
        return best;
    }

    @Override
    public boolean leaves(SimTask current, long steps) {
        if (count == 0) {
            return false;
        }
        switch (pace) {
            case SELDOM:
                return dice.oneIn(50);
            case OFTEN:
                return dice.oneIn(6);
            case ALWAYS:
                return (dice.next() & 1) == 0;
            default:
                if (dice.oneIn(40)) {
                    // From here on it comes after all others, until another one's rank falls lower.
                    current.rank = Long.MIN_VALUE + (1L << 40) - steps;
                }
                return tasks[highest()].rank > current.rank;
        }
    }
}
