// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Bytes at positions: a leg, the medium of a log, or what a server exports. Safe for use by many threads; of two
 * operations on the same bytes at the same time either may come first.
 *
 * <p>The methods that return when the work is done are the short cut for callers that would wait anyway.
 * {@link #submit} starts work and returns; {@link #fence} is the end of it for a caller that will not wait any longer.
 *
 * <p>Positions and lengths are bytes, lie within the device and need no alignment, unless {@link #blockBytes()} says
 * otherwise. Out of range is an {@link IllegalArgumentException}: the caller checks what comes from outside.
 */
@ConsumerType
public interface BlockDevice extends AutoCloseable {

    /** What may become of bytes that are to read as zeroes. */
    enum Zeroing {
        /** Write zeroes; the space stays allocated. */
        KEEP_ALLOCATED,
        /** Punch a hole if that works, else write zeroes. */
        MAY_PUNCH
    }

    /** Receives the runs of a device that are, or are not, backed by storage. */
    @FunctionalInterface
    interface ExtentVisitor {
        /**
         * Receives one run; runs are in ascending order and leave nothing out.
         *
         * @param bytes     its length, 1 or more
         * @param hole      whether nothing is allocated for it
         * @param readsZero whether all of it is known to read as zeroes
         * @return whether to go on; {@code false} if what follows is of no use
         */
        boolean extent(long bytes, boolean hole, boolean readsZero);
    }

    /**
     * Names the device in messages.
     *
     * @return a path, or what its kind is named by
     */
    String name();

    /**
     * Measures the device.
     *
     * @return its length in bytes when it was opened, or at the last {@link #measure()}
     */
    long sizeBytes();

    /**
     * Looks whether the device has become longer. What lay within it stays where it was.
     *
     * @return its length in bytes now, which {@link #sizeBytes()} tells from here on; never less than before
     * @throws IOException if it cannot be found out, or the device has become shorter
     * @implSpec Returns {@link #sizeBytes()}.
     */
    default long measure() throws IOException {
        return sizeBytes();
    }

    /**
     * The unit that the device writes whole or not at all, if any; what log formats align to.
     *
     * @return a power of two, 512 or more
     */
    int blockBytes();

    /**
     * Fills the buffer.
     *
     * @param positionBytes where to begin
     * @param into          filled from its position to its limit; its position is its limit afterwards
     * @throws IOException if not all of it could be read, also where the device has become shorter
     */
    void read(long positionBytes, ByteBuffer into) throws IOException;

    /**
     * Writes all of the buffer. Until {@link #force()} has returned, a crash may keep any part of it.
     *
     * @param positionBytes where to begin
     * @param from          written from its position to its limit; its position is its limit afterwards
     * @throws IOException if not all of it was written; any part of it may be
     */
    void write(long positionBytes, ByteBuffer from) throws IOException;

    /**
     * Makes bytes read as zeroes. As {@link #write} with regard to crashes.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more
     * @param zeroing       whether a hole will do
     * @throws IOException if not all of it was done; any part of it may be
     */
    void zero(long positionBytes, long bytes, Zeroing zeroing) throws IOException;

    /**
     * Tells whether {@link #zero} with {@link Zeroing#MAY_PUNCH} gives space back, and takes no time to speak of.
     *
     * @return whether holes can be punched
     */
    boolean punchesHoles();

    /**
     * Returns when all writes that had returned before are on stable storage. If it throws, nothing is known about them,
     * and forcing again proves nothing.
     *
     * @throws IOException if that could not be had
     */
    void force() throws IOException;

    /**
     * Tells whether small notes can be kept beside the bytes, as the extended attributes of a file are.
     *
     * @return whether {@link #setAttribute} may succeed
     * @implSpec Returns {@code false}.
     */
    default boolean keepsAttributes() {
        return false;
    }

    /**
     * Reads a note.
     *
     * @param name lower-case letters, digits and {@code .}
     * @return what was set last, or empty if there is none of that name
     * @throws IOException if that cannot be found out
     * @implSpec Returns an empty optional.
     */
    default Optional<byte[]> attribute(String name) throws IOException {
        return Optional.empty();
    }

    /**
     * Replaces a note, and does what {@link #force()} does: when it returns, the note and all writes that had returned before
     * are on stable storage. If we crash before, the old note is found or the new one, never a mixture.
     *
     * @param name  lower-case letters, digits and {@code .}
     * @param value at most 1024 bytes
     * @throws IOException if it could not be set or forced; nothing is known then, as after {@link #force()}
     * @implSpec Throws.
     */
    default void setAttribute(String name, byte[] value) throws IOException {
        throw new IOException(name() + " keeps no attributes");
    }

    /**
     * Brings bytes into a cache, or does nothing.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more
     * @throws IOException if the bytes turned out to be unreadable
     * @implSpec Does nothing.
     */
    default void prefetch(long positionBytes, long bytes) throws IOException {}

    /**
     * Tells which bytes are allocated.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more
     * @param visitor       receives runs that add up to {@code bytes}, or as many as it wants
     * @throws IOException if that could not be found out
     * @implSpec Tells one run, allocated.
     */
    default void extents(long positionBytes, long bytes, ExtentVisitor visitor) throws IOException {
        visitor.extent(bytes, false, false);
    }

    /**
     * Guesses whether an operation would be done on the calling thread at once, or would have to wait for something else
     * than the device's own cache. A server asks it before it makes the requests behind this one wait.
     *
     * @param operation     what is to be done
     * @param positionBytes where to begin
     * @param bytes         how many
     * @return a guess
     * @implSpec Returns {@code true}, except for {@link Operation#FORCE}.
     */
    default boolean isQuick(Operation operation, long positionBytes, long bytes) {
        return operation != Operation.FORCE;
    }

    /** Goes on in place of a thread that a device holds up. */
    @FunctionalInterface
    interface Successor {
        /**
         * Called once, on another thread than the one that made the call, which is held up still; perhaps before that call has
         * thrown {@link LetGoException}. It does not block.
         *
         * @param doneBytes how much of the call was carried out, from its beginning on. Of a read nothing is: it is to be made
         *                  again, into other memory
         * @param failure   what went wrong, or {@code null}: then the rest of the call is to be made by a new one
         */
        void goOn(long doneBytes, IOException failure);
    }

    /**
     * {@link #read}, by a thread that the device may let go. The buffer is the device's until the call has ended, also after the
     * successor was told.
     *
     * @param positionBytes where to begin
     * @param into          filled from its position to its limit; its position is its limit afterwards
     * @param successor     told if the device has let the thread go
     * @throws LetGoException if the successor was told
     * @throws IOException    if not all of it could be read
     * @implSpec Lets nobody go.
     */
    default void read(long positionBytes, ByteBuffer into, Successor successor) throws IOException {
        read(positionBytes, into);
    }

    /**
     * {@link #write}, by a thread that the device may let go. The bytes must stay as they are until the call has ended, also
     * after the successor was told; position and limit of the buffer are the device's until then.
     *
     * @param positionBytes where to begin
     * @param from          written from its position to its limit; its position is its limit afterwards
     * @param successor     told if the device has let the thread go
     * @throws LetGoException if the successor was told
     * @throws IOException    if not all of it was written
     * @implSpec Lets nobody go.
     */
    default void write(long positionBytes, ByteBuffer from, Successor successor) throws IOException {
        write(positionBytes, from);
    }

    /**
     * {@link #zero}, by a thread that the device may let go.
     *
     * @param positionBytes where to begin
     * @param bytes         how many, 1 or more
     * @param zeroing       whether a hole will do
     * @param successor     told if the device has let the thread go
     * @throws LetGoException if the successor was told
     * @throws IOException    if not all of it was done
     * @implSpec Lets nobody go.
     */
    default void zero(long positionBytes, long bytes, Zeroing zeroing, Successor successor) throws IOException {
        zero(positionBytes, bytes, zeroing);
    }

    /** What can be asked of a device. */
    enum Operation {
        /** {@link BlockDevice#read}. */
        READ,
        /** {@link BlockDevice#write}. */
        WRITE,
        /** {@link BlockDevice#zero}. */
        ZERO,
        /** {@link BlockDevice#force}. */
        FORCE
    }

    /** Is told how work that was submitted has ended. */
    @FunctionalInterface
    interface Completion {
        /**
         * Called once, on any thread, perhaps before {@link BlockDevice#submit} returns. It does not block.
         *
         * @param failure what went wrong, or {@code null} if nothing did
         */
        void done(IOException failure);
    }

    /** Work for a device. */
    @FunctionalInterface
    interface Work {
        /**
         * Does it, with the methods of the device that return when the work is done.
         *
         * @param device the device it was submitted to
         * @throws IOException if it failed
         */
        void on(BlockDevice device) throws IOException;
    }

    /**
     * Starts work and returns. Work submitted is unordered.
     *
     * @param work       what to do
     * @param completion told when it has ended
     */
    void submit(Work work, Completion completion);

    /**
     * Cuts the device off: everything begun from now on fails, and when this returns {@code true} nothing begun before can
     * reach the medium any more. A thread stuck in the kernel still can, so until then nobody else may be given the medium
     * (P42). May be called again to go on waiting.
     *
     * @param deadlineNanos a moment of the {@link Clock} that the device was opened with; to look without waiting, one that
     *                      has passed
     * @return whether all work has ended
     */
    boolean fence(long deadlineNanos);

    /**
     * Gives the device back. Forces nothing; calling it again has no effect. An operation under way ends first, or throws.
     */
    @Override
    void close();
}
