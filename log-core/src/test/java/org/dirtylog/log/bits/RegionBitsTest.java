// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.dirtylog.log.RegionSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionBitsTest {
    private static final long NODE = 1L << 21;

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 100, 32767, 32768, 32769, 100_000, (1 << 25) + 70_000})
    void behaves_like_a_set_of_bits_whatever_is_done_to_it(int size) {
        Random random = new Random(size);
        RegionBits bits = RegionBits.zeros(size);
        BitSet model = new BitSet(size);
        for (int step = 0; step < 400; step++) {
            int first = random.nextInt(size);
            int end = random.nextInt(4) == 0
                    ? first + random.nextInt(size - first + 1)
                    : Math.min(size, first + random.nextInt(70));
            if (random.nextInt(9) == 0) {
                first = 0;
                end = size;
            }
            switch (random.nextInt(4)) {
                case 0 -> {
                    int before = model.cardinality();
                    model.set(first, end);
                    assertEquals(model.cardinality() - before, bits.set(first, end), "seed " + size);
                }
                case 1 -> {
                    int before = model.cardinality();
                    model.clear(first, end);
                    assertEquals(before - model.cardinality(), bits.clear(first, end), "seed " + size);
                }
                case 2 -> {
                    model.flip(first, end);
                    bits.flip(first, end);
                }
                default -> {
                    long word = random.nextBoolean() ? random.nextLong() : random.nextBoolean() ? -1 : 0;
                    int index = first / 64;
                    bits.setWord(index, word);
                    for (int b = 0; b < 64 && index * 64 + b < size; b++) {
                        model.set(index * 64 + b, (word >>> b & 1) == 1);
                    }
                }
            }
            compare(bits, model, size, random);
        }
    }

    private static void compare(RegionBits bits, BitSet model, int size, Random random) {
        assertEquals(model.cardinality(), bits.countOnes(), "seed " + size);
        for (int probe = 0; probe < 20; probe++) {
            int at = random.nextInt(size);
            assertEquals(model.get(at), bits.get(at));
            int one = model.nextSetBit(at);
            assertEquals(one < 0 ? size : one, bits.nextOne(at), "seed " + size);
            assertEquals(Math.min(size, model.nextClearBit(at)), bits.nextZero(at), "seed " + size);
            long[] words =
                    model.get(at / 64 * 64, Math.min(size, at / 64 * 64 + 64)).toLongArray();
            assertEquals(words.length == 0 ? 0 : words[0], bits.word(at / 64), "seed " + size);
        }
    }

    @Test
    void two_to_the_forty_regions_with_a_few_dirty_are_searched_at_once_and_cost_little() {
        RegionBits bits = RegionBits.ones(RegionBits.MAX_SIZE);
        long[] dirty = {0, 5, NODE - 1, NODE, 77 * NODE + 12_345, RegionBits.MAX_SIZE - 1};
        bits.clear(RegionSet.of(dirty));
        assertEquals(RegionBits.MAX_SIZE - dirty.length, bits.countOnes());
        assertEquals(RegionSet.of(dirty), bits.zerosIn(0, bits.size()));
        assertEquals(77 * NODE + 12_345, bits.nextZero(NODE + 1));
        assertEquals(RegionBits.MAX_SIZE, bits.set(0, bits.size()) - dirty.length + RegionBits.MAX_SIZE);
        assertEquals(RegionBits.MAX_SIZE, bits.nextZero(0));
    }

    @Test
    void a_bitmap_in_which_every_stretch_is_mixed_is_searched_too() {
        RegionBits bits = RegionBits.zeros(1L << 29);
        for (long at = 100; at < bits.size(); at += 1 << 15) {
            bits.set(at, at + 1);
        }
        assertEquals(1 << 14, bits.countOnes());
        assertEquals((1 << 15) + 100, bits.nextOne(101));
        assertEquals(bits.size(), bits.nextOne(bits.size() - (1 << 15) + 101));
    }

    @Test
    void lists_what_is_set_and_what_is_not_among_some_regions() {
        RegionBits bits = RegionBits.zeros(200);
        bits.set(10, 20);
        bits.set(150, 151);
        RegionSet some = RegionSet.range(5, 12).plus(RegionSet.range(18, 160));
        assertEquals(
                RegionSet.range(10, 12).plus(RegionSet.range(18, 20)).plus(RegionSet.of(150)), bits.onesAmong(some));
        assertEquals(some.minus(bits.onesAmong(some)), bits.zerosAmong(some));
        assertEquals(bits.onesIn(0, 200), bits.copy().onesIn(0, 200));
    }

    @Test
    void a_copy_has_the_same_bits_and_a_life_of_its_own() {
        RegionBits bits = RegionBits.zeros(NODE + 70_001);
        for (long word = 0; word < 1200; word++) {
            bits.setWord(word, 0x5555_5555_5555_5555L);
        }
        bits.set(40_000, 120_000);
        bits.set(NODE + 1, bits.size() - 1);
        RegionBits copy = bits.copy();
        assertEquals(bits.onesIn(0, bits.size()), copy.onesIn(0, bits.size()));
        assertEquals(bits.countOnes(), copy.countOnes());
        RegionSet before = bits.onesIn(0, bits.size());
        assertEquals(1, copy.set(1, 2));
        assertEquals(3, copy.clear(NODE + 1, NODE + 4));
        copy.flip(40_000, 120_000);
        assertEquals(before, bits.onesIn(0, bits.size()));
        assertEquals(before.count(), bits.countOnes());
        assertEquals(before.count() + 1 - 3 - 80_000, copy.countOnes());
        bits.clear(0, bits.size());
        assertTrue(copy.get(1));
        assertEquals(
                before.count() + 1 - 3 - 80_000, copy.onesIn(0, copy.size()).count());
    }

    @Test
    void refuses_regions_that_are_not_there() {
        RegionBits bits = RegionBits.ones(100);
        assertThrows(IndexOutOfBoundsException.class, () -> bits.get(100));
        assertThrows(IndexOutOfBoundsException.class, () -> bits.get(-1));
        assertThrows(IndexOutOfBoundsException.class, () -> bits.clear(99, 101));
        assertThrows(IndexOutOfBoundsException.class, () -> bits.set(5, 4));
        assertThrows(IllegalArgumentException.class, () -> RegionBits.zeros(RegionBits.MAX_SIZE + 1));
        assertEquals(100, bits.countOnes());
    }

    @Test
    void i13_bits_beyond_the_end_count_for_nothing() {
        RegionBits bits = RegionBits.zeros(70);
        bits.setWord(1, -1);
        assertEquals(6, bits.countOnes());
        assertEquals(0x3F, bits.word(1));
        assertEquals(70, bits.nextZero(64));
        assertTrue(bits.get(69));
        assertFalse(bits.get(63));
        assertEquals(0x3F, RegionBits.ones(70).word(1));
    }
}
