// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;

/**
 * What a mirror asks when it opens a log, and what it remembers of it (P28, P29, P33). Hears whether the log was closed cleanly.
 *
 * @param expectedPair generation and nonce as they stand in a slot, or nothing
 */
record LogCircumstances(
        RegionGeometry geometry,
        int blockBytes,
        InitialSync initialSync,
        OtherWriter otherWriter,
        boolean adoptForeign,
        boolean compareDigest,
        boolean completed,
        byte[] expectedPair,
        boolean[] heard)
        implements Opening {

    static final UUID MIRROR = UUID.fromString("7d1f0c9e-52a4-4b8e-9a63-0f5c2d8e1b47");
    static final byte[] MIRROR_BYTES = ByteBuffer.allocate(16)
            .putLong(MIRROR.getMostSignificantBits())
            .putLong(MIRROR.getLeastSignificantBits())
            .array();

    private Optional<LogPair> expected() {
        if (expectedPair.length == 0) {
            return Optional.empty();
        }
        ByteBuffer pair = ByteBuffer.wrap(expectedPair).order(ByteOrder.LITTLE_ENDIAN);
        return Optional.of(new LogPair(pair.getLong(0), pair.getLong(8)));
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        if (found.isPresent() && found.equals(expected())) {
            return Found.RECORDED;
        }
        if (found.isPresent() || expectedPair.length > 0) {
            return Found.STALE;
        }
        return completed ? Found.UNIDENTIFIED : Found.FRESH;
    }

    @Override
    public void closedCleanly(boolean legsAgree) {
        Broken.unless(!heard[0], "a clean stop is told once");
        heard[0] = true;
        heard[1] = legsAgree;
    }

    @Override
    public LogPair announce(Optional<LogPair> accepted) {
        throw new Broken("nothing is announced before the answer is there (P30)");
    }
}
