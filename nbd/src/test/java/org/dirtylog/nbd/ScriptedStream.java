// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;

/** A client whose bytes are all there, in portions, and which then leaves; keeps what it gets. */
final class ScriptedStream implements NbdStream {
    private final byte[] script;
    private int at;
    private final Random portions;
    private final int largestPortion;
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream(1 << 16);

    ScriptedStream(byte[] script, Random portions) {
        this.script = script;
        this.portions = portions;
        // A byte at a time is worth a try, and slow.
        largestPortion = portions.nextInt(4) == 0 && script.length < 10_000 ? 1 : 1 << 1 + portions.nextInt(20);
    }

    @Override
    public int read(ByteBuffer into) {
        if (at == script.length) {
            return -1;
        }
        int most = Math.min(into.remaining(), script.length - at);
        int count = Math.min(most, 1 + portions.nextInt(largestPortion));
        into.put(script, at, count);
        at += count;
        return count;
    }

    @Override
    public synchronized void write(ByteBuffer[] from, int count) {
        for (int i = 0; i < count; i++) {
            byte[] bytes = new byte[from[i].remaining()];
            from[i].get(bytes);
            taken.writeBytes(bytes);
        }
    }

    synchronized ByteBuffer taken() {
        return ByteBuffer.wrap(taken.toByteArray());
    }

    @Override
    public void endInput() {
        throw new UnsupportedOperationException("nobody withdraws the export");
    }

    @Override
    public void close() {}
}
