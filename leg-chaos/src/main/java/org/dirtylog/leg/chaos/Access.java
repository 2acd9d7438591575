// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.Locale;
import org.dirtylog.seams.BlockDevice.Operation;

/** What is asked of a leg, as rules name it. */
enum Access {
    READ,
    WRITE,
    ZERO,
    FORCE,
    GETATTR,
    /** A force as well: what a rule does to forces it does to this. */
    SETATTR;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it has a place on the leg. */
    boolean hasRange() {
        return this == READ || this == WRITE || this == ZERO;
    }

    static Access of(Operation operation) {
        return switch (operation) {
            case READ -> READ;
            case WRITE -> WRITE;
            case ZERO -> ZERO;
            case FORCE -> FORCE;
        };
    }
}
