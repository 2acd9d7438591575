// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.log.LogMedium;
import org.dirtylog.seams.BlockDevice;

/** A device as a log sees it: the SPI does not know the seams. */
record MediumView(BlockDevice device) implements LogMedium {
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
        device.write(positionBytes, from);
    }

    @Override
    public void force() throws IOException {
        device.force();
    }

    @Override
    public void close() {
        device.close();
    }
}
