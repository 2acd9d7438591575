// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;

/** A file or device has another owner, in this process or in another. */
public class InUseException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * Names the thing and, where it is known, the owner.
     *
     * @param message for the operator
     */
    public InUseException(String message) {
        super(message);
    }
}
