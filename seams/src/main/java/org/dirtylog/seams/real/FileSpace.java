// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dirtylog.seams.BlockDevice.ExtentVisitor;
import org.dirtylog.seams.BlockDevice.Zeroing;

/**
 * Where a file has storage and where it has holes. {@code fallocate(2)} does the same for files and block devices: on a
 * device it either makes the device write zeroes or fails, unlike a discard, after which anything may be read. What it
 * cannot do, it refuses without having done part of it, and we write zeroes.
 */
final class FileSpace {
    private static final int ZEROES_BYTES = 1 << 20;

    /** How much one call may do, so that a fence does not wait for a call that zeroes a terabyte. */
    private static final long MOST_BYTES = 1L << 30;

    /** Read only, and shared: each user takes a duplicate. */
    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(ZEROES_BYTES).asReadOnlyBuffer();

    private final int descriptor;
    private final int alignedTo;
    private final boolean punches;
    private volatile boolean zeroesRanges = true;

    /** Something that writes all of a buffer. */
    @FunctionalInterface
    interface Writer {
        void write(long positionBytes, ByteBuffer from) throws IOException;
    }

    FileSpace(OpenFiles.Claim claim, long sizeBytes, int blockBytes) {
        descriptor = claim.handle().descriptor();
        boolean block = claim.identity().kind() == FileIdentity.Kind.BLOCK_DEVICE;
        alignedTo = block ? blockBytes : 1;
        punches = claim.handle().writable()
                && (block ? devicePunches(claim.identity().device()) : filePunches(descriptor, sizeBytes));
    }

    boolean punchesHoles() {
        return punches;
    }

    void zero(long positionBytes, long bytes, Zeroing zeroing, Writer writer) throws IOException {
        long end = positionBytes + bytes;
        long alignedStart = Math.min(end, roundUp(positionBytes));
        long alignedEnd = Math.max(alignedStart, end - end % alignedTo);
        writeZeroes(positionBytes, alignedStart, writer);
        for (long at = alignedStart; at < alignedEnd; ) {
            long length = Math.min(MOST_BYTES, alignedEnd - at);
            if (!punched(at, length, zeroing) && !zeroed(at, length)) {
                writeZeroes(at, at + length, writer);
            }
            at += length;
        }
        writeZeroes(alignedEnd, end, writer);
    }

    void extents(long positionBytes, long bytes, ExtentVisitor visitor) throws IOException {
        long end = positionBytes + bytes;
        for (long at = positionBytes; at < end; ) {
            long data = Native.seek(descriptor, at, Native.SEEK_DATA);
            if (data == -Native.ENXIO) {
                data = end;
            } else if (data == -Native.EINVAL) {
                // The file system does not know.
                data = at;
            } else if (data < 0) {
                throw new IOException(Native.text((int) -data));
            }
            if (data > at) {
                long hole = Math.min(data, end) - at;
                if (!visitor.extent(hole, true, true)) {
                    return;
                }
                at += hole;
                continue;
            }
            long next = Native.seek(descriptor, at, Native.SEEK_HOLE);
            // Somebody may have punched here between the two calls; one byte called allocated that is not does no harm.
            long length = (next <= at ? (next < 0 ? end : at + 1) : Math.min(next, end)) - at;
            if (!visitor.extent(length, false, false)) {
                return;
            }
            at += length;
        }
    }

    /** Allocates a file from its end on, so that writing it later cannot fail for want of space. */
    static void allocate(int descriptor, long from, long bytes, Writer writer) throws IOException {
        int error = Native.allocate(descriptor, 0, from, bytes - from);
        if (error == 0) {
            return;
        }
        if (!isUnsupported(error)) {
            throw new IOException(Native.text(error));
        }
        writeZeroes(from, bytes, writer);
    }

    private boolean punched(long at, long length, Zeroing zeroing) throws IOException {
        return zeroing == Zeroing.MAY_PUNCH
                && punches
                && allocated(Native.FALLOC_PUNCH_HOLE | Native.FALLOC_KEEP_SIZE, at, length);
    }

    private boolean zeroed(long at, long length) throws IOException {
        if (!zeroesRanges) {
            return false;
        }
        zeroesRanges = allocated(Native.FALLOC_ZERO_RANGE | Native.FALLOC_KEEP_SIZE, at, length);
        return zeroesRanges;
    }

    private boolean allocated(int mode, long at, long length) throws IOException {
        int error = Native.allocate(descriptor, mode, at, length);
        if (error != 0 && !isUnsupported(error)) {
            throw new IOException(Native.text(error));
        }
        return error == 0;
    }

    private static boolean isUnsupported(int error) {
        // ENOSYS, EOPNOTSUPP, and EINVAL from systems that do not know the mode
        return error == 38 || error == 95 || error == Native.EINVAL;
    }

    private static void writeZeroes(long from, long to, Writer writer) throws IOException {
        for (long at = from; at < to; ) {
            int length = (int) Math.min(ZEROES_BYTES, to - at);
            writer.write(at, ZEROES.duplicate().limit(length));
            at += length;
        }
    }

    private long roundUp(long position) {
        return (position + alignedTo - 1) / alignedTo * alignedTo;
    }

    /** Punches behind the end of the file, where there is nothing to lose: it succeeds if holes are known here. */
    private static boolean filePunches(int descriptor, long sizeBytes) {
        long behind = (sizeBytes + 4096) & -4096L;
        return Native.allocate(descriptor, Native.FALLOC_PUNCH_HOLE | Native.FALLOC_KEEP_SIZE, behind, 4096) == 0;
    }

    /** Asks sysfs whether the device both discards and writes zeroes by itself; then zeroing may give space back. */
    private static boolean devicePunches(long device) {
        // gnu_dev_major and gnu_dev_minor
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & 0xfffff000L);
        long minor = (device & 0xff) | (device >>> 12 & 0xffffff00L);
        Path node = Path.of("/sys/dev/block/" + major + ":" + minor);
        Path queue = Files.isDirectory(node.resolve("queue")) ? node.resolve("queue") : node.resolve("../queue");
        return isAboveZero(queue.resolve("discard_max_bytes")) && isAboveZero(queue.resolve("write_zeroes_max_bytes"));
    }

    private static boolean isAboveZero(Path number) {
        try {
            return Long.parseLong(Files.readString(number).strip()) > 0;
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }
}
