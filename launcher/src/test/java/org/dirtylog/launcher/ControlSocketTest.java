// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlSocketTest {
    @TempDir
    Path folder;

    private record Answer(int code, String out, String err) {}

    private Answer ask(String command) throws Refusal {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = new ControlClient(new Home(folder)).run(command, out, err);
        return new Answer(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private ControlSocket socket;

    private void open(CommandRunner runner) throws Refusal {
        socket = ControlSocket.open(new Home(folder).controlSocket(), runner);
    }

    @AfterEach
    void close() {
        if (socket != null) {
            socket.close();
        }
    }

    private static void print(OutputStream stream, String text) {
        try {
            stream.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(new Home(folder).controlSocket()));
    }

    @Test
    void output_errors_and_exit_code_arrive_apart() throws Exception {
        String large = "ü".repeat(100_000);
        open((command, out, err) -> {
            print(out, command + large);
            print(err, "oops");
            return 7;
        });
        assertEquals(new Answer(7, "say" + large, "oops"), ask("say"));
    }

    @Test
    void the_socket_is_for_its_owner_alone_and_goes_with_the_listener() throws Exception {
        Path path = new Home(folder).controlSocket();
        open((command, out, err) -> 0);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        socket.close();
        assertFalse(Files.exists(path));
    }

    @Test
    void a_command_that_hangs_holds_up_no_other() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch hanging = new CountDownLatch(1);
        open((command, out, err) -> {
            if (command.equals("hang")) {
                hanging.countDown();
                await(end);
            }
            return 0;
        });
        try (SocketChannel first = connect()) {
            Frame.of(Frame.COMMAND, "hang").write(first);
            hanging.await();
            assertEquals(0, ask("other").code());
            end.countDown();
            assertEquals(0, Frame.read(first, 4).exitCode());
        }
    }

    @Test
    void one_command_too_many_is_told_so() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(ControlSocket.MOST_COMMANDS);
        List<SocketChannel> clients = new ArrayList<>();
        open((command, out, err) -> {
            running.countDown();
            await(end);
            return 0;
        });
        try {
            for (int i = 0; i < ControlSocket.MOST_COMMANDS; i++) {
                SocketChannel client = connect();
                clients.add(client);
                Frame.of(Frame.COMMAND, "wait").write(client);
            }
            running.await();
            Answer refused = ask("one more");
            assertEquals(Refusal.FAILED, refused.code());
            assertTrue(refused.err().contains(ControlSocket.MOST_COMMANDS + " commands are running"), refused.err());
        } finally {
            end.countDown();
            for (SocketChannel client : clients) {
                client.close();
            }
        }
    }

    @Test
    void a_request_longer_than_allowed_ends_the_connection() throws Exception {
        open((command, out, err) -> 0);
        try (SocketChannel client = connect()) {
            ByteBuffer head = ByteBuffer.allocate(5)
                    .put(Frame.COMMAND)
                    .putInt(Frame.MOST_COMMAND_BYTES + 1)
                    .flip();
            client.write(head);
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
