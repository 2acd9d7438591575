// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.seams.BlockDevice.ExtentVisitor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which bytes of a mirror are allocated: what its source says, where that is what a read will find. */
final class MirrorExtents {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorExtents.class);
    /** So many regions are looked at together, so that who asks for one run waits for no more. */
    private static final int MOST_REGIONS = 1024;

    private final MirrorState mirror;
    private final LegForces forces;
    private final ExtentVisitor visitor;
    private long position;
    private boolean wanted = true;

    MirrorExtents(MirrorState mirror, ExtentVisitor visitor) {
        this.mirror = mirror;
        this.forces = new LegForces(mirror);
        this.visitor = visitor;
    }

    void tell(long start, long end) {
        position = start;
        while (wanted && position < end) {
            boolean inDoubt = isInDoubt(position);
            long until = sameUntil(inDoubt, end);
            // What is in doubt is what a read will find: nobody knows yet whether it is a hole.
            if (inDoubt || !askSource(until)) {
                pass(until - position, false, false);
            }
        }
    }

    private long sameUntil(boolean inDoubt, long end) {
        long until = position;
        for (int i = 0; i < MOST_REGIONS && until < end && isInDoubt(until) == inDoubt; i++) {
            long region = mirror.geometry.regionOfByte(until);
            until = Math.min(end, mirror.geometry.firstByteOf(region) + mirror.geometry.bytesIn(region));
        }
        return until;
    }

    private boolean isInDoubt(long at) {
        return RegionWord.has(mirror.table.get(mirror.geometry.regionOfByte(at)), RegionWord.IN_DOUBT);
    }

    /** Answers whether the source has told all; what it cannot tell is called allocated, which is never wrong. */
    private boolean askSource(long until) {
        Leg source = mirror.legs().source();
        if (source.isFailing() || source.isHanging()) {
            return false;
        }
        long from = position;
        boolean[] over = new boolean[1];
        try {
            // Another thread tells; it may be late, and nobody listens then.
            forces.one(
                    source,
                    leg -> leg.device().extents(leg.devicePosition(from), until - from, (bytes, hole, zero) -> {
                        synchronized (over) {
                            return !over[0] && pass(bytes, hole, zero);
                        }
                    }));
        } catch (IOException | RuntimeException e) {
            LOG.debug("mirror {}: leg {} does not tell its holes: {}", mirror.name, source.name(), e.getMessage());
        }
        synchronized (over) {
            over[0] = true;
        }
        return !wanted || position == until;
    }

    private boolean pass(long bytes, boolean hole, boolean readsZero) {
        position += bytes;
        wanted = visitor.extent(bytes, hole, readsZero);
        return wanted;
    }
}
