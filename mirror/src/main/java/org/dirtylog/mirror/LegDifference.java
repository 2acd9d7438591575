// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * A place at which legs that are to be the same are not.
 *
 * @param position of its first byte
 * @param bytes    how many
 * @param groups   masks of the legs that are the same among themselves, the one with the lowest leg first
 */
record LegDifference(long position, long bytes, List<Integer> groups) {

    /** Compares one piece of the legs of a mask, all of which are in the buffers from an offset on. */
    static LegDifference of(int mask, long position, int bytes, int offset, ByteBuffer[] contents) {
        List<Integer> groups = new ArrayList<>();
        for (int left = mask; left != 0; left &= left - 1) {
            int leg = Integer.numberOfTrailingZeros(left);
            ByteBuffer mine = contents[leg].duplicate().clear().slice(offset, bytes);
            int group = -1;
            for (int i = 0; i < groups.size() && group < 0; i++) {
                ByteBuffer theirs = contents[Integer.numberOfTrailingZeros(groups.get(i))]
                        .duplicate()
                        .clear()
                        .slice(offset, bytes);
                group = mine.mismatch(theirs) < 0 ? i : -1;
            }
            if (group < 0) {
                groups.add(1 << leg);
            } else {
                groups.set(group, groups.get(group) | 1 << leg);
            }
        }
        return new LegDifference(position, bytes, groups);
    }

    boolean isNone() {
        return groups.size() < 2;
    }

    boolean isContinuedBy(LegDifference next) {
        return next.position == position + bytes && next.groups.equals(groups);
    }

    LegDifference with(LegDifference next) {
        return new LegDifference(position, bytes + next.bytes, groups);
    }

    boolean takesPart(int leg) {
        return groups.stream().anyMatch(group -> (group & 1 << leg) != 0);
    }

    /** The legs that differ from one of them. */
    int others(int leg) {
        return groups.stream().filter(group -> (group & 1 << leg) == 0).reduce(0, (one, other) -> one | other);
    }

    /** The lowest leg of those that more than half of the legs agree with; empty if no such group is there. */
    OptionalInt majority() {
        int all = groups.stream().mapToInt(Integer::bitCount).sum();
        return groups.stream()
                .filter(group -> 2 * Integer.bitCount(group) > all)
                .mapToInt(Integer::numberOfTrailingZeros)
                .findFirst();
    }

    /** Such as {@code 0 2 | 1}. */
    String text() {
        return groups.stream().map(LegDifference::legs).collect(Collectors.joining(" | "));
    }

    private static String legs(int mask) {
        List<String> names = new ArrayList<>();
        for (int left = mask; left != 0; left &= left - 1) {
            names.add(String.valueOf(Integer.numberOfTrailingZeros(left)));
        }
        return String.join(" ", names);
    }
}
