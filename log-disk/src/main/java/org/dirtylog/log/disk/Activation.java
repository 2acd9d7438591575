// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.bits.RegionBits;

/**
 * What activating a table would make of a record, found out without touching it. A record that a mirror has signed is judged as
 * by that mirror, which closed or lost it last; one without a name as by a new mirror, as the kernel would.
 *
 * @param regions how many the target has
 * @param inSync  how many of them would not be copied
 * @param health  {@code alive} or {@code rejected}
 * @param found   what would be found, lower case; empty if rejected
 * @param resync  what would be copied; nothing if rejected, for then nothing is done
 * @param reason  why it would be rejected, else empty
 */
record Activation(long regions, long inSync, String health, String found, RegionSet resync, String reason) {

    /** Tries it out. */
    static Activation of(String path, LogMedium medium, RegionGeometry geometry, InitialSync word) throws IOException {
        try {
            DiskLogType.layout(path, geometry, medium);
            RecordReader reader = new RecordReader(medium, path);
            Optional<UUID> owner = reader.head().newest().map(IdentitySlot::mirrorId);
            Opening opening =
                    new Look(owner.isPresent() && word == InitialSync.ASSUME_IN_SYNC ? InitialSync.AS_RECORDED : word);
            Verdict verdict = Verdict.of(reader, owner.orElse(Verdict.NEW_MIRROR), geometry, opening);
            RegionBits clean = verdict.load(reader, geometry.regionCount());
            return new Activation(
                    geometry.regionCount(),
                    clean.countOnes(),
                    "alive",
                    verdict.found().name().toLowerCase(Locale.ROOT),
                    clean.zerosIn(0, clean.size()),
                    "");
        } catch (DirtyLogException e) {
            return new Activation(geometry.regionCount(), 0, "rejected", "", RegionSet.none(), e.getMessage());
        }
    }

    /** An opening that ends before anything is written. */
    private record Look(InitialSync initialSync) implements Opening {
        @Override
        public OtherWriter otherWriter() {
            return OtherWriter.DIRTY;
        }

        @Override
        public Found judge(Optional<LogPair> found) {
            return found.isPresent() ? Found.RECORDED : Found.FRESH;
        }

        @Override
        public boolean compareDigest() {
            return true;
        }

        @Override
        public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
            throw new DirtyLogException.Unavailable("this opening only looks");
        }
    }
}
