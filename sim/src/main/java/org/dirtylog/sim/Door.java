// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice;

/** The way by which clients come to a mirror. */
interface Door {
    /** Reads as many bytes as there is room for. */
    void read(long position, ByteBuffer into, BlockDevice.Successor successor) throws IOException;

    /** Writes; if it keeps the promise, {@code durable} makes what is written outlive every crash. */
    void write(long position, ByteBuffer from, boolean durable, BlockDevice.Successor successor) throws IOException;

    /** Makes bytes read as zeroes; as above. */
    void zero(long position, long bytes, BlockDevice.Zeroing way, boolean durable, BlockDevice.Successor successor)
            throws IOException;

    void flush() throws IOException;

    /** Whether it keeps what is asked of it with {@code durable}; else a flush is to follow. */
    boolean isFuaThere();

    /** Straight to the mirror. */
    record Direct(BlockDevice device) implements Door {
        @Override
        public void read(long position, ByteBuffer into, BlockDevice.Successor successor) throws IOException {
            device.read(position, into, successor);
        }

        @Override
        public void write(long position, ByteBuffer from, boolean durable, BlockDevice.Successor successor)
                throws IOException {
            device.write(position, from, successor);
        }

        @Override
        public void zero(
                long position, long bytes, BlockDevice.Zeroing way, boolean durable, BlockDevice.Successor successor)
                throws IOException {
            device.zero(position, bytes, way, successor);
        }

        @Override
        public void flush() throws IOException {
            device.force();
        }

        @Override
        public boolean isFuaThere() {
            return false;
        }
    }
}
