// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.LetGoException;

/**
 * The reads of clients. What is not in doubt is read from one of the legs that hold it; what is in doubt is first made the same on
 * all current legs (P9 to P11). A read that hangs in a leg is made again by its successor (P7).
 */
final class ReadPath implements Attempt.Owner {
    private final MirrorState mirror;
    private final LegFailures failures;
    private final ReadRepairs repairs;
    private final Recovery recovery;

    ReadPath(MirrorState mirror, LegFailures failures, ReadRepairs repairs, Recovery recovery) {
        this.mirror = mirror;
        this.failures = failures;
        this.repairs = repairs;
        this.recovery = recovery;
    }

    /** Reads within one region. The buffer's limit is the end of it. */
    void read(Attempt read, long position, int length, ByteBuffer into) throws IOException {
        long region = mirror.geometry.regionOfByte(position);
        long end = position + length;
        int hint = DataPath.hint(position);
        int start = into.position();
        read.region = region;
        read.position = position;
        read.length = length;
        read.hint = hint;
        while (true) {
            long begun = mirror.ranges.beginRead(region, position, end);
            mirror.reads.enter(hint);
            long word;
            boolean ours = true;
            try {
                read.legs = mirror.legs();
                word = mirror.table.get(region);
                if (isPlain(word)) {
                    into.position(start);
                    readFromSome(read, word, into);
                }
            } catch (LetGoException e) {
                ours = false;
                throw e;
            } finally {
                if (ours) {
                    mirror.reads.leave(hint);
                }
            }
            if (RegionWord.state(word) == RegionWord.RECOVERING) {
                // P6: the copy owns the region.
                mirror.regionsChanged.await(() ->
                        RegionWord.state(mirror.table.get(region)) != RegionWord.RECOVERING || !mirror.reads.isOpen());
            } else if (!isPlain(word)) {
                recovery.want(region);
                if (readInDoubt(read, into, start)) {
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

    /** Reads from one of the legs that hold the region, or if it fails from another one (P10). */
    private void readFromSome(Attempt read, long word, ByteBuffer into) throws IOException {
        LegSet legs = read.legs;
        int start = into.position();
        int holding = legs.attachedMask() & ~RegionWord.lacks(word);
        int healthy = holding & ~legs.failingMask();
        // P15: what is failing counts for nothing, also when the others fail this read.
        int left = healthy == 0 ? holding : healthy;
        int failed = 0;
        IOException cause = null;
        while (left != 0) {
            Leg leg = legs.leg(ReadChoice.of(legs, left, read.region, read.position));
            left &= ~leg.mask();
            into.position(start);
            IOException failure = readFrom(read, leg, into);
            if (failure == null) {
                if (failed != 0) {
                    repairs.want(legs, failed, read.region, read.position, read.length, cause);
                }
                return;
            }
            failed |= leg.mask();
            cause = failure;
        }
        throw cause == null ? new IOException("mirror " + mirror.name + ": no current leg holds these bytes") : cause;
    }

    /** Reads from one leg; answers what went wrong, or {@code null}. */
    private IOException readFrom(Attempt read, Leg leg, ByteBuffer into) throws LetGoException {
        IOException failure = null;
        leg.reads().begin();
        mirror.watch.enter(read, leg);
        try {
            leg.read(read.position, into);
        } catch (IOException e) {
            failure = e;
        }
        leg.reads().end(read.position + read.length);
        mirror.watch.leave(read, leg);
        return failure;
    }

    // ---- in doubt ---------------------------------------------------------------------------------------------------

    /**
     * Current legs may differ here. What the source says is written to all of them before the client sees it: a later failure
     * of the source must not change what has been seen (P11, R5). Answers {@code false} if the doubt has gone meanwhile.
     */
    private boolean readInDoubt(Attempt read, ByteBuffer into, int start) throws IOException {
        long region = read.region;
        read.ticket = mirror.ranges.enter(region, read.position, read.position + read.length);
        boolean ours = true;
        try {
            if (!RegionWord.has(mirror.table.get(region), RegionWord.IN_DOUBT)) {
                return false;
            }
            mirror.writes.enter(read.hint);
            long word = mirror.table.tryEnter(region);
            if (!RegionWord.admits(word)) {
                mirror.writes.leave(read.hint);
                mirror.regionsChanged.await(() -> mirror.mayEnter(region));
                return false;
            }
            return readAndWriteBack(read, into, start);
        } catch (LetGoException e) {
            ours = false;
            throw e;
        } finally {
            read.inside = false;
            if (ours) {
                mirror.ranges.leave(region, read.ticket);
                mirror.regionsChanged.raise();
            }
        }
    }

    private boolean readAndWriteBack(Attempt read, ByteBuffer into, int start) throws IOException {
        read.inside = true;
        read.legs = mirror.legs();
        read.failed = 0;
        LegSet legs = read.legs;
        into.position(start);
        IOException cause = legs.source().isFailing()
                ? new IOException("leg " + legs.source().name() + ", the source, is failing")
                : readFrom(read, legs.source(), into);
        boolean seen = cause == null;
        if (seen) {
            // To the source too, as recovery does (P19): after a kill, what it shows may be a page that a failed force
            // has dropped, and a flush that follows the read must make it last.
            for (int i = 0; i < legs.size(); i++) {
                if ((legs.currentMask() & 1 << i) != 0) {
                    into.position(start);
                    writeBack(read, legs.leg(i), into);
                }
            }
            into.position(into.limit());
        } else {
            read.failed |= legs.source().mask();
        }
        if (read.failed != 0 && seen && Integer.bitCount(legs.currentMask()) == 1) {
            // The last current leg still shows what it cannot take: no flush may confirm that (P13).
            legs.source()
                    .latchForceFailure(new IOException("bytes " + read.position + " to "
                            + (read.position + read.length - 1) + " were read in doubt and could not be written back"));
            read.failed = 0;
        }
        if (read.failed != 0) {
            settleDoubtfulRead(read, cause);
            return false;
        }
        mirror.table.leave(read.region);
        mirror.writes.leave(read.hint);
        return true;
    }

    private void writeBack(Attempt read, Leg leg, ByteBuffer from) throws LetGoException {
        if (leg.isFailing()) {
            read.failed |= leg.mask();
            return;
        }
        boolean failed = false;
        mirror.watch.enter(read, leg);
        try {
            leg.write(read.position, from);
        } catch (IOException e) {
            failed = true;
        }
        mirror.watch.leave(read, leg);
        if (failed) {
            read.failed |= leg.mask();
        }
    }

    private void settleDoubtfulRead(Attempt read, IOException cause) throws IOException {
        IOException why = cause == null ? new IOException("a leg is failing") : cause;
        boolean nobodyElse = (read.legs.currentMask() & ~read.failed) == 0;
        if (!nobodyElse) {
            read.legs.latchFailing(read.failed);
        }
        mirror.beginSettling();
        mirror.writes.leave(read.hint);
        try {
            if (nobodyElse) {
                throw why;
            }
            failures.exclude(why);
        } finally {
            mirror.table.leave(read.region);
            mirror.endSettling();
        }
    }

    // ---- reads that hang in a leg -----------------------------------------------------------------------------------

    @Override
    public void takeOver(Attempt held, Leg leg) {
        if (held.inside) {
            takeOverInside(held, leg);
            return;
        }
        boolean others = LegWatch.latchUnlessLast(held.legs, leg);
        mirror.reads.leave(held.hint);
        if (others) {
            failures.excludeLater(leg.hanging());
        }
        // It is read again: from another leg, or the leg that hangs refuses it.
        held.successor.goOn(0, null);
    }

    /** A read in doubt. */
    private void takeOverInside(Attempt held, Leg leg) {
        boolean others = LegWatch.latchUnlessLast(held.legs, leg);
        IOException failure = others ? null : leg.hanging();
        mirror.beginSettling();
        mirror.writes.leave(held.hint);
        try {
            if (others) {
                failures.exclude(leg.hanging());
            }
        } catch (IOException e) {
            failure = e;
        } finally {
            mirror.table.leave(held.region);
            mirror.endSettling();
        }
        mirror.ranges.leave(held.region, held.ticket);
        mirror.regionsChanged.raise();
        held.successor.goOn(0, failure);
    }
}
