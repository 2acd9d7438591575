// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.Set;

/**
 * Where a log is in its life, as its guard sees it.
 * <pre>
 *   create                resume                preSuspend
 *  ───────▶ SUSPENDED ──────────────▶ RUNNING ────────────────▶ DRAINING
 *            │  │  ▲                    │  │                      │ │ │
 *            │  │  └────────────────────│──│── postSuspend ───────┘ │ │
 *            │  │                       │  └──── medium failed ─────┤ │
 *            │  │                       │                           ▼ │
 *            │  │                       │                      FAILED │
 *            │  ▼                       ▼                        │    ▼
 *            │ LOST ◀── hung, abandoned, broke the contract ─────┴────┘
 *            ▼  │
 *          CLOSED ◀── close, from every state
 * </pre>
 */
public enum LogState {
    /** Made, or stopped cleanly. */
    SUSPENDED,
    /** In use. */
    RUNNING,
    /** In use, but no recovery is started any more. */
    DRAINING,
    /**
     * Its medium failed while it was in use. It is never asked to flush again, but still answers questions, so that another
     * log can take over.
     */
    FAILED,
    /**
     * It hung, was abandoned, broke its contract, or could not be opened half-way. Nothing is passed to it any more except
     * {@code close}.
     */
    LOST,
    /** Closed. */
    CLOSED;

    /**
     * Tells which states may follow.
     *
     * @return the states that a log can change to from this one, this one not included
     */
    public Set<LogState> next() {
        return switch (this) {
            case SUSPENDED -> Set.of(RUNNING, LOST, CLOSED);
            case RUNNING -> Set.of(DRAINING, FAILED, LOST, CLOSED);
            case DRAINING -> Set.of(SUSPENDED, FAILED, LOST, CLOSED);
            case FAILED -> Set.of(LOST, CLOSED);
            case LOST -> Set.of(CLOSED);
            case CLOSED -> Set.of();
        };
    }

    /**
     * Tells whether the log will do no more than answer questions.
     *
     * @return {@code true} for {@link #FAILED} and {@link #LOST}
     */
    public boolean hasFailed() {
        return this == FAILED || this == LOST;
    }
}
