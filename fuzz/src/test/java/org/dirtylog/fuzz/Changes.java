// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Changes inputs by dice. */
final class Changes {
    private final Random dice;
    private final List<byte[]> inputs;

    Changes(long seed, List<byte[]> inputs) {
        this.dice = new Random(seed);
        this.inputs = inputs;
    }

    byte[] next() {
        byte[] input = one().clone();
        for (int i = dice.nextInt(4); i >= 0 && input.length > 0; i--) {
            int at = dice.nextInt(input.length);
            switch (dice.nextInt(6)) {
                case 0 -> input[at] ^= (byte) (1 << dice.nextInt(Byte.SIZE));
                case 1 -> input[at] = (byte) dice.nextInt(256);
                case 2 -> input[at] = (byte) (new int[] {0, 1, 127, 128, 255})[dice.nextInt(5)];
                case 3 -> input = Arrays.copyOf(input, at);
                case 4 -> {
                    byte[] other = one();
                    int length = Math.min(other.length, input.length - at);
                    System.arraycopy(other, 0, input, at, length);
                }
                default -> {
                    int from = dice.nextInt(input.length);
                    int length = dice.nextInt(1 + Math.min(16, input.length - Math.max(at, from)));
                    System.arraycopy(input, from, input, at, length);
                }
            }
        }
        return input;
    }

    private byte[] one() {
        return inputs.get(dice.nextInt(inputs.size()));
    }
}
