// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

/** As the JDK's, as far as it is used; each access is a step. */
public final class AtomicReferenceArray<E> extends Cells {
    private final int length;

    /** Makes it. */
    public AtomicReferenceArray(int length) {
        super(length, "references");
        this.length = length;
    }

    /** As the JDK's. */
    public int length() {
        return length;
    }

    /** As the JDK's. */
    @SuppressWarnings("unchecked") // only such were put in
    public E get(int i) {
        return (E) Explorer.read(cell(i));
    }

    /** As the JDK's. */
    public void set(int i, E value) {
        int cell = cell(i);
        Explorer.step("set", cell, true, () -> put(cell, value));
    }

    /** As the JDK's; not seen by others yet. */
    public void setPlain(int i, E value) {
        if (Explorer.isNow()) {
            put(cell(i), value);
        }
    }

    /** As the JDK's. */
    public boolean compareAndSet(int i, E seen, E next) {
        int cell = cell(i);
        return Explorer.step(
                        "compareAndSet",
                        cell,
                        true,
                        () -> isSame(Explorer.memory().reference(cell), seen) ? put(cell, next) : 0)
                != 0;
    }

    private static long put(int cell, Object value) {
        long stamp = value == null ? 0 : value instanceof Cells cells ? 2L * cells.first + 2 : Explorer.stampOfNow();
        Explorer.memory().set(cell, value, stamp);
        return 1;
    }

    /** A thread that is run anew makes its objects anew; they are the same where their cells are. */
    private static boolean isSame(Object a, Object b) {
        return a == b || a instanceof Cells x && b instanceof Cells y && x.first == y.first;
    }
}
