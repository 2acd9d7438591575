// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.seams.FileReason;

/** The folder {@code etc/} of a home, with a file for each mirror. */
final class EtcFolder {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final Path folder;

    EtcFolder(Path folder) {
        this.folder = folder;
    }

    /** Names of the mirrors' files, in order; whether one can be read is another question. */
    SortedSet<String> mirrorFiles() throws IOException {
        if (!Files.isDirectory(folder)) {
            return new TreeSet<>();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> MirrorFile.mirrorName(name).isPresent())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /**
     * Reads one file.
     *
     * @throws MirrorException if it cannot be read, or is no text; the message names it. The others have nothing to do with
     *                         that
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
        String read = text.flip().toString();
        return read.startsWith(BYTE_ORDER_MARK) ? read.substring(BYTE_ORDER_MARK.length()) : read;
    }

    private static MirrorException unreadable(String fileName, String why) {
        return new MirrorException(fileName + ": cannot be read: " + why + "; the mirror is not started");
    }

    /** Whether something has that name, be it what it may. */
    boolean has(String fileName) {
        return Files.exists(folder.resolve(fileName), LinkOption.NOFOLLOW_LINKS);
    }

    /** Writes what {@link #commit} is to give a file's name; nobody reads it before. */
    void draft(String fileName, String text) throws IOException {
        Files.createDirectories(folder);
        try (FileChannel channel = FileChannel.open(
                draftOf(fileName),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** Gives a draft its name, so that after a crash the file is there whole or not at all. */
    void commit(String fileName) throws IOException {
        // If we crash here, a draft is left over that nobody reads.
        Files.move(
                draftOf(fileName),
                folder.resolve(fileName),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        force();
    }

    void dropDraft(String fileName) throws IOException {
        Files.deleteIfExists(draftOf(fileName));
    }

    void delete(String fileName) throws IOException {
        Files.deleteIfExists(folder.resolve(fileName));
        force();
    }

    private Path draftOf(String fileName) {
        return folder.resolve("." + fileName + ".new");
    }

    private void force() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}
