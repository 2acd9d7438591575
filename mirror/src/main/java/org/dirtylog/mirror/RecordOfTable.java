// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.Randomness;

/** What a record says together with the table line: the table decides until a first opening was completed, the record then. */
final class RecordOfTable {
    private final MirrorConfig config;
    private final Randomness randomness;

    RecordOfTable(MirrorConfig config, Randomness randomness) {
        this.config = config;
        this.randomness = randomness;
    }

    /**
     * Completes what was loaded.
     *
     * @throws MirrorException if record and table speak of different legs; nothing was touched
     */
    MirrorRecord complete(Optional<MirrorRecord> loaded) throws MirrorException {
        if (loaded.isPresent() && loaded.get().completed()) {
            checkLegs(loaded.get());
            return loaded.get();
        }
        TableLine table = config.table();
        List<LegRecord> legs = new ArrayList<>();
        for (TableLine.Leg leg : table.legs()) {
            UUID id = new UUID(randomness.next(), randomness.next());
            legs.add(new LegRecord(
                    leg.name(), leg.offsetSectors(), id, State.CURRENT, LabelPlace.NONE, List.of(), false));
        }
        return new MirrorRecord(
                loaded.map(MirrorRecord::counter).orElse(0L),
                loaded.map(MirrorRecord::mirrorId).orElseGet(() -> new UUID(randomness.next(), randomness.next())),
                false,
                loaded.map(MirrorRecord::epoch).orElse(0L),
                loaded.map(MirrorRecord::generation).orElse(0L),
                table.targetSectors(),
                new LogKey(table.logType(), table.logArguments()),
                loaded.flatMap(MirrorRecord::confirmed),
                loaded.flatMap(MirrorRecord::announced),
                0,
                legs);
    }

    /** The record speaks of legs by their place in the table. */
    private void checkLegs(MirrorRecord record) throws MirrorException {
        List<String> recorded = record.legs().stream()
                .map(leg -> leg.path() + " " + leg.offset())
                .toList();
        List<String> asked = config.table().legs().stream()
                .map(leg -> leg.name() + " " + leg.offsetSectors())
                .toList();
        if (!recorded.equals(asked)) {
            throw new MirrorException("mirror " + config.name() + ": the table names the legs " + asked
                    + ", its record " + recorded + ". Nothing was touched. Put the table back. To give that mirror up,"
                    + " create it with those legs and remove it with mirror:remove; or choose another name");
        }
    }
}
