// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** What a command prints, as frames of one kind. Two streams of one connection share a lock: frames do not mix. */
final class FrameStream extends OutputStream {
    private final WritableByteChannel channel;
    private final Object lock;
    private final byte kind;
    private final ByteBuffer pending = ByteBuffer.allocate(Frame.MOST_OUTPUT_BYTES);

    FrameStream(WritableByteChannel channel, Object lock, byte kind) {
        this.channel = channel;
        this.lock = lock;
        this.kind = kind;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        synchronized (lock) {
            for (int done = 0; done < length; ) {
                int part = Math.min(length - done, pending.remaining());
                pending.put(bytes, from + done, part);
                done += part;
                if (!pending.hasRemaining()) {
                    flush();
                }
            }
        }
    }

    @Override
    public void flush() throws IOException {
        synchronized (lock) {
            if (pending.position() > 0) {
                pending.flip();
                try {
                    new Frame(kind, pending).write(channel);
                } finally {
                    pending.clear();
                }
            }
        }
    }
}
