// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.dirtylog.sim.world.Fingerprint;

/**
 * All that crashes can leave, each once. At every moment at which that changes, power may fail: any of the cached sectors may have landed
 * (all subsets of up to {@value #ALL_SUBSETS}; of more, those of at most two, and their complements), and any first few of the
 * changes of names in the folder; or the process is killed, and all of it stays.
 */
final class Survivors {
    /** Of so many cached sectors all subsets are looked at. */
    private static final int ALL_SUBSETS = 6;

    /**
     * What a crash left.
     *
     * @param world of which nothing has run since
     * @param depth how many crashes there were
     * @param how   what landed, for messages
     */
    record Survivor(World world, int depth, String how) {}

    private final Set<Long> moments = new HashSet<>();
    private final Set<Long> states = new HashSet<>();
    private final Deque<Survivor> fresh = new ArrayDeque<>();
    private long changes = -1;
    private long crashes;
    private int mostSectors;

    /** A life begins. */
    void begin() {
        changes = -1;
    }

    /**
     * Has power fail at this moment, in all ways.
     *
     * @param world of a life that goes on as if nothing had happened
     * @param depth how many crashes there are then
     * @return what is wrong with something that a crash would leave, or {@code null}
     */
    String look(World world, int depth) {
        long now = world.devices.changes() + (world.model.changes() << 32);
        if (now == changes) {
            return null;
        }
        changes = now;
        Fingerprint print = new Fingerprint();
        print.add(depth);
        world.devices.addTo(print);
        world.model.addTo(print);
        return moments.add(print.value()) ? crash(world, depth) : null;
    }

    private String crash(World world, int depth) {
        int sectors = world.devices.cachedSectors();
        mostSectors = Math.max(mostSectors, sectors);
        World crashed = world.copy();
        crashed.model.crashed();
        String[] wrong = {kill(world.copy(), depth)};
        for (int names = world.devices.unsettledNames(); names >= 0; names--) {
            int kept = names;
            forSubsets(sectors, landed -> {
                if (wrong[0] == null) {
                    World left = crashed.copy();
                    left.devices.crash(landed::get, kept);
                    wrong[0] = add(left, depth, false, "landed " + landed + " of " + sectors + ", names " + kept);
                }
            });
        }
        return wrong[0];
    }

    private String kill(World left, int depth) {
        boolean lostNothing = !left.judge.mayHaveLostPages();
        if (lostNothing) {
            left.model.killed();
        } else {
            left.model.crashed();
        }
        return add(left, depth, lostNothing, "killed");
    }

    private String add(World left, int depth, boolean lostNothing, String how) {
        crashes++;
        Fingerprint print = new Fingerprint();
        print.add(lostNothing ? -depth : depth);
        left.devices.addTo(print);
        if (lostNothing) {
            left.model.addTo(print);
        } else {
            left.model.addSurvivedTo(print);
        }
        if (!states.add(print.value())) {
            return null;
        }
        String wrong = left.judge.survived(lostNothing);
        if (wrong != null) {
            return "after a crash (" + how + "): " + wrong;
        }
        fresh.add(new Survivor(left, depth, how));
        return null;
    }

    private static void forSubsets(int count, Consumer<BitSet> visitor) {
        if (count <= ALL_SUBSETS) {
            for (long subset = 0; subset < 1L << count; subset++) {
                visitor.accept(BitSet.valueOf(new long[] {subset}));
            }
            return;
        }
        for (int one = 0; one <= count; one++) {
            for (int other = one; other == count ? one == count : other < count; other++) {
                // Beyond the last there is none: one of them alone, or the empty set.
                BitSet few = new BitSet();
                few.set(one, one + (one < count ? 1 : 0));
                few.set(other, other + (other < count ? 1 : 0));
                visitor.accept(few);
                BitSet most = (BitSet) few.clone();
                most.flip(0, count);
                visitor.accept(most);
            }
        }
    }

    /** The next that nobody has seen yet, or {@code null}. */
    Survivor take() {
        return fresh.poll();
    }

    /** Moments that are different, at which power failed. */
    int moments() {
        return moments.size();
    }

    /** Crashes, in all ways at each of these moments. */
    long crashes() {
        return crashes;
    }

    /** What they left, each once. */
    int states() {
        return states.size();
    }

    /** The most sectors that were cached at once. */
    int mostSectors() {
        return mostSectors;
    }
}
