// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.seams.FileReason;

/** The folder {@code etc/} of a home, with a file for each mirror. */
final class EtcFolder {
    private final Path folder;

    EtcFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Names the mirrors' files, in order, each with a mark of its state: it is another one after each change. Whether a file
     * can be read is another question.
     *
     * @throws IOException if the folder is not there or cannot be read: of no file it is known then whether it is there
     */
    SortedMap<String, Object> marks() throws IOException {
        SortedMap<String, Object> marks = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(
                folder,
                file -> MirrorFile.mirrorName(file.getFileName().toString()).isPresent())) {
            for (Path file : files) {
                marks.put(file.getFileName().toString(), markOf(file));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return marks;
    }

    /** Whoever writes a file changes the time of its change, whatever he does to its other times. */
    private static Object markOf(Path file) {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:ino,size,lastModifiedTime,ctime");
            return List.of(
                    attributes.get("ino"),
                    attributes.get("size"),
                    attributes.get("lastModifiedTime"),
                    attributes.get("ctime"));
        } catch (IOException e) {
            return FileReason.of(e);
        }
    }

    /**
     * Reads one file.
     *
     * @throws MirrorException if it cannot be read, or is no text; the message names it
     */
    String read(String fileName) throws MirrorException {
        Path file = folder.resolve(fileName);
        try {
            // A pipe of that name would keep whoever reads it for ever.
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw unreadable(fileName, "it is " + (Files.isDirectory(file) ? "a folder" : "no regular file"));
            }
            return text(fileName, ByteBuffer.wrap(Files.readAllBytes(file)));
        } catch (IOException e) {
            boolean leadsNowhere = Files.isSymbolicLink(file) && !Files.exists(file);
            throw unreadable(fileName, leadsNowhere ? "it is a link to a file that is not there" : FileReason.of(e));
        }
    }

    private static String text(String fileName, ByteBuffer bytes) throws MirrorException {
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true).isError()) {
            long line = text.flip().chars().filter(c -> c == '\n').count() + 1;
            throw unreadable(
                    fileName,
                    "line " + line + " has a byte " + String.format("0x%02X", bytes.get(bytes.position()) & 0xFF)
                            + " that is no UTF-8");
        }
        return text.flip().toString();
    }

    private static MirrorException unreadable(String fileName, String why) {
        return new MirrorException(fileName + ": cannot be read: " + why);
    }

    /** Whether something has that name, be it what it may. */
    boolean has(String fileName) {
        return Files.exists(folder.resolve(fileName), LinkOption.NOFOLLOW_LINKS);
    }

    /** Writes what {@link #commit} is to give a file's name; nobody reads it before. */
    void draft(String fileName, String text) throws IOException {
        Files.createDirectories(folder);
        Path file = target(fileName);
        try (FileChannel channel = FileChannel.open(
                draftOf(file),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (Files.exists(file)) {
                // Who was allowed to read or edit the file still is.
                Files.setPosixFilePermissions(draftOf(file), Files.getPosixFilePermissions(file));
            }
            channel.force(true);
        }
    }

    /** Gives a draft its name, so that after a crash the file is there whole: as it was, or as it is now. */
    void commit(String fileName) throws IOException {
        Path file = target(fileName);
        // If we crash here, a draft is left over that nobody reads.
        Files.move(draftOf(file), file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(file.getParent());
    }

    void dropDraft(String fileName) throws IOException {
        Files.deleteIfExists(draftOf(target(fileName)));
    }

    void delete(String fileName) throws IOException {
        Files.deleteIfExists(folder.resolve(fileName));
        force(folder);
    }

    /** A file that is a link is written where it leads, and stays a link. */
    private Path target(String fileName) throws IOException {
        Path file = folder.resolve(fileName);
        return Files.isSymbolicLink(file) ? file.toRealPath() : file;
    }

    private static Path draftOf(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".new");
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
