// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What goes over the control socket: a byte that names the kind, a length in four bytes, most significant first, and that
 * many bytes. The client sends one {@link #COMMAND}; the answer is any number of {@link #OUT} and {@link #ERR} and, last,
 * one {@link #EXIT} of four bytes.
 *
 * @param kind  one of the constants
 * @param bytes its content
 */
record Frame(byte kind, ByteBuffer bytes) {
    static final byte COMMAND = 'C';
    static final byte OUT = 'O';
    static final byte ERR = 'E';
    static final byte EXIT = 'X';

    /** Longer than any word that Linux lets a process be started with. */
    static final int MOST_COMMAND_BYTES = 256 * 1024;

    static final int MOST_OUTPUT_BYTES = 32 * 1024;

    private static final int HEAD_BYTES = 5;

    static Frame of(byte kind, String text) {
        return new Frame(kind, StandardCharsets.UTF_8.encode(text));
    }

    static Frame exit(int code) {
        return new Frame(EXIT, ByteBuffer.allocate(4).putInt(0, code));
    }

    /**
     * Reads one.
     *
     * @param most the longest content that is accepted; a longer one is refused before anything is allocated for it
     */
    static Frame read(ReadableByteChannel channel, int most) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
        fill(channel, head);
        byte kind = head.get();
        int length = head.getInt();
        if (kind != COMMAND && kind != OUT && kind != ERR && kind != EXIT) {
            throw new IOException("a frame of unknown kind " + kind);
        }
        if (length < 0 || length > most) {
            throw new IOException(
                    "a frame of " + Integer.toUnsignedString(length) + " bytes, at most " + most + " are accepted");
        }
        ByteBuffer bytes = ByteBuffer.allocate(length);
        fill(channel, bytes);
        return new Frame(kind, bytes);
    }

    private static void fill(ReadableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the connection ended within a frame");
            }
        }
        buffer.flip();
    }

    void write(WritableByteChannel channel) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(HEAD_BYTES + bytes.remaining());
        whole.put(kind).putInt(bytes.remaining()).put(bytes.duplicate()).flip();
        while (whole.hasRemaining()) {
            channel.write(whole);
        }
    }

    String text() throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
    }

    int exitCode() throws IOException {
        if (kind != EXIT || bytes.remaining() != 4) {
            throw new IOException("a frame of kind " + kind + " and " + bytes.remaining() + " bytes is no exit code");
        }
        return bytes.getInt(bytes.position());
    }
}
