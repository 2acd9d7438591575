// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.dirtylog.seams.Signal;

/**
 * A signal for threads.
 *
 * <p>Why no wake-up is lost: a waiter counts itself in {@link #waiters} <em>before</em> it evaluates its condition, and
 * whoever makes the condition true reads {@link #waiters} <em>after</em>. So either the waiter sees the truth, or the other
 * sees the waiter and takes the lock, which it gets only once the waiter sleeps. The fence in {@link #raise} makes that hold
 * for plain and release writes too.
 */
final class ThreadSignal implements Signal {
    private final String name;

    /** Held while a condition is evaluated, so that one waiter at a time does, and given up in sleep. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition raised = lock.newCondition();

    /** Written under the lock. */
    private volatile int waiters;

    ThreadSignal(String name) {
        this.name = name;
    }

    @Override
    public boolean await(BooleanSupplier condition, long deadlineNanos) {
        boolean interrupted = false;
        lock.lock();
        try {
            enlist(1);
            while (!condition.getAsBoolean()) {
                if (deadlineNanos == NEVER) {
                    raised.awaitUninterruptibly();
                    continue;
                }
                long left = deadlineNanos - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                try {
                    raised.await(left, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    // Not ours to act on: we wait on, and the thread finds its interrupt afterwards.
                    interrupted = true;
                }
            }
            return true;
        } finally {
            enlist(-1);
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void enlist(int change) {
        waiters += change;
    }

    @Override
    public void raise() {
        VarHandle.fullFence();
        if (waiters == 0) {
            return;
        }
        lock.lock();
        try {
            raised.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "signal " + name;
    }
}
