// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * One step of a sequence. A step that is not allowed where it stands does nothing, so any part of a sequence is one.
 *
 * @param verb    what to do
 * @param numbers see {@link Verb}; absent ones are 0
 */
record Step(Verb verb, List<Long> numbers) {

    /** What there is to do. Regions are runs, first and length, modulo what there is. */
    enum Verb {
        /** Of what kind and size the log is: bytes (0: in memory only), block. First only. */
        MEDIUM,
        /** What lies on it before: magic (xor), version, count, fill (0, 1: noise by, 2: ones), seed. */
        IMAGE,
        /** Makes a log and resumes it: target sectors, region sectors, word. */
        OPEN,
        /** Resumes the same log again. */
        RESUME,
        PRESUSPEND,
        POSTSUSPEND,
        /** Forgets the log; what is cached stays. */
        KILL,
        MARK,
        CLEAR,
        FLUSH,
        /** Asks for so many regions to recover. */
        WORK,
        IN_SYNC,
        OUT_OF_SYNC,
        /** From now on fails: 0 reads, 1 writes, 2 forces, 3 forces and drops pages, 4 the legs. */
        FAIL,
        HEAL,
        /** The power will go: 0 as the legs are flushed, n at the n-th force with something to force; seed of what survives. */
        CUT,
        /** The power goes now: seed of what survives. */
        CRASH,
        /** A kernel uses the record: target sectors, region sectors, word, seed of what it does. */
        KERNEL
    }

    static Step of(Verb verb, long... numbers) {
        List<Long> list = new ArrayList<>(numbers.length);
        for (long number : numbers) {
            list.add(number);
        }
        return new Step(verb, list);
    }

    long number(int index) {
        return index < numbers.size() ? numbers.get(index) : 0;
    }

    Step with(int index, long number) {
        List<Long> changed = new ArrayList<>(numbers);
        changed.set(index, number);
        return new Step(verb, List.copyOf(changed));
    }

    /** What {@link Verb#IMAGE} puts on a medium. */
    byte[] image(int bytes) {
        byte[] content = new byte[bytes];
        if (number(3) == 2) {
            Arrays.fill(content, (byte) 0xFF);
        } else if (number(3) == 1) {
            new SplittableRandom(number(4)).nextBytes(content);
        }
        ByteBuffer.wrap(content)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, KernelArea.MAGIC ^ (int) number(0))
                .putInt(4, (int) number(1))
                .putLong(8, number(2));
        return content;
    }

    @Override
    public String toString() {
        return verb + numbers.stream().map(n -> " " + n).collect(Collectors.joining());
    }

    static String write(List<Step> steps) {
        return steps.stream().map(Step::toString).collect(Collectors.joining("; "));
    }

    static List<Step> read(String text) {
        return Arrays.stream(text.strip().split("\\s*;\\s*"))
                .map(line -> {
                    String[] words = line.split("\\s+");
                    return of(
                            Verb.valueOf(words[0]),
                            Arrays.stream(words)
                                    .skip(1)
                                    .mapToLong(Long::parseLong)
                                    .toArray());
                })
                .toList();
    }
}
