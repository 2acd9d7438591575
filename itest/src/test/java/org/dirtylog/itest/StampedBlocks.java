// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What a volume may hold: blocks stamped with their own number and a version that grows with each write. A block's version
 * lies between the last that is confirmed and the last that was sent.
 */
final class StampedBlocks {
    static final int BLOCK_BYTES = 4096;

    private static final long MAGIC = 0x6469727479626c6bL;

    private final AtomicLongArray sent;
    private final AtomicLongArray confirmed;

    StampedBlocks(long bytes) {
        int blocks = Math.toIntExact(bytes / BLOCK_BYTES);
        this.sent = new AtomicLongArray(blocks);
        this.confirmed = new AtomicLongArray(blocks);
    }

    int count() {
        return sent.length();
    }

    /** The next version of a block, about to be sent. Each block has one writer. */
    long next(int block) {
        return sent.incrementAndGet(block);
    }

    void confirm(int block, long version) {
        confirmed.set(block, version);
    }

    static ByteBuffer stamp(int block, long version) {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK_BYTES);
        long x = MAGIC ^ (long) block << 40 ^ version;
        bytes.putLong(MAGIC).putLong(block).putLong(version);
        while (bytes.hasRemaining()) {
            x = x * 6364136223846793005L + 1442695040888963407L;
            bytes.putLong(x);
        }
        return bytes.flip();
    }

    /** Fails unless the bytes are a version that may be there; that version is confirmed from now on, since it was seen. */
    void check(int block, ByteBuffer bytes) {
        long version = 0;
        if (bytes.getLong(bytes.position()) == MAGIC) {
            version = bytes.getLong(bytes.position() + 16);
        }
        ByteBuffer expected = version == 0 ? ByteBuffer.allocate(BLOCK_BYTES) : stamp(block, version);
        if (!expected.equals(bytes)) {
            throw new AssertionError("block " + block + " holds a mixture; its stamp is version " + version);
        }
        if (version < confirmed.get(block) || version > sent.get(block)) {
            throw new AssertionError("block " + block + " holds version " + version + "; confirmed is "
                    + confirmed.get(block) + ", the last sent is " + sent.get(block));
        }
        confirmed.set(block, version);
    }
}
