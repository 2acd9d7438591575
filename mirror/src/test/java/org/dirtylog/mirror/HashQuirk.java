// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/** What the kernel's region hash does and our regions do not. Those that we keep are the model's plain text. */
enum HashQuirk {
    /** A write to a region that is idle and not yet cleaned marks it once more; ours finds it dirty, and enters. */
    MARKS_AGAIN,
    /** The end of a copy counts when the worker comes by next, and writes wait that long; ours lets them in at once. */
    COPY_COUNTS_LATER,
    /** A region that was copied is cleaned before it is in sync; with us a cleaning has an effect only afterwards (I6). */
    CLEANS_BEFORE_IN_SYNC,
    /** Without {@code handle_errors} a copy that failed counts as done (I25). */
    FAILED_COPY_COUNTS,
    /** A write that fails while its region is drained for a copy ends the copy; ours copies it all the more. */
    GIVES_UP_DRAINING,
    /** After a flush that failed on a leg, each region becomes out of sync when its last write ends, and a copy that drains it never ends. */
    FLUSH_FAILURE_LATCH,
    /** Every pass of the worker flushes the log. */
    FLUSHES_EACH_PASS
}
