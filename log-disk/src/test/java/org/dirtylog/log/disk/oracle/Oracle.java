// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.dirtylog.log.DirtyLogType;

/** Draws sequences, compares, and makes those that show a difference short. */
final class Oracle {
    private final DirtyLogType disk;
    private final DirtyLogType core;
    private final Set<Quirk> quirks;

    /**
     * A sequence that shows a difference.
     *
     * @param seed       what it was drawn from
     * @param difference what it shows when it is short
     * @param least      what is left when nothing more can be left out
     */
    record Found(long seed, String difference, List<Step> least) {
        @Override
        public String toString() {
            return "seed " + seed + ", " + difference + "\nleast: -Ddirtylog.oracle.replay=\"" + Step.write(least)
                    + "\"";
        }
    }

    Oracle(DirtyLogType disk, DirtyLogType core, Set<Quirk> quirks) {
        this.disk = disk;
        this.core = core;
        this.quirks = quirks;
    }

    /** The first of so many seeds that shows a difference. */
    OptionalLong first(long from, long count) {
        for (long seed = from; seed < from + count; seed++) {
            if (compare(Sequences.draw(seed)).isPresent()) {
                return OptionalLong.of(seed);
            }
        }
        return OptionalLong.empty();
    }

    /** Likewise, made short. */
    Optional<Found> search(long from, long count) {
        OptionalLong seed = first(from, count);
        if (seed.isEmpty()) {
            return Optional.empty();
        }
        List<Step> least = shrink(Sequences.draw(seed.getAsLong()));
        return Optional.of(new Found(seed.getAsLong(), compare(least).orElseThrow(), least));
    }

    /** Says what differs. */
    Optional<String> compare(List<Step> steps) {
        try {
            new Comparison(disk, core, quirks).run(steps);
            return Optional.empty();
        } catch (Comparison.Difference e) {
            return Optional.of(e.getMessage());
        }
    }

    /** Leaves out steps, then makes numbers smaller, as long as any difference is left. */
    private List<Step> shrink(List<Step> steps) {
        List<Step> least = steps;
        List<Step> before;
        do {
            before = least;
            for (int length = least.size() / 2; length >= 1; length /= 2) {
                for (int at = least.size() - length; at >= 0; at--) {
                    if (at + length > least.size()) {
                        continue;
                    }
                    List<Step> shorter = new ArrayList<>(least.subList(0, at));
                    shorter.addAll(least.subList(at + length, least.size()));
                    least = ifDiffers(shorter, least);
                }
            }
            for (int at = 0; at < least.size(); at++) {
                for (int n = 0; n < least.get(at).numbers().size(); n++) {
                    least = simpler(least, at, n);
                }
            }
        } while (!least.equals(before));
        return least;
    }

    private List<Step> simpler(List<Step> steps, int at, int n) {
        long number = steps.get(at).number(n);
        List<Step> least = steps;
        for (long smaller : new long[] {0, number / 2, number - 1}) {
            if (smaller >= 0 && smaller < least.get(at).number(n)) {
                List<Step> changed = new ArrayList<>(steps);
                changed.set(at, steps.get(at).with(n, smaller));
                least = ifDiffers(changed, least);
            }
        }
        return least;
    }

    private List<Step> ifDiffers(List<Step> candidate, List<Step> otherwise) {
        return compare(candidate).isPresent() ? candidate : otherwise;
    }
}
