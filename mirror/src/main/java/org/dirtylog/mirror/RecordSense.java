// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * Whether an opening can go by what a record says. A checksum tells damage, not what somebody wrote who knows how; of that an
 * opening must not make anything (P20).
 */
final class RecordSense {
    /** Legs are bits of an {@code int}; a line names fewer, but a leg that replaces another one is here too. */
    private static final int MOST_LEGS = Integer.SIZE - 2;

    private RecordSense() {}

    /** Throws {@link IllegalArgumentException} that names what cannot be. */
    static void require(MirrorRecord record) {
        List<LegRecord> legs = record.legs();
        require(!legs.isEmpty() && legs.size() <= MOST_LEGS, "legs", legs.size());
        require(record.counter() >= 1, "counter", record.counter());
        require(record.epoch() >= 0, "epoch", record.epoch());
        require(record.generation() >= 0, "generation", record.generation());
        long mostSectors = Long.MAX_VALUE / RegionGeometry.SECTOR_BYTES;
        require(
                record.targetSectors() >= 1 && record.targetSectors() <= mostSectors,
                "sectors",
                record.targetSectors());
        int source = record.source();
        boolean current =
                source >= 0 && source < legs.size() && legs.get(source).state() == LegSet.State.CURRENT;
        require(current, "source", source);
        record.confirmed().ifPresent(pair -> requireGiven(record, "confirmed", pair));
        record.announced().ifPresent(pair -> requireGiven(record, "announced", pair));
        for (int i = 0; i < legs.size(); i++) {
            requireLeg(record, i, mostSectors - record.targetSectors());
        }
    }

    /** No opening of a log has a higher generation than the highest (P28). */
    private static void requireGiven(MirrorRecord record, String key, LogPair pair) {
        require(pair.generation() <= record.generation(), key, pair);
    }

    private static void requireLeg(MirrorRecord record, int index, long mostOffset) {
        LegRecord leg = record.legs().get(index);
        String key = "leg." + index + ".";
        require(leg.offset() >= 0 && leg.offset() <= mostOffset, key + "offset", leg.offset());
        leg.replaces().ifPresent(other -> {
            boolean there = other >= 0 && other < record.legs().size() && other != index;
            require(there, key + "replaces", other);
        });
        long before = -1;
        for (long epoch : leg.epochs()) {
            require(epoch > before, key + "epochs", leg.epochs());
            before = epoch;
        }
    }

    private static void require(boolean holds, String key, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(key + "=" + value + " cannot be");
        }
    }
}
