// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A channel, and beside it a descriptor for the calls that channels do not have ({@code fallocate}, {@code lseek}). The
 * descriptor is an opening of its own, so seeking moves nobody else's position; both are closed together and only when
 * nobody uses the file any more, since closing either drops the lock.
 */
record Handle(FileChannel channel, int descriptor, boolean writable) {

    /**
     * Opens what is pinned.
     *
     * @param claimed whether a block device is claimed, so that it cannot be mounted meanwhile
     */
    static Handle open(PinnedFile pinned, boolean writable, boolean claimed) throws IOException {
        int descriptor = Native.reopen(pinned.descriptor(), writable, claimed, pinned.name());
        try {
            Path path = Path.of("/proc/self/fd/" + pinned.descriptor());
            FileChannel channel = writable
                    ? FileChannel.open(path, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE))
                    : FileChannel.open(path, StandardOpenOption.READ);
            return new Handle(channel, descriptor, writable);
        } catch (IOException e) {
            Native.release(descriptor);
            throw new IOException("cannot open " + pinned.name() + ": " + e.getMessage(), e);
        }
    }

    /** Closes both. Drops every POSIX lock that this process has on the file. */
    void close() {
        Native.release(descriptor);
        try {
            channel.close();
        } catch (IOException e) {
            // Whoever wanted to know whether its writes are safe has called force().
            org.slf4j.LoggerFactory.getLogger(Handle.class).warn("closing a file failed; nothing depends on it", e);
        }
    }
}
