// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.dirtylog.log.LogMedium;

/**
 * A medium whose power can be cut. It keeps what was forced; of the rest each sector keeps any of the contents it had since,
 * or the first part of one. It starts full of ones, since a medium of zeroes forgives a missing initialisation.
 */
final class CrashableMedium implements LogMedium {

    /** The power went. */
    static final class PowerCut extends RuntimeException {
        private static final long serialVersionUID = 1L;

        PowerCut() {
            super("power cut", null, false, false);
        }
    }

    private static final int SECTOR = 512;
    private final int blockBytes;
    private byte[] now;
    private byte[] forced;
    private final TreeMap<Integer, List<byte[]>> versions = new TreeMap<>();

    /** How many writes and forces may still be done. */
    int fuse = Integer.MAX_VALUE;

    int writes;
    int forces;
    long bytesWritten;
    boolean failWrites;
    boolean failForces;
    boolean failReads;
    boolean closed;

    CrashableMedium(int bytes, int blockBytes) {
        this.blockBytes = blockBytes;
        this.now = new byte[bytes];
        Arrays.fill(now, (byte) 0xFF);
        this.forced = now.clone();
    }

    static CrashableMedium of(byte[] content, int blockBytes) {
        CrashableMedium medium = new CrashableMedium(content.length, blockBytes);
        medium.put(content);
        return medium;
    }

    /** Puts another content in place, as restoring a backup does. */
    void put(byte[] content) {
        now = content.clone();
        forced = content.clone();
        versions.clear();
    }

    byte[] content() {
        return now.clone();
    }

    /** Cuts the power, and turns it on again. */
    void crash(Random random) {
        byte[] survives = forced.clone();
        versions.forEach((sector, contents) -> {
            int choice = random.nextInt(contents.size() + 1);
            if (choice < contents.size()) {
                int length = random.nextInt(4) == 0 ? random.nextInt(SECTOR / 8) * 8 : SECTOR;
                System.arraycopy(contents.get(choice), 0, survives, sector * SECTOR, length);
            }
        });
        put(survives);
        fuse = Integer.MAX_VALUE;
        closed = false;
    }

    private void burn() {
        if (fuse-- <= 0) {
            throw new PowerCut();
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("taken away");
        }
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
        requireOpen();
        if (failReads) {
            throw new IOException("Input/output error at byte " + positionBytes);
        }
        into.put(now, Math.toIntExact(positionBytes), into.remaining());
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        requireOpen();
        int length = from.remaining();
        int position = Math.toIntExact(positionBytes);
        if (position % blockBytes != 0 || length % blockBytes != 0 || length == 0) {
            throw new AssertionError("write of " + length + " bytes at " + position + ", blocks of " + blockBytes);
        }
        if (failWrites) {
            throw new IOException("Input/output error at byte " + positionBytes);
        }
        from.get(now, position, length);
        for (int at = position; at < position + length; at += SECTOR) {
            versions.computeIfAbsent(at / SECTOR, s -> new ArrayList<>()).add(Arrays.copyOfRange(now, at, at + SECTOR));
        }
        writes++;
        bytesWritten += length;
        burn();
    }

    @Override
    public void force() throws IOException {
        requireOpen();
        if (!versions.isEmpty()) {
            // A cut where there is nothing to lose is one before the next write.
            burn();
        }
        if (failForces) {
            throw new IOException("Input/output error");
        }
        forced = now.clone();
        versions.clear();
        forces++;
    }

    @Override
    public void close() {
        closed = true;
    }
}
