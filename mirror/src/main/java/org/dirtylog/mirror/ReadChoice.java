// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/**
 * Which of several legs that hold the same bytes is read: the one with the fewest reads under way, so that one that is slow gets
 * few; among equals the one that has just read what comes before, and else the one whose turn the region is. Regions are dealt
 * out in turn, so that all legs read, and that each block is read from one of them while nothing is under way: it need be in the
 * system's cache once only.
 */
final class ReadChoice {
    private ReadChoice() {}

    /**
     * Chooses.
     *
     * @param mask     of legs, not 0
     * @param region   in which the bytes are
     * @param position of the first byte
     * @return an index
     */
    static int of(LegSet legs, int mask, long region, long position) {
        int best = -1;
        int fewest = Integer.MAX_VALUE;
        int bestRank = 0;
        int turn = (int) (region % Integer.bitCount(mask));
        for (int left = mask; left != 0; left &= left - 1, turn--) {
            int index = Integer.numberOfTrailingZeros(left);
            LegReads reads = legs.leg(index).reads();
            int underWay = reads.inFlight();
            int rank = reads.lastEnd() == position ? 2 : turn == 0 ? 1 : 0;
            if (underWay < fewest || underWay == fewest && rank > bestRank) {
                best = index;
                fewest = underWay;
                bestRank = rank;
            }
        }
        return best;
    }
}
