// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AcceptTest {
    @TempDir
    Path folder;

    /** A channel that fails some times before it accepts. */
    private static final class Reluctant extends ServerSocketChannel {
        private final ServerSocketChannel real;
        private final AtomicInteger attempts = new AtomicInteger();

        Reluctant(ServerSocketChannel real) {
            super(real.provider());
            this.real = real;
        }

        @Override
        public SocketChannel accept() throws IOException {
            switch (attempts.incrementAndGet()) {
                case 1 -> throw new IOException("Too many open files");
                case 2 -> throw new IllegalStateException("nobody expects this");
                case 3 -> throw new OutOfMemoryError("unable to create native thread");
                default -> {
                    return real.accept();
                }
            }
        }

        @Override
        public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
            return real.bind(local, backlog);
        }

        @Override
        public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
            return real.setOption(name, value);
        }

        @Override
        public <T> T getOption(SocketOption<T> name) throws IOException {
            return real.getOption(name);
        }

        @Override
        public Set<SocketOption<?>> supportedOptions() {
            return real.supportedOptions();
        }

        @Override
        public ServerSocket socket() {
            return real.socket();
        }

        @Override
        public SocketAddress getLocalAddress() throws IOException {
            return real.getLocalAddress();
        }

        @Override
        protected void implCloseSelectableChannel() throws IOException {
            real.close();
        }

        @Override
        protected void implConfigureBlocking(boolean block) throws IOException {
            real.configureBlocking(block);
        }
    }

    @Test
    void whatever_keeps_it_from_accepting_it_tries_again() throws IOException {
        Path socket = folder.resolve("nbd.sock");
        try (ThreadTasks tasks = new ThreadTasks();
                NbdServer server = new NbdServer(tasks, NbdLimits.STANDARD)) {
            server.accept(NbdEndpoint.unix(socket), new Reluctant(UnixListener.listen(socket)));
            server.add(NbdExport.of("disk", new MemoryDevice(512)));
            try (WireClient client = WireClient.connected(socket, "disk", false)) {
                client.ask(0, Wire.CMD_READ, 1, 0, 512);
                assertEquals(0, client.simple(512).error());
            }
        }
    }
}
