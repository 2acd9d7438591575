// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.bits;

/** What to do to a run of bits. */
enum BitChange {
    SET,
    CLEAR,
    FLIP;

    long of(long word, long mask) {
        return switch (this) {
            case SET -> word | mask;
            case CLEAR -> word & ~mask;
            case FLIP -> word ^ mask;
        };
    }

    /** What becomes of bits that all have one value. */
    boolean of(boolean one) {
        return switch (this) {
            case SET -> true;
            case CLEAR -> false;
            case FLIP -> !one;
        };
    }
}
