// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;

/** A long request was broken off, since its connection has ended. */
final class AbandonedException extends IOException {
    private static final long serialVersionUID = 1L;

    AbandonedException(long positionBytes, long atBytes) {
        super("begun at byte " + positionBytes + " and broken off at byte " + atBytes
                + ": the connection has ended, nobody waits for the rest");
    }
}
