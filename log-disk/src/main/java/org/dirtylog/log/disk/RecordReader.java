// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.bits.RegionBits;

/** Reads a record and changes nothing. For one thread. */
final class RecordReader {
    private final LogMedium medium;
    private final String path;
    private final ByteBuffer slice;

    RecordReader(LogMedium medium, String path) {
        this.medium = medium;
        this.path = path;
        long most = new RecordLayout(1, medium.blockBytes())
                .blockEnd(Math.max(medium.sizeBytes(), RecordLayout.HEAD_BYTES));
        this.slice = ByteBuffer.allocate((int) Math.min(most, Math.max(RecordImage.SLICE_BYTES, medium.blockBytes())))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    String path() {
        return path;
    }

    RecordHead head() throws IOException {
        long end = Math.max(RecordLayout.HEAD_BYTES, medium.blockBytes());
        slice.clear().limit((int) end);
        medium.read(0, slice);
        return new RecordHead(path, slice.flip());
    }

    /** Reads the bits of so many regions; bits beyond count for nothing (I13). */
    RegionBits bits(long regions) throws IOException {
        RegionBits clean = RegionBits.zeros(regions);
        eachWord(new RecordLayout(regions, medium.blockBytes()), clean::setWord);
        return clean;
    }

    /** Digests a record as it lies on the medium, as if it covered so many regions. Empty if the medium ends before. */
    byte[] digest(RecordHeader header, long regions) throws IOException {
        RecordLayout layout = new RecordLayout(regions, medium.blockBytes());
        if (layout.areaBytes() > medium.sizeBytes()) {
            return new byte[0];
        }
        RecordDigest digest = new RecordDigest(header);
        long last = layout.words() - 1;
        long lastMask = -1L >>> (Long.SIZE - (regions - last * Long.SIZE));
        eachWord(layout, (index, bits) -> digest.add(index == last ? bits & lastMask : bits));
        return digest.finish();
    }

    private void eachWord(RecordLayout layout, WordVisitor visitor) throws IOException {
        long at = layout.blockStart(RecordLayout.HEAD_BYTES);
        while (at < layout.areaBytes()) {
            int length = (int) Math.min(layout.areaBytes() - at, slice.capacity());
            slice.clear().limit(length);
            medium.read(at, slice);
            int first = (int) Math.max(0, RecordLayout.HEAD_BYTES - at);
            int end = (int) Math.min(length, layout.bitsEnd() - at);
            for (int i = first; i < end; i += Long.BYTES) {
                visitor.word((at + i - RecordLayout.HEAD_BYTES) / Long.BYTES, slice.getLong(i));
            }
            at += length;
        }
    }

    @FunctionalInterface
    private interface WordVisitor {
        void word(long index, long bits);
    }

    /** What a closed slot says about the bits: SHA-256 over the header's sixteen bytes and the words of bits as stored. */
    static final class RecordDigest {
        private final MessageDigest sha;
        private final ByteBuffer buffer = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);

        RecordDigest(RecordHeader header) {
            try {
                sha = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
            header.write(buffer);
            buffer.position(RecordHeader.BYTES);
        }

        void add(long word) {
            if (!buffer.hasRemaining()) {
                sha.update(buffer.flip());
                buffer.clear();
            }
            buffer.putLong(word);
        }

        byte[] finish() {
            sha.update(buffer.flip());
            return sha.digest();
        }
    }
}
