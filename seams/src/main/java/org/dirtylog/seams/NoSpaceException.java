// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;

/** A device has no room for what was to be written: its file system is full, or a quota is used up. */
public class NoSpaceException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * Names the thing.
     *
     * @param message for the operator
     * @param cause   what the system said
     */
    public NoSpaceException(String message, Throwable cause) {
        super(message, cause);
    }
}
