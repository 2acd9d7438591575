// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.NoSpaceException;
import org.dirtylog.seams.Tasks;

/**
 * A file or block device. Reads and writes go through a {@link FileChannel} and allocate nothing for direct buffers; the
 * rest goes through the descriptor beside it.
 *
 * <p>{@link #fence} cannot reach into the kernel: it lets nobody in any more and waits for who is inside. {@link #close}
 * gives the file and its lock back when the last call has ended, however long that takes.
 */
final class FileDevice implements BlockDevice {
    private static final int FILE_BLOCK_BYTES = 512;
    /** What the names of our attributes begin with; the kernel asks for the first word of it. */
    private static final String ATTRIBUTES = "user.dirtylog.";

    private final OpenFiles.Claim claim;
    private final FileChannel channel;
    private final FileSpace space;
    private final boolean writable;
    private final Tasks tasks;
    private volatile long sizeBytes;
    private final int blockBytes;
    private final InFlight inside = new InFlight();
    private volatile String ending = "";

    /** Takes over the claim; if this throws, the caller still has it. */
    FileDevice(OpenFiles.Claim claim, boolean writable, Tasks tasks) throws IOException {
        this.claim = claim;
        this.writable = writable;
        this.tasks = tasks;
        channel = claim.handle().channel();
        boolean block = claim.identity().kind() == FileIdentity.Kind.BLOCK_DEVICE;
        sizeBytes = channel.size();
        blockBytes = block ? Native.logicalBlockBytes(claim.handle().descriptor(), claim.name()) : FILE_BLOCK_BYTES;
        space = new FileSpace(claim, sizeBytes, blockBytes);
    }

