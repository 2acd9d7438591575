// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.io.IOException;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a mirror does for its log. Implemented by the framework, safe for use by many threads. None of these methods calls
 * the log before it returns.
 */
@ProviderType
public interface LogHost {

    /**
     * Makes every write that has completed on a leg durable there. A log calls it after it was told of a cleaning and
     * before that cleaning can become durable, on the thread that is inside {@link DirtyLog#flush()},
     * {@link DirtyLog#postSuspend()} or {@link DirtyLog#resumeFrom}.
     *
     * @throws IOException if a leg could not, is missing, or the set of legs changed meanwhile. The mirror knows already;
     *                     the log drops the pending cleanings and goes on
     * @blocks yes; this time is the legs' and not the log's
     * @kernel flush_callback_fn
     */
    void flushLegs() throws IOException;

    /**
     * Tells whether the current legs are known to hold the same data in all regions, dirty ones included. A log asks it
     * inside {@link DirtyLog#postSuspend()}, notes the answer with the clean stop, and gives it back through
     * {@link Opening#closedCleanly} (P32).
     *
     * @return {@code false} in doubt
     * @implSpec Returns {@code false}, which costs copies and no data.
     * @blocks never
     * @kernel none
     */
    default boolean legsAgree() {
        return false;
    }

    /**
     * Gives the log the file or block device of its record. A log takes its media from here and opens none itself: an
     * abandoned log is fenced by taking its media away.
     *
     * @param path      as in the log's arguments
     * @param needBytes the least size that will do; a missing file is made this long and preallocated, if the mirror is
     *                  being created
     * @return the medium, owned by the log until it closes it
     * @throws DirtyLogException.Rejected    if it is missing, too small, no file or block device, not permitted, or in use
     *                                       by another owner; the message names the path
     * @throws DirtyLogException.Unavailable if a former owner has not let go of it yet
     * @blocks yes
     * @kernel dm_get_device
     */
    LogMedium openMedium(String path, long needBytes) throws DirtyLogException;

    /**
     * Announces that {@link DirtyLog#status()} would now answer differently. May be called from any thread, also from
     * within a call to the log.
     *
     * @blocks never
     * @kernel dm_table_event
     */
    void statusChanged();

    /**
     * Announces that {@link DirtyLog#nextRecovery}, {@link DirtyLog#isRecoveringElsewhere}, {@link DirtyLog#isInSync} or
     * a refused mark may now be answered differently because of another node. May be called from any thread, also from
     * within a call to the log.
     *
     * @blocks never
     * @kernel none; the kernel polls five times a second
     */
    void recoveryChanged();

    /**
     * Asks the mirror to finish its writes to these regions and to mark them clean soon, because another node waits for
     * them. May be called from any thread, also from within a call to the log.
     *
     * @param regions regions of the log's geometry
     * @blocks never
     * @kernel none
     */
    void release(RegionSet regions);
}
