// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.dirtylog.seams.InUseException;

/**
 * The one registry of the files and block devices that this process has open as legs and logs, by identity (P40). POSIX
 * locks are lost when <em>any</em> descriptor of a file is closed in the process, so nothing that stands here is ever opened
 * again by its name, under whatever name; and every descriptor of it is closed with the last user.
 *
 * <p>Opening a file of a hung file system blocks the caller and those who want the same file, nobody else.
 */
final class OpenFiles {
    /** Of the process, hence static: two registries would each believe to have the only channel. */
    private static final OpenFiles OF_PROCESS = new OpenFiles();

    private final ConcurrentMap<FileIdentity, OpenFile> files = new ConcurrentHashMap<>();

    private OpenFiles() {}

    static OpenFiles ofProcess() {
        return OF_PROCESS;
    }

    /**
     * Takes a file or block device for oneself.
     *
     * @param purpose names the owner in messages, such as {@code a leg}
     * @throws InUseException if somebody in this process or another has it
     */
    Claim own(Path path, String purpose) throws IOException {
        return claim(path, (file, pinned) -> file.own(pinned, purpose), OpenFile::disown);
    }

    /** Opens a file or block device to read it, beside its owner if it has one. Takes no lock and minds none. */
    Claim look(Path path) throws IOException {
        return claim(path, OpenFile::look, OpenFile::lookedEnough);
    }

    private interface Opening {
        Handle open(OpenFile file, PinnedFile pinned) throws IOException;
    }

    private interface Ending {
        void end(OpenFile file);
    }

    private Claim claim(Path path, Opening opening, Ending ending) throws IOException {
        try (PinnedFile pinned = PinnedFile.of(path)) {
            FileIdentity identity = pinned.identity();
            if (!identity.kind().holdsBlocks()) {
                throw new IOException(
                        pinned.name() + " is " + identity.kind().words + "; a file or a block device is needed");
            }
            while (true) {
                OpenFile file = files.computeIfAbsent(identity, any -> new OpenFile());
                synchronized (file) {
                    if (file.isGone()) {
                        continue;
                    }
                    try {
                        Handle handle = opening.open(file, pinned);
                        return new Claim(pinned.name(), identity, handle, () -> end(identity, file, ending));
                    } finally {
                        drop(identity, file);
                    }
                }
            }
        }
    }

    private void end(FileIdentity identity, OpenFile file, Ending ending) {
        synchronized (file) {
            ending.end(file);
            drop(identity, file);
        }
    }

    private void drop(FileIdentity identity, OpenFile file) {
        if (file.leave()) {
            files.remove(identity, file);
        }
    }

    /**
     * The right to use a handle until it is ended, once.
     *
     * @param name     the absolute name it was opened by
     * @param identity what it is
     * @param handle   belongs to the registry
     * @param end      gives it back
     */
    record Claim(String name, FileIdentity identity, Handle handle, Runnable end) {}
}
