// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

/**
 * A log could not do what it was asked. The subclasses say what the caller is to do about it; there are no others, and
 * none by error code. The message is shown to operators: it names the thing, what was found, what was expected, and
 * what has <em>not</em> been done.
 */
public abstract sealed class DirtyLogException extends Exception {

    private static final long serialVersionUID = 1L;

    private DirtyLogException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The log cannot exist as specified. Nothing was changed; the operator has to change the configuration. */
    public static final class Rejected extends DirtyLogException {
        private static final long serialVersionUID = 1L;

        /**
         * Refuses a specification.
         *
         * @param message names the argument, what was found and what would be right
         */
        public Rejected(String message) {
            super(message, null);
        }

        /**
         * Refuses a specification because of something observed.
         *
         * @param message names the argument, what was found and what would be right
         * @param cause   what was observed
         */
        public Rejected(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Nothing is broken, but no answer came in time. The caller waits and asks again. */
    public static final class Unavailable extends DirtyLogException {
        private static final long serialVersionUID = 1L;

        /**
         * Reports a missing answer.
         *
         * @param message says who did not answer
         */
        public Unavailable(String message) {
            super(message, null);
        }

        /**
         * Reports a missing answer and what was observed instead.
         *
         * @param message says who did not answer
         * @param cause   what was observed
         */
        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * The medium broke a promise. Final for this log object: a second attempt that succeeds would prove nothing about what
     * the first one lost. The mirror goes on by its policy.
     */
    public static final class Failed extends DirtyLogException {
        private static final long serialVersionUID = 1L;

        /**
         * Reports a broken medium.
         *
         * @param message names the medium, the operation and the position
         */
        public Failed(String message) {
            super(message, null);
        }

        /**
         * Reports a broken medium and what was observed.
         *
         * @param message names the medium, the operation and the position
         * @param cause   what was observed
         */
        public Failed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** There is a record but it makes no sense. It was left untouched for the operator to look at. */
    public static final class Corrupt extends DirtyLogException {
        private static final long serialVersionUID = 1L;

        /**
         * Reports a senseless record.
         *
         * @param message names the medium and the position, what was found and what was expected
         */
        public Corrupt(String message) {
            super(message, null);
        }
    }
}
