// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;

/**
 * A connected socket. A client that sends the next request as soon as it has the answer is faster than a thread can be put to
 * sleep and woken up again: its reader looks again for a moment before it sleeps. How many do so at once is limited, so that
 * the clients find a processor too.
 */
final class SocketStream implements NbdStream {
    /** What it costs about to be woken up. */
    private static final long LOOK_NANOS = 50_000;

    private static final Semaphore LOOKERS = new Semaphore(Runtime.getRuntime().availableProcessors() - 1);

    private final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;
    /** Whether the client's last request came about as fast as one can look. Only the reader uses it. */
    private boolean brisk;

    /**
     * Takes the channel over.
     *
     * @throws IOException if the process has no room for what it waits with; the channel is the caller's still
     */
    SocketStream(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        readable = selector(channel, SelectionKey.OP_READ);
        try {
            writable = selector(channel, SelectionKey.OP_WRITE);
        } catch (IOException e) {
            readable.close();
            throw e;
        }
    }

    private static Selector selector(SocketChannel channel, int operation) throws IOException {
        Selector selector = Selector.open();
        channel.register(selector, operation);
        return selector;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int count = channel.read(into);
        if (count == 0 && brisk) {
            count = lookAgain(into);
            brisk = count != 0;
        }
        if (count == 0) {
            long begun = System.nanoTime();
            do {
                await(readable);
                count = channel.read(into);
            } while (count == 0);
            brisk = System.nanoTime() - begun < 2 * LOOK_NANOS;
        }
        return count;
    }

    private int lookAgain(ByteBuffer into) throws IOException {
        if (!LOOKERS.tryAcquire()) {
            return 0;
        }
        try {
            long end = System.nanoTime() + LOOK_NANOS;
            int count = 0;
            while (count == 0 && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
                count = channel.read(into);
            }
            return count;
        } finally {
            LOOKERS.release();
        }
    }

    private void await(Selector ready) throws IOException {
        try {
            ready.select();
            ready.selectedKeys().clear();
        } catch (ClosedSelectorException e) {
            throw new AsynchronousCloseException();
        }
        if (!channel.isOpen()) {
            throw new AsynchronousCloseException();
        }
    }

    @Override
    public void write(ByteBuffer[] from, int count) throws IOException {
        while (from[count - 1].hasRemaining()) {
            if (channel.write(from, 0, count) == 0) {
                await(writable);
            }
        }
    }

    @Override
    public void offer(ByteBuffer from) throws IOException {
        channel.write(from);
    }

    @Override
    public void endInput() {
        try {
            channel.shutdownInput();
            readable.wakeup();
        } catch (IOException gone) {
            close();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
            readable.close();
            writable.close();
        } catch (IOException alreadyGone) {
            return;
        }
    }
}
