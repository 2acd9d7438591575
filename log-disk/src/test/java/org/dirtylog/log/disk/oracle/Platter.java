// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.dirtylog.log.LogMedium;

/**
 * A medium with a cache, for either side. What fails, when the power goes and what then survives is decided by what it is told, not
 * by dice, so that two of them that are written the same lose the same.
 */
final class Platter implements LogMedium {
    static final int SECTOR = 512;

    /** The power went. */
    static final class PowerCut extends RuntimeException {
        private static final long serialVersionUID = 1L;

        PowerCut() {
            super("power cut", null, false, false);
        }
    }

    final byte[] now;
    final byte[] durable;
    private final int blockBytes;
    private final BitSet cached = new BitSet();
    private boolean written;

    boolean failReads;
    boolean failWrites;
    boolean failForces;
    /** Whether a failed force drops pages, so that no later one brings them to the medium; never those of the head. */
    boolean drops;
    /** At the how manieth force that has something to force the power goes; 0 for never. */
    int cutAtForce;

    long bytesWritten;
    int forces;
    int forceCalls;

    Platter(byte[] content, int blockBytes) {
        this.now = content.clone();
        this.durable = content.clone();
        this.blockBytes = blockBytes;
    }

    @Override
    public long sizeBytes() {
        return now.length;
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        if (failReads) {
            throw new IOException("cannot read");
        }
        into.put(now, (int) positionBytes, into.remaining());
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        int length = from.remaining();
        if (positionBytes % blockBytes != 0 || length % blockBytes != 0) {
            throw new AssertionError("write of " + length + " bytes at " + positionBytes);
        }
        touch();
        from.get(now, (int) positionBytes, length);
        cached.set((int) positionBytes / SECTOR, (int) positionBytes / SECTOR + length / SECTOR);
        bytesWritten += length;
    }

    /** A write of something that only the other side has. */
    void touch() throws IOException {
        if (failWrites) {
            throw new IOException("cannot write");
        }
        written = true;
    }

    @Override
    public void force() throws IOException {
        forceCalls++;
        if (written && cutAtForce > 0 && --cutAtForce == 0) {
            throw new PowerCut();
        }
        if (failForces) {
            if (drops) {
                cached.clear(2, now.length / SECTOR);
            }
            throw new IOException("cannot force");
        }
        for (int s = cached.nextSetBit(0); s >= 0; s = cached.nextSetBit(s + 1)) {
            System.arraycopy(now, s * SECTOR, durable, s * SECTOR, SECTOR);
        }
        cached.clear();
        written = false;
        forces++;
    }

    /** The power goes and comes back: of each cached sector nothing, a part or all has come to the medium, by the seed. */
    void crash(long seed) {
        cached.stream().forEach(s -> {
            int kept = keptBytes(seed, s);
            System.arraycopy(now, s * SECTOR, durable, s * SECTOR, kept);
        });
        System.arraycopy(durable, 0, now, 0, now.length);
        cached.clear();
        heal();
        written = false;
    }

    private static int keptBytes(long seed, int sector) {
        long mixed = (seed * 31 + sector) * 0x9E3779B97F4A7C15L;
        int choice = (int) (mixed >>> 40) & 7;
        return choice < 3 ? 0 : choice < 6 ? SECTOR : ((int) (mixed >>> 50) & 63) * 8;
    }

    /** Nothing fails any more. What is cached stays cached. */
    void heal() {
        failReads = false;
        failWrites = false;
        failForces = false;
        drops = false;
        cutAtForce = 0;
    }

    @Override
    public void close() {}
}
