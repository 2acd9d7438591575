// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

/** As the JDK's, as far as it is used; each access is a step. */
public final class AtomicBoolean extends Cells {
    /** Makes it. */
    public AtomicBoolean() {
        super(1, "boolean");
    }

    /** As the JDK's. */
    public boolean get() {
        return number(0) != 0;
    }

    /** As the JDK's. */
    public void set(boolean value) {
        change("set", 0, before -> value ? 1 : 0);
    }

    /** As the JDK's. */
    public boolean compareAndSet(boolean seen, boolean next) {
        return swap(0, seen ? 1 : 0, next ? 1 : 0);
    }
}
