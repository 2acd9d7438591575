// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Ends the latch of legs that could not be forced and were not excluded, being the last current ones: by an operator's
 * resume, after what is not durably clean was rewritten on the leg from itself and forced (P13).
 */
final class Unlatching {
    private static final int CHUNK_BYTES = 256 * 1024;

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final LegForces forces;

    Unlatching(MirrorState mirror, RecordKeeper keeper) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.forces = new LegForces(mirror);
    }

    /** The mirror is suspended. */
    void unlatch() throws IOException {
        LegSet legs = mirror.legs();
        for (int i = 0; i < legs.size(); i++) {
            if (legs.isAttached(i) && legs.leg(i).forceFailure() != null) {
                unlatch(legs.leg(i));
            }
        }
    }

    private void unlatch(Leg leg) throws IOException {
        IOException[] failure = new IOException[1];
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, mirror.geometry.regionSectors() * 512));
        mirror.table.forEach((first, end, word) -> {
            for (long region = first; region < end && failure[0] == null; region++) {
                try {
                    rewrite(leg, region, buffer);
                } catch (IOException e) {
                    failure[0] = e;
                }
            }
            return failure[0] == null;
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        // Straight to the device: the latch is what keeps others from forcing.
        forces.one(leg, one -> one.device().force());
        // If we crash here, the latch is in the record still, and is ended once more.
        keeper.change(old -> old.withLeg(leg.index(), before -> before.withForceFailed(false)));
        leg.latchForceFailure(null);
    }

    /** What the page cache shows may not be on the medium; written again it is dirty once more, and the force counts. */
    private void rewrite(Leg leg, long region, ByteBuffer buffer) throws IOException {
        long position = mirror.geometry.firstByteOf(region);
        long end = position + mirror.geometry.bytesIn(region);
        while (position < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            long at = position;
            forces.one(leg, one -> {
                one.read(at, buffer);
                one.write(at, buffer.flip());
            });
            position += buffer.limit();
        }
    }
}
