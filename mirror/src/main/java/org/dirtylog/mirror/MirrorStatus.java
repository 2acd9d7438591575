// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What operators and tools see of a mirror at one moment.
 *
 * @param name          of the mirror
 * @param word          its state in one word, see {@link Word}
 * @param message       why it is in that state and what to type next; empty when all is well
 * @param sectors       length of the target in 512-byte sectors
 * @param regionSectors length of a region in sectors
 * @param regions       count of regions
 * @param inSync        count of the regions that every configured leg holds
 * @param dirty         count of the regions that are not clean in the log
 * @param log           the log
 * @param legs          in the order of the table line
 * @param source        index of the leg that recovery reads
 * @param recovery      progress; keeps the last totals after it ended
 * @param scrub         how the latest comparison of the legs stands
 * @param statusLine    the line as {@code dmsetup status} prints it
 * @param tableLine     the line as {@code dmsetup table} prints it
 */
public record MirrorStatus(
        String name,
        Word word,
        String message,
        long sectors,
        long regionSectors,
        long regions,
        long inSync,
        long dirty,
        Log log,
        List<Leg> legs,
        int source,
        Recovery recovery,
        ScrubStatus scrub,
        String statusLine,
        String tableLine) {

    /** The state of a mirror; printed in lower case with hyphens. */
    public enum Word {
        /** It is being opened. */
        STARTING,
        /** All legs are equal wherever the log says so, and serve. */
        RUNNING,
        /** Regions are being copied. */
        RECOVERING,
        /** A leg is excluded or missing; the others serve. */
        DEGRADED,
        /** It cannot open yet; the message names what has to come. Nothing was written. */
        WAITING,
        /** I/O is held by an operator's command. */
        SUSPENDED,
        /** The log failed; writes that need a mark are held. */
        LOG_FAILED,
        /** An exclusion cannot be recorded, or the last leg failed; writes fail or are held. */
        FAILED,
        /** It is closed. */
        STOPPED;

        /**
         * The word as it is printed.
         *
         * @return for example {@code log-failed}
         */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * The same with another message.
     *
     * @param other why it is in that state and what to type next
     * @return the state
     */
    public MirrorStatus withMessage(String other) {
        return new MirrorStatus(
                name,
                word,
                other,
                sectors,
                regionSectors,
                regions,
                inSync,
                dirty,
                log,
                legs,
                source,
                recovery,
                scrub,
                statusLine,
                tableLine);
    }

    /**
     * The log of a mirror.
     *
     * @param type   its type's name
     * @param path   its medium, absolute; empty if it has none
     * @param health {@code alive}, {@code flush-failed} or {@code dead}
     * @param found  what was found at the last opening, lower case; empty before the first
     */
    public record Log(String type, String path, String health, String found) {}

    /**
     * A leg of a mirror.
     *
     * @param path   as in the table line, absolute
     * @param offset in sectors
     * @param state  {@code current}, {@code stale}, {@code excluded}, {@code missing} or {@code failing}; {@code unknown} while
     *               the mirror is not open
     * @param label  where its label is: {@code behind} the mirrored range, in an {@code attribute} of the file, or
     *               {@code unlabelled}; {@code unknown} while the mirror is not open
     * @param note   why it is not attached; empty if it is
     * @param replaces index of the leg in the place of which it comes once it is current; such a leg is not in the table line yet
     * @param reads  what was read from it since it was attached
     */
    public record Leg(
            String path, long offset, String state, String label, String note, OptionalInt replaces, Reads reads) {}

    /**
     * What was read from a leg since it was attached.
     *
     * @param done      reads of clients, those that failed included
     * @param errors    those that failed, and were answered from another leg
     * @param rewritten times that what could not be read was written anew, from another leg, and could be read then
     */
    public record Reads(long done, long errors, long rewritten) {
        /** Of a leg that is not attached. */
        public static final Reads NONE = new Reads(0, 0, 0);
    }

    /**
     * Progress of recovery since the mirror was opened or last came into sync.
     *
     * @param bytesDone  copied
     * @param bytesTotal copied and still to copy
     * @param etaSeconds how long it may take; empty if nothing is known, 0 when it is done
     */
    public record Recovery(long bytesDone, long bytesTotal, OptionalLong etaSeconds) {}
}
