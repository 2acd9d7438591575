// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.fuzz.Broken;
import org.dirtylog.log.LogMedium;

/** A log that is there to be looked at. */
record ImageMedium(byte[] image, int blockBytes) implements LogMedium {
    @Override
    public long sizeBytes() {
        return image.length;
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        boolean blocks = positionBytes % blockBytes == 0 && into.remaining() % blockBytes == 0;
        Broken.unless(
                blocks && positionBytes >= 0 && into.remaining() <= image.length - positionBytes,
                "whole blocks of the medium are read, not ",
                into.remaining(),
                " bytes at ",
                positionBytes);
        into.put(image, (int) positionBytes, into.remaining());
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) {
        throw new Broken("nothing is written before the answer is there (P30)");
    }

    @Override
    public void force() {
        throw new Broken("nothing is forced before the answer is there (P30)");
    }

    @Override
    public void close() {}
}
