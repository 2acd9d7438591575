// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.util.concurrent.Semaphore;

/** What one connection may have of the server's memory for payloads. Nobody waits for it. */
final class Share {
    private final Slabs slabs;
    private final Semaphore left;

    Share(Slabs slabs, long bytes) {
        this.slabs = slabs;
        left = new Semaphore(Slabs.slabsFor(bytes));
    }

    /** Room for so many bytes; {@link Payload#NONE} if there is none left, or none is needed. */
    Payload tryTake(int bytes) {
        int count = Slabs.slabsFor(bytes);
        if (count == 0 || !left.tryAcquire(count)) {
            return Payload.NONE;
        }
        Payload payload = Payload.of(slabs.tryTake(count), bytes);
        left.release(count - payload.parts());
        return payload;
    }

    /** One of those who hold it needs it no longer. */
    void giveBack(Payload payload) {
        if (payload.letGo() && payload.isPooled()) {
            slabs.giveBack(payload.slabs());
            left.release(payload.parts());
        }
    }
}
