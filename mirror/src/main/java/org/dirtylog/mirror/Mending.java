// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes legs that differ the same again, from one that an operator, or the majority, believes. That leg becomes the source first: if we
 * crash in the middle, the region is dirty, and recovery copies from the source.
 */
final class Mending {
    private static final Logger LOG = LoggerFactory.getLogger(Mending.class);

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final LegFailures failures;
    private final Labels labels;
    private final WritePath writes;
    private final Rewriting rewriting;

    Mending(MirrorState mirror, RecordKeeper keeper, LegFailures failures, Labels labels, WritePath writes) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.failures = failures;
        this.labels = labels;
        this.writes = writes;
        this.rewriting = new Rewriting(new LegForces(mirror));
    }

    /** Answers whether it has made them the same. */
    boolean mend(LegDifference difference, int right) throws IOException {
        failures.alone(() -> becomeSource(right));
        failures.excludeUnlabelled();
        boolean all = true;
        for (int left = difference.others(right); left != 0; left &= left - 1) {
            Leg leg = mirror.legs().leg(Integer.numberOfTrailingZeros(left));
            boolean[] done = new boolean[1];
            if (leg != null) {
                writes.rewrite(
                        leg,
                        difference.position(),
                        difference.bytes(),
                        legs -> rewrite(legs, leg, right, difference, done));
            }
            all &= done[0];
        }
        return all;
    }

    /**
     * Nothing is in doubt meanwhile: what clients have read in doubt was written back to all current legs (P11), but what they have not
     * read may be the old source's only. If we crash before the record is written, nothing has changed.
     */
    private void becomeSource(int index) throws IOException {
        LegSet before = mirror.legs();
        if (before.sourceIndex() == index) {
            return;
        }
        if ((before.currentMask() & 1 << index) == 0 || before.leg(index).isFailing()) {
            throw new IOException("leg " + index + " is not current, nothing is rewritten from it");
        }
        mirror.writes.close();
        int labelled;
        try {
            mirror.writes.awaitEmpty();
            if (mirror.isAnythingInDoubt()) {
                throw new IOException("a region is in doubt among the current legs; scrub again once it was recovered");
            }
            MirrorRecord record = keeper.change(old -> old.withLegs(old.legs(), index));
            LegSet after = mirror.legs().with(0, LegSet.State.CURRENT, index);
            labelled = labels.write(after, record);
            mirror.legs(after);
        } finally {
            mirror.writes.open();
        }
        labels.settle(labelled);
        LOG.info("Mirror {}: leg {} is the source", mirror.name, index);
    }

    /** Within the region. Answers why the leg is to be excluded, or {@code null}. */
    private IOException rewrite(LegSet legs, Leg leg, int right, LegDifference difference, boolean[] done) {
        long word = mirror.table.get(mirror.geometry.regionOfByte(difference.position()));
        boolean settled = ReadPath.isPlain(word)
                && legs.sourceIndex() == right
                && legs.isAttached(leg.index())
                && legs.leg(leg.index()) == leg
                && (RegionWord.lacks(word) & (leg.mask() | 1 << right)) == 0
                && legs.failingMask() == 0;
        if (!settled) {
            return null;
        }
        ByteBuffer believed;
        try {
            believed = rewriting.read(legs.leg(right), difference.position(), (int) difference.bytes());
        } catch (IOException e) {
            LOG.warn("Mirror {}: leg {} cannot be believed: {}", mirror.name, right, e.getMessage());
            return null;
        }
        IOException failure = rewriting.write(leg, difference.position(), believed);
        if (failure != null) {
            return failure;
        }
        done[0] = true;
        return null;
    }
}
