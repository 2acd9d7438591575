// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/** A mirror could not do what an operator asked. The message says why, what is safe, and what to type next. */
public class MirrorException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * Refuses.
     *
     * @param message for the operator
     */
    public MirrorException(String message) {
        super(message);
    }

    /**
     * Refuses because of something observed.
     *
     * @param message for the operator
     * @param cause   what was observed
     */
    public MirrorException(String message, Throwable cause) {
        super(message, cause);
    }
}
