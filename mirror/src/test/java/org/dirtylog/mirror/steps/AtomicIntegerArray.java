// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

/** As the JDK's, as far as it is used; each access is a step. */
public final class AtomicIntegerArray extends Cells {
    /** Makes it. */
    public AtomicIntegerArray(int length) {
        super(length, "integers");
    }

    /** As the JDK's. */
    public int get(int i) {
        return (int) number(i);
    }

    /** As the JDK's. */
    public int incrementAndGet(int i) {
        return (int) update("increment", i, before -> before + 1) + 1;
    }

    /** As the JDK's, where nobody wants the answer. */
    public void increment(int i) {
        change("increment", i, before -> before + 1);
    }

    /** As the JDK's. */
    public int decrementAndGet(int i) {
        return (int) update("decrement", i, before -> before - 1) - 1;
    }
}
