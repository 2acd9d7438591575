// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;

/**
 * Keeps an interrupt that came before a call from closing the channel in it (P44). One that comes during the call is beyond
 * us; nobody here sends any.
 */
final class Interrupts {
    private Interrupts() {}

    /** Work on a channel. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException;
    }

    static <T> T heldBack(Work<T> work) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            return work.run();
        } finally {
            restore(interrupted);
        }
    }

    static void restore(boolean interrupted) {
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
