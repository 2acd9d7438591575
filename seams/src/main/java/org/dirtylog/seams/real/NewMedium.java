// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.dirtylog.seams.FileReason;

/**
 * Makes the medium of a log: mode 0600, allocated to its end, all zeroes.
 *
 * <p>It comes to its name whole or not at all, since a file that a crash left too short would be refused at the next start.
 * All zeroes is no log of any kind (there is no magic in it), so a crash after that leaves what a first start expects. A
 * crash before it may leave a file {@code .new-log-…} beside it, which can be deleted.
 */
final class NewMedium {
    private NewMedium() {}

    static void make(Path medium, long bytes) throws IOException {
        Path folder = medium.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new NoSuchFileException(
                    medium.toString(), null, "the log cannot be made: there is no folder " + folder);
        }
        // Without the log's own name: that may be as long as a name can be.
        Path unnamed = folder.resolve(".new-log-" + Long.toHexString(new SecureRandomness().next()));
        try {
            Interrupts.heldBack(() -> {
                fill(unnamed, bytes);
                return null;
            });
            name(unnamed, medium);
        } catch (FileAlreadyExistsException e) {
            // Somebody made one meanwhile: whoever opens it finds out whose it is.
        } catch (IOException e) {
            throw new IOException("cannot make the log " + medium + " of " + bytes + " bytes: " + FileReason.of(e), e);
        } finally {
            Files.deleteIfExists(unnamed);
        }
        // If we crash before this returns, the name may be gone, and with it nothing but zeroes.
        FileRecordFolder.forceFolder(folder);
    }

    private static void fill(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                PinnedFile pinned = PinnedFile.of(file)) {
            int descriptor = Native.reopen(pinned.descriptor(), true, false, pinned.name());
            try {
                FileSpace.allocate(descriptor, 0, bytes, (position, from) -> write(channel, position, from));
            } finally {
                Native.release(descriptor);
            }
            // Size and allocation are on the medium before the name is: if we crash here, there is no such log yet.
            channel.force(true);
        }
    }

    private static void write(FileChannel channel, long position, ByteBuffer from) throws IOException {
        long at = position;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    /** Gives the file its name, unless another file has it: a rename would replace that one. */
    private static void name(Path unnamed, Path medium) throws IOException {
        try {
            Files.createLink(medium, unnamed);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            // A file system without links. Files.move looks first and then renames; two processes that make the same
            // log in
            // the same instant are told apart by the lock afterwards.
            Files.move(unnamed, medium);
        }
    }
}
