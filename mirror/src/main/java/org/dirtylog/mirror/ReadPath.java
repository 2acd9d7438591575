// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The reads of clients. What is not in doubt is read from a leg that holds it; what is in doubt is first made the same on all
 * current legs (P9 to P11).
 */
final class ReadPath {
    private final MirrorState mirror;
    private final LegFailures failures;

    ReadPath(MirrorState mirror, LegFailures failures) {
        this.mirror = mirror;
        this.failures = failures;
    }

    /** Reads within one region. The buffer's limit is the end of it. */
    void read(long position, int length, ByteBuffer into) throws IOException {
        long region = mirror.geometry.regionOfByte(position);
        long end = position + length;
        int hint = DataPath.hint(position);
        int start = into.position();
        while (true) {
            long begun = mirror.ranges.beginRead(region, position, end);
            mirror.reads.enter(hint);
            LegSet legs;
            long word;
            try {
                legs = mirror.legs();
                word = mirror.table.get(region);
                if (isPlain(word)) {
                    into.position(start);
                    readFromSome(legs, word, position, into);
                }
            } finally {
                mirror.reads.leave(hint);
            }
            if (RegionWord.state(word) == RegionWord.RECOVERING) {
                // P6: the copy owns the region.
                mirror.regionsChanged.await(() ->
                        RegionWord.state(mirror.table.get(region)) != RegionWord.RECOVERING || !mirror.reads.isOpen());
            } else if (!isPlain(word)) {
                if (readInDoubt(region, position, end, into, start)) {
                    return;
                }
            } else if (mirror.ranges.undisturbed(region, position, end, begun)) {
                return;
            }
        }
    }

    /** Whether a plain read will do: nobody copies, and current legs cannot differ. */
    static boolean isPlain(long word) {
        return RegionWord.state(word) != RegionWord.RECOVERING && !RegionWord.has(word, RegionWord.IN_DOUBT);
    }

    /** Reads from the source, or if it fails from another leg that holds the region (P10). */
    private void readFromSome(LegSet legs, long word, long position, ByteBuffer into) throws IOException {
        int start = into.position();
        int holding = legs.attachedMask() & ~RegionWord.lacks(word);
        boolean hasHealthy = (holding & ~legs.failingMask()) != 0;
        int first = 1 << legs.sourceIndex();
        IOException cause = null;
        for (int left = holding; left != 0; ) {
            int mask = (left & first) != 0 ? first : Integer.lowestOneBit(left);
            left &= ~mask;
            Leg leg = legs.leg(Integer.numberOfTrailingZeros(mask));
            if (leg.isFailing() && hasHealthy) {
                // P15: it counts for nothing, also when the others fail this read.
                continue;
            }
            try {
                into.position(start);
                leg.read(position, into);
                return;
            } catch (IOException e) {
                cause = e;
            }
        }
        throw cause == null ? new IOException("mirror " + mirror.name + ": no current leg holds these bytes") : cause;
    }

    /**
     * Current legs may differ here. What the source says is written to all of them before the client sees it: a later failure
     * of the source must not change what has been seen (P11, R5). Answers {@code false} if the doubt has gone meanwhile.
     */
    private boolean readInDoubt(long region, long position, long end, ByteBuffer into, int start) throws IOException {
        int hint = DataPath.hint(position);
        long ticket = mirror.ranges.enter(region, position, end);
        try {
            if (!RegionWord.has(mirror.table.get(region), RegionWord.IN_DOUBT)) {
                return false;
            }
            mirror.writes.enter(hint);
            long word = mirror.table.tryEnter(region);
            if (!RegionWord.admits(word)) {
                mirror.writes.leave(hint);
                mirror.regionsChanged.await(() -> mirror.mayEnter(region));
                return false;
            }
            LegSet legs = mirror.legs();
            int failed = 0;
            boolean seen = false;
            IOException cause = null;
            into.position(start);
            try {
                if (legs.source().isFailing()) {
                    throw new IOException("leg " + legs.source().name() + ", the source, is failing");
                }
                legs.source().read(position, into);
                seen = true;
                // To the source too, as recovery does (P19): after a kill, what it shows may be a page that a
                // failed force has dropped, and a flush that follows the read must make it last.
                for (int i = 0; i < legs.size(); i++) {
                    if ((legs.currentMask() & 1 << i) != 0) {
                        into.position(start);
                        failed |= writeBack(legs.leg(i), position, into);
                    }
                }
                into.position(into.limit());
            } catch (IOException e) {
                failed |= legs.source().mask();
                cause = e;
            }
            if (failed != 0 && seen && Integer.bitCount(legs.currentMask()) == 1) {
                // The last current leg still shows what it cannot take: no flush may confirm that (P13).
                legs.source()
                        .latchForceFailure(new IOException("bytes " + position + " to " + (end - 1)
                                + " were read in doubt and could not be written back"));
                failed = 0;
            }
            if (failed != 0) {
                settleDoubtfulRead(region, hint, legs, failed, cause);
                return false;
            }
            mirror.table.leave(region);
            mirror.writes.leave(hint);
            return true;
        } finally {
            mirror.ranges.leave(region, ticket);
            mirror.regionsChanged.raise();
        }
    }

    private static int writeBack(Leg leg, long position, ByteBuffer from) {
        if (leg.isFailing()) {
            return leg.mask();
        }
        try {
            leg.write(position, from);
            return 0;
        } catch (IOException e) {
            return leg.mask();
        }
    }

    private void settleDoubtfulRead(long region, int hint, LegSet legs, int failed, IOException cause)
            throws IOException {
        IOException why = cause == null ? new IOException("a leg is failing") : cause;
        boolean nobodyElse = (legs.currentMask() & ~failed) == 0;
        if (!nobodyElse) {
            legs.latchFailing(failed);
        }
        mirror.beginSettling();
        mirror.writes.leave(hint);
        try {
            if (nobodyElse) {
                throw why;
            }
            failures.exclude(why);
        } finally {
            mirror.table.leave(region);
            mirror.endSettling();
        }
    }
}
