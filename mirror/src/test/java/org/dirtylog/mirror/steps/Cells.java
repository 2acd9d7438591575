// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.function.LongPredicate;

/** Numbers that threads share; each access is a step. The classes with the names of the JDK's atomics are made of it. */
public class Cells {
    /** Changes a number. */
    @FunctionalInterface
    public interface Change {
        /** Answers the number after. */
        long of(long before);
    }

    final int first;
    private final int count;

    /** Makes cells that hold 0. */
    public Cells(int count, String name) {
        this.count = count;
        this.first = Explorer.allocate(count, name);
    }

    final int cell(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException(index);
        }
        return first + index;
    }

    /** Reads. */
    public final long number(int index) {
        if (Explorer.isAnswered()) {
            return Explorer.answer();
        }
        int cell = cell(index);
        return Explorer.step("read", cell, false, () -> Explorer.memory().number(cell));
    }

    /** Changes a number in one step, and answers what it was. */
    public final long update(String kind, int index, Change change) {
        if (Explorer.isAnswered()) {
            return Explorer.answer();
        }
        int cell = cell(index);
        return Explorer.step(kind, cell, true, () -> {
            long before = Explorer.memory().number(cell);
            Explorer.memory().set(cell, change.of(before));
            return before;
        });
    }

    /** The same, and nothing is learnt. */
    public final void change(String kind, int index, Change change) {
        if (Explorer.isAnswered()) {
            Explorer.answer();
            return;
        }
        int cell = cell(index);
        Explorer.step(kind, cell, true, () -> {
            Explorer.memory().set(cell, change.of(Explorer.memory().number(cell)));
            return 0;
        });
    }

    /** Looks in one step whether something holds of a number, and learns nothing else. */
    public final boolean test(String kind, int index, LongPredicate question) {
        if (Explorer.isAnswered()) {
            return Explorer.answer() != 0;
        }
        int cell = cell(index);
        return Explorer.step(
                        kind, cell, false, () -> question.test(Explorer.memory().number(cell)) ? 1 : 0)
                != 0;
    }

    /** Changes a number if something holds of it, in one step, and learns only whether it did. */
    public final boolean changeIf(String kind, int index, LongPredicate question, Change change) {
        if (Explorer.isAnswered()) {
            return Explorer.answer() != 0;
        }
        int cell = cell(index);
        return Explorer.step(kind, cell, true, () -> {
                    long before = Explorer.memory().number(cell);
                    boolean holds = question.test(before);
                    if (holds) {
                        Explorer.memory().set(cell, change.of(before));
                    }
                    return holds ? 1 : 0;
                })
                != 0;
    }

    /** What it holds, for checks: no step. What a thread does must not depend on it. */
    public final long look(int index) {
        return Explorer.memory().number(cell(index));
    }

    /** Compares and sets in one step. */
    final boolean swap(int index, long seen, long next) {
        return changeIf("compareAndSet", index, before -> before == seen, before -> next);
    }

    /** Sets before others can see it, or together with the step before: no step. */
    public final void plain(int index, long next) {
        if (Explorer.isNow()) {
            Explorer.memory().set(cell(index), next);
        }
    }
}
