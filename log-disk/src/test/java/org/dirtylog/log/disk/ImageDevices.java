// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.RecordFolder;

/** Files that can be looked at and nothing else. */
final class ImageDevices implements Devices {
    final Map<String, byte[]> files = new HashMap<>();
    int open;

    @Override
    public BlockDevice openReadOnly(String path) throws IOException {
        byte[] content = files.get(path);
        if (content == null) {
            throw new NoSuchFileException(path);
        }
        open++;
        return new Image(path, content);
    }

    @Override
    public BlockDevice openLeg(String name) {
        throw new AssertionError("looked at a leg");
    }

    @Override
    public BlockDevice openMedium(String path, long bytes, Missing missing) {
        throw new AssertionError("opened to write");
    }

    @Override
    public RecordFolder records() {
        throw new AssertionError("looked at the records");
    }

    private final class Image implements BlockDevice {
        private final String name;
        private final byte[] content;

        Image(String name, byte[] content) {
            this.name = name;
            this.content = content;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public long sizeBytes() {
            return content.length;
        }

        @Override
        public int blockBytes() {
            return 512;
        }

        @Override
        public void read(long positionBytes, ByteBuffer into) {
            into.put(content, (int) positionBytes, into.remaining());
        }

        @Override
        public void write(long positionBytes, ByteBuffer from) {
            throw new AssertionError("written");
        }

        @Override
        public void zero(long positionBytes, long bytes, Zeroing zeroing) {
            throw new AssertionError("zeroed");
        }

        @Override
        public boolean punchesHoles() {
            return false;
        }

        @Override
        public void force() {
            throw new AssertionError("forced");
        }

        @Override
        public void submit(Work work, Completion completion) {
            throw new AssertionError("not needed");
        }

        @Override
        public boolean fence(long deadlineNanos) {
            return true;
        }

        @Override
        public void close() {
            open--;
        }
    }
}
