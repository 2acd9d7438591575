// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

/** Whether the end of a connection has begun: what was asked before is still done, what is asked now is refused. */
final class Ending {
    private volatile boolean begun;

    void begin() {
        begun = true;
    }

    boolean hasBegun() {
        return begun;
    }
}
