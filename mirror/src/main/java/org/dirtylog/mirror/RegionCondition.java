// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

/** What a mirror knows about a region, for those who look from outside. */
public enum RegionCondition {
    /** All legs hold the same data durably. */
    CLEAN,
    /** Written lately: after a crash it would be copied. */
    DIRTY,
    /** The legs may differ; it waits for recovery. */
    OUT_OF_SYNC,
    /** It is being copied. */
    RECOVERING
}
