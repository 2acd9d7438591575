// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.Arrays;

/**
 * One explored thread. It has no stack of its own: what it does is a function of what its accesses answered, so it is run anew from
 * its beginning for each step, with the answers it has had so far.
 */
final class Explored {
    /** Ends a run at the access that is the next step. */
    static final class Stop extends Error {
        private static final long serialVersionUID = 1L;

        Stop() {
            super(null, null, false, false);
        }
    }

    /** After so many equal rounds it is a circle: who reads a cell twice in a row need not be in one. */
    private static final int ROUNDS = 4;

    final String name;
    final Runnable program;

    long[] numbers = new long[128];
    Object[] references = new Object[128];
    String[] kinds = new String[128];
    int[] cells = new int[128];
    /** The memory before each access. */
    long[] memories = new long[128];
    /** Whether the access changed something. */
    boolean[] changing = new boolean[128];

    /** Stands for what the thread remembers before each access. */
    long[] hashes = new long[128];

    int length;
    /** Stands for what the thread remembers now. */
    long hash;

    boolean done;

    /** What it does next: a kind, a cell, and for waiting what it waits for. */
    String nextKind;

    int nextCell;
    /** Whether it waits, and whether it may give up waiting. */
    boolean waits;

    boolean timed;

    Explored(String name, Runnable program) {
        this.name = name;
        this.program = program;
    }

    void append(String kind, int cell, long number, Object reference, long stamp, boolean changes, long memory) {
        if (length == numbers.length) {
            int room = 2 * length;
            numbers = Arrays.copyOf(numbers, room);
            references = Arrays.copyOf(references, room);
            kinds = Arrays.copyOf(kinds, room);
            cells = Arrays.copyOf(cells, room);
            memories = Arrays.copyOf(memories, room);
            hashes = Arrays.copyOf(hashes, room);
            changing = Arrays.copyOf(changing, room);
        }
        numbers[length] = number;
        references[length] = reference;
        kinds[length] = kind;
        cells[length] = cell;
        changing[length] = changes;
        memories[length] = memory;
        hashes[length] = hash;
        length++;
        hash = Memory.mix(hash + Memory.mix(number + 0x51ED270B0A1F39C1L) + 3 * Memory.mix(stamp + cell));
    }

    /**
     * Whether it goes round in a circle that only others can end: the same reads with the same answers time and again, while the
     * memory is as it was.
     */
    boolean spins(long memory) {
        for (int period = 1; period <= 6 && ROUNDS * period <= length; period++) {
            if (memories[length - ROUNDS * period] == memory && isRepeated(period)) {
                return true;
            }
        }
        return false;
    }

    private boolean isRepeated(int period) {
        for (int i = length - (ROUNDS - 1) * period; i < length; i++) {
            int before = i - period;
            if (changing[i]
                    || changing[before]
                    || numbers[i] != numbers[before]
                    || references[i] != references[before]
                    || cells[i] != cells[before]
                    || !kinds[i].equals(kinds[before])) {
                return false;
            }
        }
        return true;
    }
}
