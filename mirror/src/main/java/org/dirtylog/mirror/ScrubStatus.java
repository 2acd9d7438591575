// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * How the latest comparison of a mirror's legs stands.
 *
 * @param state        of it
 * @param bytesDone    of the volume that were looked at
 * @param bytesTotal   of the volume
 * @param bytesSkipped of those looked at, how many were not compared: the legs are not to be the same there yet, or one could not
 *                     be read
 * @param differences  places at which legs differ
 * @param mended       those of them that were rewritten
 * @param found        the first of them, in ascending order
 */
public record ScrubStatus(
        State state,
        long bytesDone,
        long bytesTotal,
        long bytesSkipped,
        long differences,
        long mended,
        List<Difference> found) {

    /** What a comparison may be doing; printed in lower case. */
    public enum State {
        /** There was none since the mirror was opened. */
        NEVER,
        /** It is under way. */
        RUNNING,
        /** It came to the end of the volume. */
        DONE,
        /** It was ended before, by a command, a suspension or an error that the log tells of. */
        STOPPED;

        /**
         * Prints it.
         *
         * @return the word that users see
         */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A place at which legs differ.
     *
     * @param sector   its first one
     * @param sectors  how many
     * @param legs     in groups of those that are the same among themselves, such as {@code 0 2 | 1}
     * @param majority a leg that more than half of them agree with, if there is one
     * @param mended   whether it was rewritten
     */
    public record Difference(long sector, long sectors, String legs, OptionalInt majority, boolean mended) {}

    /** Of a mirror the legs of which were not compared. */
    public static final ScrubStatus NEVER = new ScrubStatus(State.NEVER, 0, 0, 0, 0, 0, List.of());

    static ScrubStatus begun(long bytesTotal) {
        return new ScrubStatus(State.RUNNING, 0, bytesTotal, 0, 0, 0, List.of());
    }

    ScrubStatus compared(long bytes, boolean known) {
        return new ScrubStatus(
                state, bytesDone + bytes, bytesTotal, bytesSkipped + (known ? 0 : bytes), differences, mended, found);
    }

    ScrubStatus with(LegDifference one, boolean isMended, int most) {
        List<Difference> next = new ArrayList<>(found);
        if (next.size() < most) {
            next.add(new Difference(one.position() / 512, one.bytes() / 512, one.text(), one.majority(), isMended));
        }
        return new ScrubStatus(
                state,
                bytesDone,
                bytesTotal,
                bytesSkipped,
                differences + 1,
                mended + (isMended ? 1 : 0),
                List.copyOf(next));
    }

    ScrubStatus ended(State end) {
        return new ScrubStatus(end, bytesDone, bytesTotal, bytesSkipped, differences, mended, found);
    }
}
