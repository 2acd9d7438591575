// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import org.dirtylog.log.runtime.TableLine;

/**
 * What commands change in a table line: length and legs.
 *
 * @param sectors length of the target
 * @param legs    in order
 */
record TableShape(long sectors, List<TableLine.Leg> legs) {
    TableShape {
        legs = List.copyOf(legs);
    }

    static TableShape of(TableLine table) {
        return new TableShape(table.targetSectors(), table.legs());
    }

    /** The shape of the table line that goes with legs of a record: a leg that is to replace another one is not in it yet. */
    static TableShape of(long sectors, List<MirrorRecord.LegRecord> legs) {
        return new TableShape(
                sectors,
                legs.stream()
                        .filter(leg -> leg.replaces().isEmpty())
                        .map(MirrorRecord.LegRecord::asked)
                        .toList());
    }

    static TableShape of(MirrorRecord record) {
        return of(record.targetSectors(), record.legs());
    }

    /** As a record keeps it: the length, and for each leg its name, percent-encoded, and its offset; with blanks between them. */
    String text() {
        StringBuilder text = new StringBuilder().append(sectors);
        legs.forEach(leg ->
                text.append(' ').append(TableLine.word(leg.name())).append(' ').append(leg.offsetSectors()));
        return text.toString();
    }
}
