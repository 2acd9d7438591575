// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.dirtylog.seams.BlockDevice.Successor;
import org.dirtylog.seams.BlockDevice.Zeroing;

/**
 * An operation that a leg may hold up, and how far it has come. Its thread alone writes to it, outside of legs; once the watch has
 * let that thread go, nobody does, and whoever takes over goes by it. One object serves many operations, one after the other, so
 * that none of them makes garbage.
 */
final class Attempt {
    /** Goes on with operations whose threads were let go. */
    interface Owner {
        /**
         * Called on a task of its own. When it returns, what the operation was lent is given back as soon as its thread returns.
         *
         * @param held the operation
         * @param leg  that does not answer
         */
        void takeOver(Attempt held, Leg leg);
    }

    private static final long OUTSIDE = 0;
    private static final long LET_GO = -1;
    private static final int LEG_BITS = 4;

    private final AtomicBoolean claimed = new AtomicBoolean();
    /** In which leg its thread is, and since which tick; or that it was let go. */
    private final AtomicLong place = new AtomicLong();

    private volatile boolean settled;
    /** What {@link #place} was set to last. */
    private long entered;

    // ---- the operation ----------------------------------------------------------------------------------------------

    Owner owner;
    Successor successor;
    /** Of a call that is cut at the borders of regions, what was done before. */
    long doneBytes;

    long region;
    long position;
    long length;
    /** Of its range (P4). */
    long ticket;
    /** Of the gate's counters. */
    int hint;

    LegSet legs;
    /** Mask of the legs that did not take it. */
    int failed;

    IOException cause;
    /** What is written; {@code null} for zeroes. */
    ByteBuffer from;

    int start;
    Zeroing zeroing;
    /** Mask of the legs that are written to. */
    int targets;
    /** Whether the operation is a read that has entered a region for what it writes back. */
    boolean inside;

    boolean tryClaim() {
        return !claimed.get() && claimed.compareAndSet(false, true);
    }

    void release() {
        owner = null;
        successor = null;
        legs = null;
        cause = null;
        from = null;
        inside = false;
        failed = 0;
        doneBytes = 0;
        claimed.set(false);
    }

    /** Goes on where another one was held up. The bytes that are written are looked at through a buffer of its own. */
    void takeFrom(Attempt held) {
        owner = held.owner;
        successor = held.successor;
        doneBytes = held.doneBytes;
        region = held.region;
        position = held.position;
        length = held.length;
        ticket = held.ticket;
        hint = held.hint;
        legs = held.legs;
        failed = held.failed;
        cause = held.cause;
        start = held.start;
        from = held.from == null ? null : held.from.duplicate().clear();
        zeroing = held.zeroing;
        targets = held.targets;
    }

    // ---- where its thread is ----------------------------------------------------------------------------------------

    void enter(Leg leg, long tick) {
        entered = tick << LEG_BITS | leg.index() + 1;
        place.set(entered);
    }

    /** Answers whether the thread that has come back is still the operation's. */
    boolean leave() {
        long in = entered;
        entered = OUTSIDE;
        return in == OUTSIDE || place.compareAndSet(in, OUTSIDE);
    }

    long place() {
        return place.get();
    }

    static boolean isInLeg(long place) {
        return place != OUTSIDE && place != LET_GO;
    }

    static int legOf(long place) {
        return (int) (place & (1 << LEG_BITS) - 1) - 1;
    }

    static long tickOf(long place) {
        return place >>> LEG_BITS;
    }

    /** Answers whether its thread was let go, and by the caller. */
    boolean letGo(long seen) {
        return place.compareAndSet(seen, LET_GO);
    }

    void noteSettled() {
        settled = true;
    }

    boolean isSettled() {
        return settled;
    }
}
