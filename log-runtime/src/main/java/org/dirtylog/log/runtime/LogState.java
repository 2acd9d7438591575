// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

/**
 * Where a log is in its life.
 *
 * <pre>
 *   create                resume                preSuspend
 *  ───────▶ SUSPENDED ──────────────▶ RUNNING ────────────────▶ DRAINING
 *            │     ▲                                                │
 *    close   │     └────────────────────────────────────────────────┘
 *            ▼                       postSuspend
 *          CLOSED
 * </pre>
 */
public enum LogState {
    /** Made, or let go of its record. */
    SUSPENDED,
    /** Keeps its record. */
    RUNNING,
    /** Hands out no more recovery; still keeps its record. */
    DRAINING,
    /** Gone for good. */
    CLOSED;

    /** What moves a log on. */
    enum Event {
        RESUMED,
        PRE_SUSPENDED,
        POST_SUSPENDED,
        DISOWNED,
        CLOSED
    }

    /** The state after an event; one that cannot come now is a mistake of the caller. */
    LogState after(Event event) {
        if (event == Event.CLOSED) {
            return CLOSED;
        }
        return switch (this) {
            case SUSPENDED ->
                switch (event) {
                    case RESUMED -> RUNNING;
                    case DISOWNED -> SUSPENDED;
                    default -> throw impossible(event);
                };
            case RUNNING ->
                switch (event) {
                    case PRE_SUSPENDED -> DRAINING;
                    default -> throw impossible(event);
                };
            case DRAINING ->
                switch (event) {
                    case POST_SUSPENDED -> SUSPENDED;
                    default -> throw impossible(event);
                };
            case CLOSED -> throw impossible(event);
        };
    }

    private IllegalStateException impossible(Event event) {
        return new IllegalStateException("a log that is " + this + " cannot be " + event);
    }

    /** Whether the record is kept: marks, cleanings and flushes are in order. */
    boolean isOpen() {
        return this == RUNNING || this == DRAINING;
    }
}
