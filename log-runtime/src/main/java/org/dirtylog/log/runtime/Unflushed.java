// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.RegionSet;

/** The regions passed to a log since its last flush: what its next flush may speak of. For one thread at a time. */
final class Unflushed {
    /** So many sets are kept apart before they are joined, so that passing one is cheap. */
    private static final int APART = 64;

    private final List<RegionSet> sets = new ArrayList<>();

    void add(RegionSet regions) {
        if (regions.isEmpty()) {
            return;
        }
        sets.add(regions);
        if (sets.size() >= APART) {
            RegionSet all = all();
            sets.clear();
            sets.add(all);
        }
    }

    /** Joins the sets in pairs, pairs of pairs and so on. */
    RegionSet all() {
        List<RegionSet> round = sets;
        while (round.size() > 1) {
            List<RegionSet> joined = new ArrayList<>();
            for (int i = 0; i < round.size(); i += 2) {
                joined.add(i + 1 < round.size() ? round.get(i).plus(round.get(i + 1)) : round.get(i));
            }
            round = joined;
        }
        return round.isEmpty() ? RegionSet.none() : round.get(0);
    }

    void clear() {
        sets.clear();
    }
}
