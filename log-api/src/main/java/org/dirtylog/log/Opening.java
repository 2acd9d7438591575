// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One opening of a log: what the mirror remembers of the log's last run, and the step at which it must be told. A log
 * without a medium ignores it and answers {@link Found#FRESH}.
 *
 * <p>A log with a medium opens in this order (protocol rule P30); each step is repeatable, so that a crash between any two
 * gives the same answer again:
 * <ol>
 * <li>Read, and {@linkplain #judge compare} what identifies the record; decide the bits.</li>
 * <li>{@link #announce}: the mirror journals that a new pair is about to be written.</li>
 * <li>Write the <em>whole</em> bitset and force it.</li>
 * <li>Write what identifies the record, with the announced pair, and force it.</li>
 * <li>Return from {@link DirtyLog#resume}; the mirror makes the announced pair the confirmed one.</li>
 * </ol>
 */
@ProviderType
public interface Opening {

    /** What to do about a record that somebody else wrote since this mirror last did. */
    enum OtherWriter {
        /** All regions are dirty. */
        DIRTY,
        /** The bits are believed. */
        ADOPT,
        /** The log is not opened. */
        REFUSE
    }

    /**
     * What to believe where there is no record.
     *
     * @return never {@code ASSUME_IN_SYNC} once a mirror has been opened for the first time (P33)
     * @blocks never
     */
    LogSpec.InitialSync initialSync();

    /**
     * What to do about {@link Found#REWRITTEN} and {@link Found#UNIDENTIFIED}.
     *
     * @return the policy
     * @blocks never
     */
    OtherWriter otherWriter();

    /**
     * Judges the identity found on a medium by rule P29. The caller adds the two answers that need the bits:
     * {@link Found#REWRITTEN}, if the answer is {@code RECORDED}, the log was closed, {@link #compareDigest()} holds and
     * the digest differs; and what {@link #otherWriter()} makes of it.
     *
     * <p>{@code FRESH} is about the mirror and not about the medium: as long as no opening of this mirror has been
     * completed (P33), a medium without identity is {@code FRESH} to it, whatever else is there. It is then for the log to
     * tell a medium without a record from one that the kernel wrote; the latter it believes, as the kernel would, whatever
     * {@link #otherWriter()} says, and returns {@code UNIDENTIFIED} from {@link DirtyLog#resume}. A pair that was announced
     * by an opening which a crash cut short is {@code RECORDED}, on a first activation too.
     *
     * @param found the pair on the medium, or empty if it carries no identity
     * @return {@code RECORDED}, {@code STALE}, {@code UNIDENTIFIED}, or {@code FRESH}
     * @blocks never
     */
    Found judge(Optional<LogPair> found);

    /**
     * Tells whether a record of another mirror is to be taken over, with every region dirty. Without it such a record is
     * {@link DirtyLogException.Rejected}. It holds until an opening is completed, for until step 4 the medium still names
     * the other mirror.
     *
     * @return whether the operator asked for it
     * @implSpec Returns {@code false}.
     * @blocks never
     */
    default boolean adoptForeign() {
        return false;
    }

    /**
     * Hears that the record is the one this mirror left at a clean stop, unchanged since. Called at most once, before
     * {@link #announce}, and only where the answer is {@code RECORDED} and the digest was compared and matched.
     *
     * @param legsAgree what {@link LogHost#legsAgree()} answered at that stop: if it is {@code true}, regions that are
     *                  dirty now concern only legs that are not current, and nothing need be copied between current
     *                  legs (P32)
     * @implSpec Does nothing: every dirty region is then in doubt.
     * @blocks never
     */
    default void closedCleanly(boolean legsAgree) {}

    /**
     * Tells whether the digest of a closed log is to be compared with its bits: not while an opening was interrupted, for
     * that one may have changed the bits.
     *
     * @return whether no pair is announced
     * @blocks never
     */
    boolean compareDigest();

    /**
     * Journals that the log is about to be written, and draws the pair to write. To be called once in an opening, after
     * step 1 and before the first byte is written.
     *
     * @param accepted the pair found, if it was {@code RECORDED}; else empty
     * @return the pair for step 4
     * @throws DirtyLogException.Unavailable if the mirror's record cannot be written; nothing may be written to the log
     * @blocks yes
     */
    LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable;
}
