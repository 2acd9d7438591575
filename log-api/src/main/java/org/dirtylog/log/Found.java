// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

/** What a log found when it was resumed. The mirror shows it to the operator (protocol rule P29). */
public enum Found {
    /** No record, and none was expected. */
    FRESH,
    /** The record of this mirror's last run. Its bits were believed. */
    RECORDED,
    /**
     * A record of this mirror, but not the last one, or for another region size, or one taken over from another mirror. All
     * regions are dirty.
     */
    STALE,
    /** A record that this mirror closed and somebody else changed since. The policy decided what to believe. */
    REWRITTEN,
    /**
     * A record that no mirror of ours has signed, as the kernel writes it. The policy decided what to believe; on the first
     * activation of a mirror it was believed.
     */
    UNIDENTIFIED
}
