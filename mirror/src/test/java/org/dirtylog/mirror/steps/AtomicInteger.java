// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

/** As the JDK's, as far as it is used; each access is a step. */
public final class AtomicInteger extends Cells {
    /** Makes it. */
    public AtomicInteger() {
        super(1, "integer");
    }

    /** As the JDK's. */
    public int get() {
        return (int) number(0);
    }

    /** As the JDK's. */
    public int incrementAndGet() {
        return (int) update("increment", 0, before -> before + 1) + 1;
    }

    /** As the JDK's. */
    public int decrementAndGet() {
        return (int) update("decrement", 0, before -> before - 1) - 1;
    }
}
