// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file held by an {@code O_PATH} descriptor while we find out what it is and whether somebody has it. What is opened
 * afterwards is opened through the descriptor, so renaming something else to the name meanwhile cannot deceive us; and
 * closing it drops no lock.
 */
record PinnedFile(String name, int descriptor, FileIdentity identity) implements AutoCloseable {

    /** Pins whatever has that name; it need not be readable, nor a file. */
    static PinnedFile of(Path path) throws IOException {
        String name = path.toAbsolutePath().toString();
        int descriptor = Native.pin(name);
        try {
            return new PinnedFile(name, descriptor, FileIdentity.of(Path.of("/proc/self/fd/" + descriptor)));
        } catch (IOException e) {
            Native.release(descriptor);
            throw new IOException("cannot learn what " + name + " is; /proc must be mounted: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        Native.release(descriptor);
    }
}
