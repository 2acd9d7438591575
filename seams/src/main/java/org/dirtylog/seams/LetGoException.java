// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;

/**
 * A call has ended that nobody waits for any more: its {@link BlockDevice.Successor} has gone on, and answers. The thread that
 * gets this has nothing left to do but to give back the memory that was lent to the call.
 */
public final class LetGoException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * Tells of one call.
     *
     * @param device that held it up
     */
    public LetGoException(String device) {
        super("a call on " + device + " has ended, but its caller has gone on without it");
    }
}
