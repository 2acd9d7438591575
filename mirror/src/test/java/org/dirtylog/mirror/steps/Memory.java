// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.Arrays;

/**
 * What the explored threads share: numbered cells, each with a number or a reference, every change of which can be taken back.
 * {@link #hash()} stands for all of it.
 */
final class Memory {
    private long[] numbers = new long[64];
    private Object[] references = new Object[64];
    /** Stands for a reference: equal only where the reference is the same. */
    private long[] stamps = new long[64];

    private String[] names = new String[64];
    private int size;
    private long hash;

    private int[] changedCells = new int[256];
    private long[] oldNumbers = new long[256];
    private Object[] oldReferences = new Object[256];
    private long[] oldStamps = new long[256];
    private int changes;

    /** Answers the first of so many new cells. */
    int allocate(int count, String name) {
        int first = size;
        size += count;
        if (size > numbers.length) {
            int room = Math.max(size, 2 * numbers.length);
            numbers = Arrays.copyOf(numbers, room);
            references = Arrays.copyOf(references, room);
            stamps = Arrays.copyOf(stamps, room);
            names = Arrays.copyOf(names, room);
        }
        for (int i = 0; i < count; i++) {
            names[first + i] = count == 1 ? name : name + "[" + i + "]";
        }
        return first;
    }

    String name(int cell) {
        return names[cell];
    }

    void name(int cell, String name) {
        names[cell] = name;
    }

    long number(int cell) {
        return numbers[cell];
    }

    Object reference(int cell) {
        return references[cell];
    }

    long stamp(int cell) {
        return stamps[cell];
    }

    void set(int cell, long number) {
        if (numbers[cell] != number) {
            change(cell, number, references[cell], stamps[cell]);
        }
    }

    void set(int cell, Object reference, long stamp) {
        change(cell, numbers[cell], reference, stamp);
    }

    private void change(int cell, long number, Object reference, long stamp) {
        if (changes == changedCells.length) {
            changedCells = Arrays.copyOf(changedCells, 2 * changes);
            oldNumbers = Arrays.copyOf(oldNumbers, 2 * changes);
            oldReferences = Arrays.copyOf(oldReferences, 2 * changes);
            oldStamps = Arrays.copyOf(oldStamps, 2 * changes);
        }
        changedCells[changes] = cell;
        oldNumbers[changes] = numbers[cell];
        oldReferences[changes] = references[cell];
        oldStamps[changes] = stamps[cell];
        changes++;
        put(cell, number, reference, stamp);
    }

    private void put(int cell, long number, Object reference, long stamp) {
        hash ^= part(cell);
        numbers[cell] = number;
        references[cell] = reference;
        stamps[cell] = stamp;
        hash ^= part(cell);
    }

    private long part(int cell) {
        long number = numbers[cell];
        long stamp = stamps[cell];
        return (number == 0 ? 0 : mix(number * 31 + cell * 0x9E3779B97F4A7C15L))
                ^ (stamp == 0 ? 0 : mix(stamp * 37 + cell * 0xC2B2AE3D27D4EB4FL + 1));
    }

    /** How many changes there were; to be given to {@link #takeBack}. */
    int changes() {
        return changes;
    }

    void takeBack(int upTo) {
        while (changes > upTo) {
            changes--;
            put(changedCells[changes], oldNumbers[changes], oldReferences[changes], oldStamps[changes]);
            oldReferences[changes] = null;
        }
    }

    long hash() {
        return hash;
    }

    static long mix(long z) {
        long x = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }
}
