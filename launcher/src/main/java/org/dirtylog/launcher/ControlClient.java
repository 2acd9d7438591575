// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The other end of {@link ControlSocket}: sends one command and passes on what it prints. */
final class ControlClient {
    private final Home home;

    ControlClient(Home home) {
        this.home = home;
    }

    int run(String command, OutputStream out, OutputStream err) throws Refusal {
        home.requireShortName();
        Path socket = home.controlSocket();
        Frame request = Frame.of(Frame.COMMAND, command);
        if (request.bytes().remaining() > Frame.MOST_COMMAND_BYTES) {
            throw Refusal.of("the command has " + request.bytes().remaining() + " bytes, at most "
                    + Frame.MOST_COMMAND_BYTES + " are accepted");
        }
        try (SocketChannel server = connect(socket)) {
            return converse(server, request, out, err);
        } catch (IOException e) {
            throw Refusal.of(
                    "the connection to the instance on " + home.folder() + " broke before the command ended: "
                            + Failures.describe(e) + "; whether it was carried out is not known, look with mirror:list",
                    e);
        }
    }

    private SocketChannel connect(Path socket) throws Refusal {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            if (!home.isEnterable()) {
                throw Refusal.of(
                        "the home " + home.folder()
                                + " may not be entered: permission denied; only the user who started"
                                + " dirtylog there can talk to it",
                        e);
            }
            if (Files.exists(socket) && !Files.isWritable(socket)) {
                throw Refusal.of(
                        "the control socket " + socket + " belongs to another user; only its owner may use it", e);
            }
            throw Refusal.of(
                    "no dirtylog runs on the home " + home.folder()
                            + (Files.exists(socket) ? " (its control.sock is left from one that was killed)" : "")
                            + "; start it with: dirtylog run --home " + Failures.quoted(home.folder()),
                    e);
        }
    }

    private static int converse(SocketChannel server, Frame request, OutputStream out, OutputStream err)
            throws IOException {
        request.write(server);
        while (true) {
            Frame answer = Frame.read(server, Frame.MOST_OUTPUT_BYTES);
            if (answer.kind() == Frame.EXIT) {
                out.flush();
                err.flush();
                return answer.exitCode();
            }
            OutputStream to = answer.kind() == Frame.OUT ? out : err;
            to.write(
                    answer.bytes().array(),
                    answer.bytes().position(),
                    answer.bytes().remaining());
        }
    }
}
