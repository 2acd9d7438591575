// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** Coroutines on platform threads that hand each other the right to run. Threads are kept and used again. */
final class ThreadCarrier implements Carrier {
    private static final Deque<Worker> IDLE = new ArrayDeque<>();

    /** A thread with the coroutine that it carries at present. */
    private static final class Worker extends Thread {
        final Semaphore go = new Semaphore(0);
        final Semaphore back = new Semaphore(0);
        Runnable body;
        boolean ended;
        boolean abandoned;

        Worker() {
            super("simulated");
            setDaemon(true);
        }

        @Override
        public void run() {
            while (true) {
                go.acquireUninterruptibly();
                try {
                    body.run();
                } catch (Abandoned e) {
                    // The machine it ran on is gone.
                } finally {
                    body = null;
                    ended = true;
                    back.release();
                }
            }
        }
    }

    private final class Threaded implements Coroutine {
        private Worker worker;
        private Runnable body;

        Threaded(Runnable body) {
            this.body = body;
        }

        @Override
        public void resume() {
            if (worker == null) {
                worker = idle();
                worker.body = body;
                worker.ended = false;
                worker.abandoned = false;
                body = null;
            }
            step();
        }

        private void step() {
            worker.go.release();
            worker.back.acquireUninterruptibly();
            if (worker.ended) {
                keep(worker);
                worker = null;
            }
        }

        @Override
        public void abandon() {
            body = null;
            if (worker != null) {
                worker.abandoned = true;
                while (worker != null) {
                    step();
                }
            }
        }
    }

    private static Worker idle() {
        synchronized (IDLE) {
            Worker worker = IDLE.poll();
            if (worker != null) {
                return worker;
            }
        }
        Worker made = new Worker();
        made.start();
        return made;
    }

    private static void keep(Worker worker) {
        synchronized (IDLE) {
            IDLE.push(worker);
        }
    }

    @Override
    public Coroutine create(Runnable body) {
        return new Threaded(body);
    }

    /** Throws {@link Abandoned} at once, each time, if the coroutine is to end: it may have been caught on its way. */
    @Override
    public void suspend() {
        Worker worker = (Worker) Thread.currentThread();
        if (!worker.abandoned) {
            worker.back.release();
            worker.go.acquireUninterruptibly();
        }
        if (worker.abandoned) {
            throw new Abandoned();
        }
    }

    @Override
    public boolean isFast() {
        return false;
    }
}
