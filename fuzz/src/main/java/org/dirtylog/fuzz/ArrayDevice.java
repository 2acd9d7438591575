// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;

/** A device in memory that lets nobody touch what lies outside of its writable range. */
public final class ArrayDevice implements BlockDevice {
    private final byte[] bytes;
    private final int writableFrom;
    private final boolean keepsAttributes;
    private byte[] attribute;

    /**
     * Makes one.
     *
     * @param bytes           its content; whoever made it sees what is written
     * @param writableFrom    what lies before must not be written
     * @param keepsAttributes whether it has an attribute
     * @param attribute       the one it has; empty for none
     */
    public ArrayDevice(byte[] bytes, int writableFrom, boolean keepsAttributes, byte[] attribute) {
        this.bytes = bytes;
        this.writableFrom = writableFrom;
        this.keepsAttributes = keepsAttributes;
        this.attribute = attribute;
    }

    private void check(long position, long length, String what) {
        Broken.unless(
                position >= 0 && length >= 0 && length <= bytes.length - position,
                what,
                " of ",
                length,
                " bytes at ",
                position,
                " outside of a device of ",
                bytes.length);
    }

    private void checkChange(long position, long length) {
        check(position, length, "a write");
        Broken.unless(position >= writableFrom, "a write at ", position, ", in what is not to be changed");
    }

    @Override
    public String name() {
        return "the device";
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public int blockBytes() {
        return 512;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) {
        check(positionBytes, into.remaining(), "a read");
        into.put(bytes, (int) positionBytes, into.remaining());
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) {
        checkChange(positionBytes, from.remaining());
        from.get(bytes, (int) positionBytes, from.remaining());
    }

    @Override
    public void zero(long positionBytes, long length, Zeroing zeroing) {
        checkChange(positionBytes, length);
        Arrays.fill(bytes, (int) positionBytes, (int) (positionBytes + length), (byte) 0);
    }

    @Override
    public boolean punchesHoles() {
        return true;
    }

    @Override
    public void force() {}

    @Override
    public boolean keepsAttributes() {
        return keepsAttributes;
    }

    @Override
    public Optional<byte[]> attribute(String name) {
        return attribute.length == 0 ? Optional.empty() : Optional.of(attribute);
    }

    @Override
    public void setAttribute(String name, byte[] value) {
        Broken.unless(keepsAttributes, "an attribute of a device that keeps none");
        attribute = value;
    }

    @Override
    public void prefetch(long positionBytes, long length) {
        check(positionBytes, length, "a prefetch");
    }

    @Override
    public void submit(Work work, Completion completion) {
        throw new Broken("nothing is submitted here");
    }

    @Override
    public boolean fence(long deadlineNanos) {
        return true;
    }

    @Override
    public void close() {}
}
