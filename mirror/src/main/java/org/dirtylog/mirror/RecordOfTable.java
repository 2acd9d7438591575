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
            checkShape(loaded.get());
            return caughtUp(loaded.get());
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

    /** The record speaks of legs by their place in the table. Where a command has changed them, the file may be behind. */
    private void checkShape(MirrorRecord record) throws MirrorException {
        TableShape recorded = TableShape.of(record);
        TableShape asked = TableShape.of(config.table());
        if (asked.text().equals(record.superseded())) {
            return;
        }
        if (!recorded.legs().equals(asked.legs())) {
            throw new MirrorException("mirror " + config.name() + ": the table names the legs " + names(asked)
                    + ", its record " + names(recorded)
                    + ". Nothing was touched. Put the table back; to change the legs of a"
                    + " mirror that runs: mirror:add-leg, mirror:remove-leg, mirror:replace-leg. To give that mirror up,"
                    + " create it with those legs and remove it with mirror:remove; or choose another name");
        }
        if (asked.sectors() < recorded.sectors()) {
            throw new MirrorException("mirror " + config.name() + ": the table says " + asked.sectors()
                    + " sectors, its record " + recorded.sectors()
                    + ", and a mirror does not become shorter. Nothing was"
                    + " touched. Put the length back");
        }
    }

    private static List<String> names(TableShape shape) {
        return shape.legs().stream()
                .map(leg -> leg.name() + " " + leg.offsetSectors())
                .toList();
    }

    /** A file that says what the record says has caught up. */
    private MirrorRecord caughtUp(MirrorRecord record) {
        return TableShape.of(record).equals(TableShape.of(config.table())) ? record.withoutSuperseded() : record;
    }
}
