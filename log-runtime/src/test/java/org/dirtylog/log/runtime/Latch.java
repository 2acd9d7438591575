// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds threads until it is opened. */
final class Latch {
    private static final long LIMIT_SECONDS = 20;

    private final CountDownLatch latch = new CountDownLatch(1);

    void open() {
        latch.countDown();
    }

    void await() {
        try {
            if (!latch.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("held for " + LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted, which no log ever is (P44)", e);
        }
    }
}
