// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/** A mirror could not do what an operator asked. The message says why, what is safe, and what to type next. */
public class MirrorException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether something has to come, and trying again later is worth it. */
    private final boolean waiting;

    /**
     * Refuses.
     *
     * @param message for the operator
     */
    public MirrorException(String message) {
        super(message);
        this.waiting = false;
    }

    /**
     * Refuses because of something observed.
     *
     * @param message for the operator
     * @param cause   what was observed
     */
    public MirrorException(String message, Throwable cause) {
        super(message, cause);
        this.waiting = false;
    }

    private MirrorException(String message, Throwable cause, boolean waiting) {
        super(message, cause);
        this.waiting = waiting;
    }

    /**
     * Nothing is wrong, but something is missing: a leg, a log type, an answer. Nothing was written.
     *
     * @param message names what has to come
     * @param cause   what was observed, or {@code null}
     * @return the exception
     */
    public static MirrorException waiting(String message, Throwable cause) {
        return new MirrorException(message, cause, true);
    }

    /**
     * Tells whether the mirror waits for something and opens by itself when it comes.
     *
     * @return {@code false} if the operator has to do something first
     */
    public boolean isWaiting() {
        return waiting;
    }
}
