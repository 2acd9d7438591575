// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.function.Consumer;

/** Hears of everything that happens in a history: keeps a hash of it, and prints it if that is wanted. */
public final class Trace {
    private final Consumer<String> printer;
    private final boolean steps;
    private long hash;

    /**
     * Starts.
     *
     * @param printer receives lines, or {@code null} if nobody reads them
     * @param steps   whether it hears of each step, too
     */
    public Trace(Consumer<String> printer, boolean steps) {
        this.printer = printer;
        this.steps = steps;
    }

    void step(int task) {
        hash = Dice.mix(hash + task + 1);
    }

    void point(int task, String name, String what, long a, long b, long now) {
        hash = Dice.mix(hash ^ a * 31 + b * 0x9E3779B97F4A7C15L + what.length());
        if (printer != null && steps) {
            printer.accept(String.format("%12.6f %3d %-20s %s %d %d", now / 1e9, task, name, what, a, b));
        }
    }

    /**
     * Tells whether lines are wanted.
     *
     * @return whether somebody reads them
     */
    public boolean isPrinted() {
        return printer != null;
    }

    /**
     * Notes something that the dice or the code under test has decided.
     *
     * @param text for a reader
     */
    public void note(String text) {
        hash = Dice.mix(hash ^ text.hashCode());
        if (printer != null) {
            printer.accept("        " + text);
        }
    }

    /**
     * Tells the past from others.
     *
     * @return a hash of everything that has happened
     */
    public long hash() {
        return hash;
    }
}
