// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import org.dirtylog.seams.BlockDevice.Successor;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one connection that tasks carry out, so that those behind them can overtake them. A task never touches the
 * stream, where a client that takes no replies would hold it: a thread of the connection's own sends them.
 */
final class HandOvers {
    private static final Logger LOG = LoggerFactory.getLogger(HandOvers.class);
    private static final HandedOver LAST = new HandedOver(new Request(), Payload.NONE, null);

    private final NbdStream stream;
    private final Shared shared;
    private final Commands commands;
    private final Replies replies;
    private final Share share;
    /** What is sent together. Its owner may have the memory back when all requests have ended. */
    private final ByteBuffer out;

    private final int most;
    private final Semaphore room;
    private final Signal answered;
    /** Never full: each request in it holds a permit. */
    private final Queue<HandedOver> finished;

    private final Signal toBeAnswered;

    private boolean sending;
    private volatile boolean broken;

    HandOvers(NbdStream stream, Shared shared, Commands commands, Replies replies, Share share, ByteBuffer out) {
        this.stream = stream;
        this.shared = shared;
        this.commands = commands;
        this.replies = replies;
        this.share = share;
        this.out = out;
        most = shared.limits().connectionRequests();
        room = new Semaphore(most);
        answered = shared.tasks().signal("nbd/answered");
        finished = new ArrayBlockingQueue<>(most + 1);
        toBeAnswered = shared.tasks().signal("nbd/to be answered");
    }

    // ---- the connection's thread ------------------------------------------------------------------------------------

    /**
     * Makes room for a request and so many bytes of it.
     *
     * @return the request, which must be started; {@code null} if there is no room
     */
    HandedOver tryTake(Request request, int bytes) {
        if (!room.tryAcquire()) {
            return null;
        }
        Payload payload = share.tryTake(bytes);
        if (bytes > 0 && payload.parts() == 0 || !isSending()) {
            giveUp(payload);
            return null;
        }
        return new HandedOver(request.copy(), payload, this);
    }

    /** Takes back the room of a request that will not be started. */
    void giveUp(Payload payload) {
        share.giveBack(payload);
        room.release();
    }

    /** The first request that is handed over brings about the thread that sends the replies. */
    private boolean isSending() {
        if (!sending) {
            try {
                shared.threads().start("nbd-replies", this::send);
                sending = true;
            } catch (OutOfMemoryError e) {
                LOG.warn("There is no thread for the replies of a connection: {}", e.getMessage());
            }
        }
        return sending;
    }

    /** Has a request carried out by a task; answers {@code false} if there is no place for one. */
    boolean start(HandedOver work) {
        if (!shared.places().tryAcquire()) {
            return false;
        }
        try {
            shared.tasks().start("nbd", () -> {
                if (work.begin()) {
                    try {
                        carryOut(work);
                    } finally {
                        shared.places().release();
                    }
                }
            });
            return true;
        } catch (RuntimeException | Error e) {
            LOG.debug("A request is carried out by the thread of its connection: {}", e.toString());
            if (!work.begin()) {
                // It is on its way all the same.
                return true;
            }
            shared.places().release();
            return false;
        }
    }

    private void carryOut(HandedOver work) {
        try {
            carryOut(work, work);
        } catch (LetGoException e) {
            LOG.debug("A thread has come back from the device of an export: {}", e.getMessage());
        }
    }

    /**
     * Carries a request out on this thread, and has its reply sent.
     *
     * @throws LetGoException if the successor was told, which is to call {@link #goOn}
     */
    void carryOut(HandedOver work, Successor successor) throws LetGoException {
        Payload lent = work.payload();
        lent.hold();
        boolean ours = true;
        try {
            work.carryOut(commands, successor);
        } catch (LetGoException e) {
            ours = false;
            throw e;
        } finally {
            share.giveBack(lent);
            if (ours) {
                // Also if it threw what nobody expects: then it is answered with the error that it began with.
                finish(work);
            }
        }
    }

    private void finish(HandedOver work) {
        finished.add(work);
        toBeAnswered.raise();
    }

    /** A request is to be gone on with, for its thread does not come back. Does not block. */
    void goOn(HandedOver work, long doneBytes, IOException failure) {
        boolean started = false;
        try {
            if (failure == null) {
                if (work.request.type == Wire.CMD_READ) {
                    replacePayload(work);
                } else {
                    work.request.done += doneBytes;
                }
                shared.tasks().start("nbd", () -> carryOut(work));
                started = true;
            } else {
                work.error = commands.error(failure);
            }
        } catch (RuntimeException | Error e) {
            work.error = commands.error(e);
        } finally {
            if (!started) {
                finish(work);
            }
        }
    }

    private void replacePayload(HandedOver work) {
        Payload before = work.payload();
        Payload another = share.tryTake(before.bytes());
        work.replacePayload(another.parts() > 0 ? another : Payload.unpooled(before.bytes()));
        share.giveBack(before);
    }

    /** Returns when all requests have been answered. Nothing is handed over afterwards. */
    void end() {
        answered.await(() -> room.tryAcquire(most));
        if (sending) {
            finish(LAST);
        }
    }

    // ---- the thread that sends --------------------------------------------------------------------------------------

    private void send() {
        HandedOver next = take();
        while (next != LAST) {
            int count = 0;
            try {
                while (next != null) {
                    count++;
                    answer(next);
                    next = finished.poll();
                }
                flush();
            } catch (IOException | RuntimeException | Error e) {
                // Nobody is there to take the replies; what is under way ends all the same.
                broken = true;
                out.clear();
                stream.close();
                next = null;
            } finally {
                room.release(count);
                answered.raise();
            }
            if (next == null) {
                next = take();
            }
        }
    }

    private HandedOver take() {
        toBeAnswered.await(() -> !finished.isEmpty());
        return finished.poll();
    }

    private void answer(HandedOver work) throws IOException {
        try {
            if (broken) {
                return;
            }
            if (!work.hasData()) {
                if (out.remaining() < Replies.headBytes()) {
                    flush();
                }
                replies.putDone(out, work.request, work.error);
                return;
            }
            flush();
            replies.send(work.payload());
        } finally {
            share.giveBack(work.payload());
        }
    }

    private void flush() throws IOException {
        if (out.position() > 0 && !broken) {
            replies.send(out.flip());
        }
        out.clear();
    }
}