    @Override
    public String name() {
        return claim.name();
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public long measure() throws IOException {
        boolean interrupted = enter();
        try {
            requireWhole();
            sizeBytes = channel.size();
            return sizeBytes;
        } catch (IOException e) {
            throw failed("measure the", sizeBytes, 0, e);
        } finally {
            leave(interrupted);
        }
    }

    /**
     * Makes a file longer, allocated to its new end; what is new reads as zeroes. A block device stays as it is. If we crash before
     * this returns, it is of either length.
     */
    void lengthen(long bytes) throws IOException {
        if (claim.identity().kind() == FileIdentity.Kind.BLOCK_DEVICE) {
            return;
        }
        boolean interrupted = enterToWrite();
        try {
            requireWhole();
            FileSpace.allocate(claim.handle().descriptor(), sizeBytes, bytes, this::writeAll);
            channel.force(true);
            sizeBytes = channel.size();
        } catch (IOException e) {
            throw failed("make room for", sizeBytes, bytes - sizeBytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        int bytes = into.remaining();
        checkRange(positionBytes, bytes);
        boolean interrupted = enter();
        try {
            long position = positionBytes;
            while (into.hasRemaining()) {
                int count = channel.read(into, position);
                if (count <= 0) {
                    throw becameShorter(position);
                }
                position += count;
            }
        } catch (IOException e) {
            throw failed("read", positionBytes, bytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        int bytes = from.remaining();
        checkRange(positionBytes, bytes);
        boolean interrupted = enterToWrite();
        try {
            writeAll(positionBytes, from);
        } catch (IOException e) {
            throw failed("write", positionBytes, bytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException {
        checkRange(positionBytes, bytes);
        boolean interrupted = enterToWrite();
        try {
            space.zero(positionBytes, bytes, zeroing, this::writeAll);
        } catch (IOException e) {
            throw failed("zero", positionBytes, bytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public boolean punchesHoles() {
        return writable && space.punchesHoles();
    }

    @Override
    public void force() throws IOException {
        boolean interrupted = enterToWrite();
        try {
            // The size never changes while we have it, so the data is enough. If we crash before this returns, any part
            // of
            // what was written may be there.
            channel.force(false);
            requireWhole();
        } catch (IOException e) {
            throw failed("force", 0, sizeBytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public boolean keepsAttributes() {
        return writable && Native.keepsAttributes(claim.handle().descriptor());
    }

    @Override
    public Optional<byte[]> attribute(String name) throws IOException {
        boolean interrupted = enter();
        try {
            return Native.attribute(claim.handle().descriptor(), ATTRIBUTES + name);
        } catch (IOException e) {
            throw new IOException("cannot read attribute " + name + " of " + claim.name() + ": " + e.getMessage(), e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void setAttribute(String name, byte[] value) throws IOException {
        boolean interrupted = enterToWrite();
        try {
            Native.setAttribute(claim.handle().descriptor(), ATTRIBUTES + name, value);
            // With the metadata: fdatasync(2) may leave an attribute behind. If we crash before this returns, either
            // note
            // is found.
            channel.force(true);
            requireWhole();
        } catch (IOException e) {
            throw new IOException("cannot set attribute " + name + " of " + claim.name() + ": " + e.getMessage(), e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void prefetch(long positionBytes, long bytes) throws IOException {
        checkRange(positionBytes, bytes);
        boolean interrupted = enter();
        try {
            Native.willNeed(claim.handle().descriptor(), positionBytes, bytes);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void extents(long positionBytes, long bytes, ExtentVisitor visitor) throws IOException {
        checkRange(positionBytes, bytes);
        boolean interrupted = enter();
        try {
            if (channel.size() < positionBytes + bytes) {
                throw becameShorter(channel.size());
            }
            space.extents(positionBytes, bytes, visitor);
        } catch (IOException e) {
            throw failed("find the holes of", positionBytes, bytes, e);
        } finally {
            leave(interrupted);
        }
    }

    @Override
    public void submit(Work work, Completion completion) {
        try {
            tasks.start("io " + claim.name(), () -> completion.done(failureOf(work)));
        } catch (RejectedExecutionException e) {
            completion.done(new IOException("nothing was done with " + claim.name() + ": " + e.getMessage(), e));
        }
    }

    @Override
    public boolean fence(long deadlineNanos) {
        if (!inside.isShut()) {
            ending = "taken away from whoever had it, and may belong to a successor";
        }
        inside.shut();
        return inside.awaitEmpty(deadlineNanos);
    }

    @Override
    public void close() {
        if (!inside.isShut()) {
            ending = "closed";
        }
        inside.shutAndThen(claim.end());
    }

    @Override
    public String toString() {
        return claim.name();
    }

    private IOException failureOf(Work work) {
        try {
            work.on(this);
            return null;
        } catch (IOException e) {
            return e;
        } catch (RuntimeException | Error e) {
            return new IOException("work on " + claim.name() + " ended by " + e, e);
        }
    }

    private void writeAll(long positionBytes, ByteBuffer from) throws IOException {
        long position = positionBytes;
        if (position + from.remaining() == sizeBytes) {
            // It would give a file that somebody has truncated its length back, with zeroes for what was lost.
            requireWhole();
        }
        while (from.hasRemaining()) {
            int count = channel.write(from, position);
            if (count <= 0) {
                throw new IOException("the system took nothing at byte " + position);
            }
            position += count;
        }
    }

    private void requireWhole() throws IOException {
        long now = channel.size();
        if (now < sizeBytes) {
            throw becameShorter(now);
        }
    }

    private void checkRange(long positionBytes, long bytes) {
        if (positionBytes < 0 || bytes < 0 || bytes > sizeBytes - positionBytes) {
            throw new IllegalArgumentException(
                    bytes + " bytes at " + positionBytes + " are not within the " + sizeBytes + " of " + claim.name());
        }
    }

    private boolean enterToWrite() throws IOException {
        if (!writable) {
            throw new IOException(claim.name() + " was opened to look at it, it cannot be changed");
        }
        return enter();
    }

    /** Lets a call in, without its thread's interrupt, which would close the channel. Returns whether there was one. */
    private boolean enter() throws IOException {
        if (!inside.enter()) {
            throw new IOException(claim.name() + " was " + ending);
        }
        return Thread.interrupted();
    }

    private void leave(boolean interrupted) {
        Interrupts.restore(interrupted);
        inside.leave();
    }

    private IOException becameShorter(long position) {
        return new IOException("it ends before byte " + (position + 1) + ", though it had " + sizeBytes
                + " bytes when it was opened: something has truncated it");
    }

    private IOException failed(String what, long positionBytes, long bytes, IOException cause) {
        String reason = cause.getMessage();
        if (cause instanceof ClosedByInterruptException) {
            reason = "the thread " + Thread.currentThread().getName()
                    + " was interrupted in the call, and Java closes the file then. Code that interrupts threads in the"
                    + " middle of I/O must be found; the file has to be opened again";
        } else if (cause instanceof ClosedChannelException) {
            reason = "Java has closed the file because another thread was interrupted while it used it; it has to be"
                    + " opened again";
        }
        String message =
                "cannot " + what + " " + bytes + " bytes at " + positionBytes + " of " + claim.name() + ": " + reason;
        return Native.saysNoSpace(reason) ? new NoSpaceException(message, cause) : new IOException(message, cause);
    }
}
