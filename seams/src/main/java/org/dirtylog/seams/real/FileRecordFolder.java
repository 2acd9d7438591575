// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.dirtylog.seams.RecordFolder;

/** Records in a folder that only its owner can read (0700, files 0600). */
public final class FileRecordFolder implements RecordFolder {
    private final Path folder;

    /**
     * Makes the folder where it is missing, so that it is there after a crash.
     *
     * @param folder where; its parent folders are made too
     * @throws IOException if it cannot be made or forced; the message names it
     */
    public FileRecordFolder(Path folder) throws IOException {
        this.folder = folder.toAbsolutePath();
        makeFolder(this.folder);
    }

    @Override
    public Optional<byte[]> read(String name) throws IOException {
        return Interrupts.heldBack(() -> {
            try {
                return Optional.of(Files.readAllBytes(file(name)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        });
    }

    @Override
    public void write(String name, byte[] bytes) throws IOException {
        Path file = file(name);
        Interrupts.heldBack(() -> {
            try (FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                // If we crash before this returns, the file is missing, short or whole; nobody has renamed it yet.
                channel.force(true);
            }
            return null;
        });
    }

    @Override
    public void rename(String from, String to) throws IOException {
        try {
            // If we crash here, either file has the name: rename(2) replaces in one step.
            Files.move(file(from), file(to), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException(
                    folder + " is on a file system that cannot rename in one step; records cannot be kept there", e);
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(file(name));
    }

    @Override
    public void force() throws IOException {
        forceFolder(folder);
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    private Path file(String name) {
        if (name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not a plain file name: \"" + name + "\"");
        }
        return folder.resolve(name);
    }

    private static void makeFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.getParent();
        if (parent != null) {
            makeFolder(parent);
        }
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (java.nio.file.FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw new IOException(folder + " is to hold records and is not a folder; move it away", e);
            }
        }
        if (parent != null) {
            // If we crash before this returns, the folder may be gone, and with it nothing: no record was written yet.
            forceFolder(parent);
        }
    }

    /** Forces the names in a folder; the records and the making of log media need it. */
    static void forceFolder(Path folder) throws IOException {
        Interrupts.heldBack(() -> {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
            return null;
        });
    }
}
