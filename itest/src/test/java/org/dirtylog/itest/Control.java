// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The client's side of the control socket, written once more from its description. */
final class Control {
    private Control() {}

    static Outcome run(Path socket, String command) throws IOException {
        byte[] text = command.getBytes(StandardCharsets.UTF_8);
        ByteBuffer request = ByteBuffer.allocate(5 + text.length);
        request.put((byte) 'C').putInt(text.length).put(text).flip();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            while (request.hasRemaining()) {
                channel.write(request);
            }
            DataInputStream answer = new DataInputStream(Channels.newInputStream(channel));
            while (true) {
                int kind = answer.readUnsignedByte();
                byte[] bytes = answer.readNBytes(answer.readInt());
                switch (kind) {
                    case 'O' -> out.writeBytes(bytes);
                    case 'E' -> err.writeBytes(bytes);
                    case 'X' -> {
                        return new Outcome(
                                ByteBuffer.wrap(bytes).getInt(),
                                out.toString(StandardCharsets.UTF_8),
                                err.toString(StandardCharsets.UTF_8));
                    }
                    default -> throw new IOException("a frame of kind " + kind);
                }
            }
        }
    }
}
