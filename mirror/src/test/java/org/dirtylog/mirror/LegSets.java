// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/** Legs without labels. */
final class LegSets {
    private LegSets() {}

    static LegSet of(Leg[] legs, int source, State... states) {
        List<LegRecord> records = new ArrayList<>();
        for (int i = 0; i < states.length; i++) {
            records.add(new LegRecord("/leg" + i, 0, new UUID(7, i), states[i], LabelPlace.NONE, List.of(), false));
        }
        return new LegSet(legs, records, source);
    }
}
