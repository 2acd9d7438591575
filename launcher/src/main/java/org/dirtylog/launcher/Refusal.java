// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

/** Something cannot be done. The message says why, and what to type next. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    /** Exit code of a command line that is not understood. */
    static final int USAGE = 2;

    /** Exit code of everything else. */
    static final int FAILED = 1;

    private final int exitCode;

    private Refusal(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    static Refusal of(String message) {
        return new Refusal(FAILED, message, null);
    }

    static Refusal of(String message, Throwable cause) {
        return new Refusal(FAILED, message, cause);
    }

    static Refusal usage(String message) {
        return new Refusal(USAGE, message + System.lineSeparator() + Arguments.USAGE, null);
    }

    int exitCode() {
        return exitCode;
    }
}
