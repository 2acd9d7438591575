// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.util.List;
import java.util.OptionalInt;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The mirrors of a home: made, found, stopped and removed by name. Safe for use by many threads; commands on one mirror run
 * one after the other.
 */
@ProviderType
public interface Mirrors {

    /**
     * Names the mirrors, also those that wait or failed to open.
     *
     * @return names in ascending order
     */
    List<String> names();

    /**
     * Looks at a mirror. Never waits behind a log or a leg.
     *
     * @param name of the mirror
     * @return its state now
     * @throws MirrorException if there is none of that name; the message names those there are
     */
    MirrorStatus status(String name) throws MirrorException;

    /**
     * Makes a mirror, serves it and writes its file {@code etc/org.dirtylog.mirror-NAME.cfg}. A missing log file is made
     * and preallocated; missing legs are refused.
     *
     * @param name      letters, digits, {@code .}, {@code _} and {@code -}, at most 64, starting with a letter or digit
     * @param table     a line in dmsetup's grammar
     * @param exportAs  the name to clients; empty for the same as {@code name}
     * @param adoptLog  whether a log of another mirror may be taken over, with every region dirty
     * @param adoptLegs whether legs that carry the label of another mirror may be taken over
     * @param otherWriter {@code dirty}, {@code adopt} or {@code refuse}: what to do about a log that somebody else wrote
     * @return the mirror, which serves
     * @throws MirrorException if it cannot be made; then nothing is left of it, and legs and log are as they were
     */
    MirrorStatus create(
            String name, String table, String exportAs, boolean adoptLog, boolean adoptLegs, String otherWriter)
            throws MirrorException;

    /**
     * Stops a mirror cleanly and removes its file and its record. Its log's identity and the labels of its legs are taken off;
     * the bits and the data stay.
     *
     * @param name of the mirror
     * @throws MirrorException if there is none of that name; if its file cannot be removed, then it goes on as before; or if
     *                         its log, legs or record could not be released, then it is removed all the same
     */
    void remove(String name) throws MirrorException;

    /**
     * Holds new I/O, finishes what is under way, and leaves log and legs as after a clean stop.
     *
     * @param name of the mirror
     * @throws MirrorException if there is none of that name, or it does not run
     */
    void suspend(String name) throws MirrorException;

    /**
     * Opens the log again and lets I/O go on. A mirror that waits or failed to open is tried at once, with its file as it is
     * now.
     *
     * @param name of the mirror
     * @throws MirrorException if there is none of that name, or it cannot be opened; it then stays as it was
     */
    void resume(String name) throws MirrorException;

    /**
     * Brings legs back that are excluded or missing. What a leg lacks is copied to it, if it is known to be what it was.
     *
     * @param name of the mirror
     * @param leg  its index in the table line: then it is copied fully if it is not known to be what it was. Empty for all that
     *             are not attached, and for regions that could not be copied
     * @param now  whether a leg that came back and failed before is tried at once
     * @throws MirrorException if there is none of that name, it does not run, or the leg cannot come back
     */
    void resync(String name, OptionalInt leg, boolean now) throws MirrorException;

    /**
     * Adds a leg while clients go on; everything is copied to it. The mirror's file is changed too.
     *
     * @param name   of the mirror
     * @param device a path, or {@code scheme:rest}; none of its legs
     * @param offset where the mirror begins on it, in sectors
     * @param adopt  whether it may carry the label of another mirror
     * @throws MirrorException if there is none of that name, it does not run, or the device cannot be a leg; nothing was changed
     */
    void addLeg(String name, String device, long offset, boolean adopt) throws MirrorException;

    /**
     * Removes a leg while clients go on: the mirror's label is taken off it, its data stays. The mirror's file is changed too.
     *
     * @param name of the mirror
     * @param leg  its index in the table line; or that of a leg that is about to replace another one, which gives that up
     * @throws MirrorException if there is none of that name, it does not run, or it cannot do without that leg; nothing was changed
     */
    void removeLeg(String name, int leg) throws MirrorException;

    /**
     * Puts another device in the place of a leg while clients go on. A leg that is attached serves until the new one holds everything;
     * then the mirror's file is changed too.
     *
     * @param name   of the mirror
     * @param leg    index of the leg in the table line
     * @param device a path, or {@code scheme:rest}; none of its legs
     * @param offset where the mirror begins on it, in sectors
     * @param adopt  whether it may carry the label of another mirror
     * @throws MirrorException if there is none of that name, it does not run, or the device cannot be a leg; nothing was changed
     */
    void replaceLeg(String name, int leg, String device, long offset, boolean adopt) throws MirrorException;

    /**
     * Makes a mirror longer. Clients wait meanwhile; those that are connected keep the length they know. What is new is copied from the
     * source. The mirror's file is changed too.
     *
     * @param name    of the mirror
     * @param sectors its length from now on, in sectors of 512 bytes; the legs must be as long already
     * @throws MirrorException if there is none of that name, it does not run, or a leg is too short or away; nothing was changed
     */
    void grow(String name, long sectors) throws MirrorException;

    /**
     * Makes the record of a mirror anew and opens it: where the record was lost, from the labels of the legs; where no current
     * leg comes back, with another leg in its place. Everything is copied from the leg that is named.
     *
     * @param name   of the mirror; if its file was lost too, it has to be written first
     * @param source index of the leg to be believed. If empty, nothing is done, and the exception tells what was found
     * @throws MirrorException if there is none of that name, it is open, there is nothing to go by, or no source was named
     */
    void rebuild(String name, OptionalInt source) throws MirrorException;

    /**
     * Compares the legs of a mirror while clients go on; its status tells how far it is and what was found.
     *
     * @param name    of the mirror
     * @param rateMiB MiB of the volume a second, 1 or more
     * @param repair  whether what differs is rewritten
     * @param from    index of the leg to rewrite from; if empty, one that more than half of the legs agree with
     * @throws MirrorException if there is none of that name, it does not run, a comparison is under way, or nobody can know
     *                         which leg is right
     */
    void scrub(String name, long rateMiB, boolean repair, OptionalInt from) throws MirrorException;

    /**
     * Ends a comparison that is under way, and returns when it has ended.
     *
     * @param name of the mirror
     * @throws MirrorException if there is none of that name
     */
    void stopScrub(String name) throws MirrorException;
}
