// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

/** As the JDK's, as far as it is used; each access is a step. */
public final class AtomicLongArray extends Cells {
    /** Makes it. */
    public AtomicLongArray(int length) {
        super(length, "words");
    }

    /** As the JDK's. */
    public long get(int i) {
        return number(i);
    }

    /** As the JDK's. */
    public void set(int i, long value) {
        change("set", i, before -> value);
    }

    /** As the JDK's; not seen by others yet. */
    public void setPlain(int i, long value) {
        plain(i, value);
    }

    /** As the JDK's. */
    public boolean compareAndSet(int i, long seen, long next) {
        return swap(i, seen, next);
    }
}
