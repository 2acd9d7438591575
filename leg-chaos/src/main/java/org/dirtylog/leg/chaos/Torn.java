// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.dirtylog.leg.chaos.ActiveRule.Firing;
import org.dirtylog.seams.BlockDevice.Zeroing;

/**
 * A change of which only a part is done: the first sectors, scattered ones, or, of a short write, the first bytes. Never all
 * of it.
 */
final class Torn {
    private static final int SECTOR_BYTES = 512;

    /** So many pieces at most are scattered of one request; of a large one they are longer than a sector. */
    private static final int MOST_PIECES = 1024;

    private final StoredBytes stored;
    private final int sectorBytes;
    private final Rule rule;
    private final SplittableRandom chance;

    Torn(StoredBytes stored, int blockBytes, Firing firing) {
        this.stored = stored;
        this.sectorBytes = Math.max(SECTOR_BYTES, blockBytes);
        this.rule = firing.rule();
        this.chance = firing.chance();
    }

    /** Fills a part of the buffer. */
    static void readShort(StoredBytes stored, long positionBytes, ByteBuffer into, Firing firing) throws IOException {
        int part = into.hasRemaining() ? firing.chance().nextInt(into.remaining()) : 0;
        int limit = into.limit();
        stored.read(positionBytes, into.limit(into.position() + part));
        into.limit(limit);
    }

    /** A piece that is done. */
    private interface Piece {
        void on(long fromBytes, long toBytes) throws IOException;
    }

    void write(long positionBytes, ByteBuffer from) throws IOException {
        ByteBuffer whole = from.duplicate();
        int start = whole.position();
        from.position(from.limit());
        pieces(
                positionBytes,
                whole.remaining(),
                (at, to) -> stored.write(
                        at,
                        whole.duplicate()
                                .limit(start + (int) (to - positionBytes))
                                .position(start + (int) (at - positionBytes))));
    }

    void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        pieces(positionBytes, bytes, (at, to) -> stored.zero(at, to - at, zeroing));
    }

    private void pieces(long positionBytes, long bytes, Piece piece) throws IOException {
        long end = positionBytes + bytes;
        if (rule.fault() == Fault.SHORT) {
            if (bytes > 1) {
                piece.on(positionBytes, positionBytes + 1 + chance.nextLong(bytes - 1));
            }
            return;
        }
        long sectors = (end - 1) / sectorBytes - positionBytes / sectorBytes + 1;
        if (sectors < 2) {
            // A sector is written whole or not at all.
            return;
        }
        if (!rule.words().contains("scatter")) {
            long kept = chance.nextLong(sectors);
            if (kept > 0) {
                piece.on(positionBytes, sectorStart(positionBytes, kept, end));
            }
            return;
        }
        long step = (sectors + MOST_PIECES - 1) / MOST_PIECES;
        long lost = chance.nextLong(sectors) / step;
        for (long number = 0; number * step < sectors; number++) {
            if (number != lost && chance.nextBoolean()) {
                piece.on(
                        sectorStart(positionBytes, number * step, end),
                        sectorStart(positionBytes, (number + 1) * step, end));
            }
        }
    }

    /** Where the sector begins that is so many behind the first; the first begins where the request does. */
    private long sectorStart(long positionBytes, long number, long end) {
        return number == 0
                ? positionBytes
                : Math.min(end, positionBytes - positionBytes % sectorBytes + number * sectorBytes);
    }
}
