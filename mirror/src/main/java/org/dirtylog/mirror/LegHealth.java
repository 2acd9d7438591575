// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/** Whether a leg is given anything: it may have failed, hang, or be slow. Outlives the places that the leg has in a mirror. */
final class LegHealth {
    private static final long SLOW_OF_LATE = 60_000_000_000L;

    /** Set on the thread that noticed a failure, before anything else happens (P14 step 0): no new I/O. */
    private volatile boolean failing;

    /** How much of what was let go has not returned. As long as there is some, nothing new is begun. */
    private final AtomicInteger hanging = new AtomicInteger();

    private volatile String hangsFor = "";

    /** When it was last seen to be slow, and how slow; 0 for never. */
    private volatile long slowAtNanos;

    private volatile long slowestNanos;

    boolean isFailing() {
        return failing;
    }

    void latchFailing() {
        failing = true;
    }

    /** Takes the latch back: it is the last current leg, which is never excluded (P12). */
    void unlatchFailing() {
        failing = false;
    }

    /** Something was let go, and has not returned. Answers whether it is the first. */
    boolean beginHang(String howLong) {
        if (!isHanging()) {
            hangsFor = howLong;
        }
        return hanging.getAndIncrement() == 0;
    }

    void endHang() {
        hanging.decrementAndGet();
    }

    boolean isHanging() {
        return hanging.get() != 0;
    }

    IOException hanging(String leg) {
        return new IOException("leg " + leg + " hangs: " + hangsFor);
    }

    /** Something took long. Answers whether that is news. */
    boolean noteSlow(long nowNanos, long nanos) {
        boolean known = slowNanos(nowNanos) > 0;
        slowestNanos = known ? Math.max(slowestNanos, nanos) : nanos;
        slowAtNanos = nowNanos;
        return !known;
    }

    /** How long something took, at most, of late; 0 if nothing did. */
    long slowNanos(long nowNanos) {
        return slowestNanos > 0 && nowNanos - slowAtNanos < SLOW_OF_LATE ? slowestNanos : 0;
    }
}
