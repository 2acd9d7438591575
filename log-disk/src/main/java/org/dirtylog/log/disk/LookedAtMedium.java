// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.log.LogMedium;
import org.dirtylog.seams.BlockDevice;

/** A medium that is read and not changed. Closing it closes the device. */
record LookedAtMedium(BlockDevice device) implements LogMedium {

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public int blockBytes() {
        return device.blockBytes();
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        device.read(positionBytes, into);
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        throw new IOException(device.name() + " is only looked at");
    }

    @Override
    public void force() throws IOException {
        throw new IOException(device.name() + " is only looked at");
    }

    @Override
    public void close() {
        device.close();
    }
}
