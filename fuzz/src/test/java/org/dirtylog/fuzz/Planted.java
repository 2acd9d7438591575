// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Shows that an invariant can fail: with a fault planted in what a target tries, some input must break it. */
public final class Planted {
    private static final int MOST_INPUTS = 20_000;
    private static final long SEED = 7;

    private Planted() {}

    /**
     * Tries until the invariant breaks.
     *
     * @param target whose seeds are taken
     * @param faulty it, with a fault
     * @param told   part of what must be found
     * @throws IOException if what was found before cannot be read
     */
    public static void isFound(Targets target, Target faulty, String told) throws IOException {
        List<byte[]> inputs = new ArrayList<>(faulty.seeds());
        inputs.addAll(TargetsTest.found(target));
        Changes changes = new Changes(SEED, inputs);
        for (int i = 0; i < MOST_INPUTS; i++) {
            try {
                faulty.tryOut(i < inputs.size() ? inputs.get(i) : changes.next());
            } catch (Broken e) {
                assertTrue(e.getMessage().contains(told), () -> "found, but something else: " + e.getMessage());
                return;
            } catch (Exception e) {
                throw new AssertionError("the fault shows as an exception, and not as a broken invariant", e);
            }
        }
        fail("the fault is not found: " + told);
    }
}
