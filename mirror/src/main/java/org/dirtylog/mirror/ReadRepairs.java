// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rewrites what one leg could not read and another one could: disks replace a sector that cannot be read when it is written. A leg
 * on which that does not help, or that needs it too often, is excluded as if it had failed a write.
 *
 * <p>A rewrite is a write: it takes its range, so that nothing newer is overwritten (P9), and its region is durably dirty meanwhile.
 * If we crash in the middle of it, the region is copied.
 */
final class ReadRepairs {
    private static final Logger LOG = LoggerFactory.getLogger(ReadRepairs.class);
    /** What a disk may lose is a block of this size, aligned, whatever part of it was to be read. */
    private static final int BLOCK_BYTES = 4096;

    private static final int MOST_BYTES = 1 << 20;
    private final MirrorState mirror;
    private final WritePath writes;
    private final Rewriting rewriting;

    ReadRepairs(MirrorState mirror, WritePath writes) {
        this.mirror = mirror;
        this.writes = writes;
        this.rewriting = new Rewriting(new LegForces(mirror));
    }

    /**
     * Some legs could not read what another one could. Returns at once; one repair of a leg is under way at a time, and what comes
     * meanwhile comes again when it is read again.
     */
    void want(LegSet legs, int failed, long region, long position, long length, IOException cause) {
        for (int left = failed; left != 0; left &= left - 1) {
            Leg leg = legs.leg(Integer.numberOfTrailingZeros(left));
            leg.reads().noteError();
            // One that hangs or was to be forced in vain is dealt with as such.
            if (!leg.isFailing()
                    && !leg.isHanging()
                    && leg.forceFailure() == null
                    && leg.repairs().tryBegin()) {
                LOG.warn(
                        "Mirror {}: leg {} ({}) cannot read {} bytes at {}, another leg can: {}. They are rewritten",
                        mirror.name,
                        leg.index(),
                        leg.name(),
                        length,
                        position,
                        cause.getMessage());
                start(leg, region, position, length, cause);
            }
        }
    }

    private void start(Leg leg, long region, long position, long length, IOException cause) {
        boolean started = false;
        try {
            mirror.world.tasks().start(mirror.name + "/repair", () -> {
                try {
                    repair(leg, region, position, length, cause);
                } finally {
                    leg.repairs().end();
                }
            });
            started = true;
        } finally {
            if (!started) {
                leg.repairs().end();
            }
        }
    }

    private void repair(Leg leg, long region, long position, long length, IOException cause) {
        long regionStart = mirror.geometry.firstByteOf(region);
        long regionEnd = regionStart + mirror.geometry.bytesIn(region);
        long end = Math.min(regionEnd, (position + length + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES);
        IOException tooMany = leg.repairs().isOneTooMany(mirror.world.clock().nanos())
                ? new IOException("it could not read more than " + LegRepairs.MOST + " times within a minute: "
                        + cause.getMessage())
                : null;
        try {
            for (long at = Math.max(regionStart, position / BLOCK_BYTES * BLOCK_BYTES); at < end; at += MOST_BYTES) {
                long from = at;
                int bytes = (int) Math.min(MOST_BYTES, end - at);
                writes.rewrite(leg, from, bytes, legs -> rewrite(legs, leg, from, bytes, tooMany));
            }
        } catch (IOException e) {
            LOG.warn(
                    "Mirror {}: leg {} ({}) is not repaired: {}", mirror.name, leg.index(), leg.name(), e.getMessage());
        }
    }

    /** Within the region. Answers why the leg is to be excluded, or {@code null}. */
    private IOException rewrite(LegSet legs, Leg leg, long position, int bytes, IOException tooMany) {
        long region = mirror.geometry.regionOfByte(position);
        long word = mirror.table.get(region);
        boolean attached = legs.isAttached(leg.index()) && legs.leg(leg.index()) == leg && !leg.isFailing();
        int sources =
                legs.currentMask() & ~leg.mask() & ~legs.failingMask() & ~legs.hangingMask() & ~RegionWord.lacks(word);
        // What is in doubt, or lacks the region, recovery writes.
        if (!attached || RegionWord.has(word, RegionWord.IN_DOUBT | RegionWord.lacking(leg.mask())) || sources == 0) {
            return null;
        }
        if (tooMany != null) {
            return tooMany;
        }
        ByteBuffer right;
        try {
            right = rewriting.read(legs.leg(ReadChoice.of(legs, sources, region, position)), position, bytes);
        } catch (IOException e) {
            LOG.debug("mirror {}: there is nothing to repair leg {} from", mirror.name, leg.index(), e);
            return null;
        }
        IOException failure = rewriting.write(leg, position, right);
        if (failure != null) {
            return failure;
        }
        leg.reads().noteRewritten();
        return null;
    }
}
