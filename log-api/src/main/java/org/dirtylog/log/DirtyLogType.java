// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A kind of dirty log, such as {@code core} or {@code disk}. This is the one interface to register as an OSGi service; a
 * bundle may register several. Of two types with one name the service with the higher ranking makes new logs; a log that
 * exists keeps the type that made it.
 *
 * <p>A type is stateless and safe for use by many threads. Each log that it creates keeps its own state and is closed by
 * the framework, also when the type's service goes away.
 */
@ConsumerType
public interface DirtyLogType {

    /**
     * The word by which a table line chooses this type: lower-case letters, digits and hyphens, starting with a letter, at
     * most 64 characters.
     *
     * @return the same name on every call
     * @blocks never
     * @kernel name
     */
    String name();

    /**
     * Names the type's own arguments, those that stand before the region size, for the parser and for messages:
     * {@code [log_dev]} for {@code disk}, nothing for {@code core}. If the last name ends in an ellipsis ({@code …}),
     * any number of words may stand in its place.
     *
     * @return the same list on every call
     * @blocks never
     * @kernel none; the kernel's constructors count their arguments themselves
     */
    List<String> parameters();

    /**
     * Makes a log, suspended. It may open what it needs but neither reads nor writes the recorded region state: an older
     * log over the same medium can still be running, and hands over when it has been suspended and this one is resumed.
     *
     * @param spec what the log is for and the arguments it was given
     * @param host the mirror's side of the contract; usable until the log is closed
     * @return a new log in state {@code SUSPENDED}
     * @throws DirtyLogException.Rejected    if the arguments are wrong or the medium cannot hold the log; nothing is left
     *                                       open and nothing was changed
     * @throws DirtyLogException.Unavailable if something needed cannot be reached now; nothing is left open
     * @blocks yes
     * @kernel ctr
     */
    DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException;
}
