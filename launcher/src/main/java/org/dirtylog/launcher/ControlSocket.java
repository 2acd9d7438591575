// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens for commands. Each has a thread of its own, so one that hangs holds up nobody; their number is bounded, and so is
 * the time in which a client must say what it wants.
 */
final class ControlSocket implements AutoCloseable {
    private static final int REFUSED_SECONDS = 2;
    private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);

    static final int MOST_COMMANDS = 64;

    private static final long REQUEST_SECONDS = 10;

    private final Path path;
    private final CommandRunner runner;
    private final ServerSocketChannel listener;
    private final Semaphore places = new Semaphore(MOST_COMMANDS);
    private final ScheduledExecutorService deadlines =
            Executors.newSingleThreadScheduledExecutor(work -> daemon(work, "control/deadlines"));

    private ControlSocket(Path path, CommandRunner runner, ServerSocketChannel listener) {
        this.path = path;
        this.runner = runner;
        this.listener = listener;
    }

    /** Listens from now on; only the owner of the home's lock may call this. */
    static ControlSocket open(Path path, CommandRunner runner) throws Refusal {
        ServerSocketChannel listener = null;
        try {
            listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listener.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            closeQuietly(listener);
            throw Refusal.of("the control socket " + path + " cannot be made: " + Failures.describe(e), e);
        }
        ControlSocket socket = new ControlSocket(path, runner, listener);
        daemon(socket::accept, "control/accept").start();
        return socket;
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel client = listener.accept();
                if (places.tryAcquire()) {
                    daemon(() -> serve(client), "control/command").start();
                } else {
                    refuse(client);
                }
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException | OutOfMemoryError e) {
                if (listener.isOpen()) {
                    LOG.warn("A command could not be accepted: {}", e.toString());
                }
            }
        }
    }

    /** Runs on the accepting thread; the answer fits into any socket buffer, so it cannot block. */
    private void refuse(SocketChannel client) {
        try {
            Frame.of(Frame.ERR, "error: " + MOST_COMMANDS + " commands are running already; try again later\n")
                    .write(client);
            Frame.exit(Refusal.FAILED).write(client);
        } catch (IOException e) {
            LOG.debug("A client that could not be served left", e);
        }
        // Closed at once, with its command unread, the client might get an error in the place of the answer.
        deadlines.schedule(() -> closeQuietly(client), REFUSED_SECONDS, TimeUnit.SECONDS);
    }

    private void serve(SocketChannel client) {
        try (client) {
            ScheduledFuture<?> deadline =
                    deadlines.schedule(() -> closeQuietly(client), REQUEST_SECONDS, TimeUnit.SECONDS);
            Frame request = Frame.read(client, Frame.MOST_COMMAND_BYTES);
            deadline.cancel(false);
            if (request.kind() != Frame.COMMAND) {
                throw new IOException("the first frame is of kind " + request.kind() + ", not a command");
            }
            Object lock = new Object();
            try (FrameStream out = new FrameStream(client, lock, Frame.OUT);
                    FrameStream err = new FrameStream(client, lock, Frame.ERR)) {
                int code = runner.run(request.text(), out, err);
                out.flush();
                err.flush();
                Frame.exit(code).write(client);
            }
        } catch (IOException e) {
            LOG.debug("A client of the control socket is dropped: {}", e.toString());
        } finally {
            places.release();
        }
    }

    private static void closeQuietly(AutoCloseable channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (Exception e) {
            LOG.debug("Closing failed", e);
        }
    }

    /** Takes no further commands; those under way go on. */
    @Override
    public void close() {
        closeQuietly(listener);
        deadlines.shutdown();
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("The control socket {} is left behind: {}", path, e.getMessage());
        }
    }
}
