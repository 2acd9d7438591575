// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folder {@code etc/} of a home, with a file for each mirror. */
final class EtcFolder {
    private final Path folder;

    EtcFolder(Path folder) {
        this.folder = folder;
    }

    /** Texts of the mirrors' files by file name, in order. */
    TreeMap<String, String> mirrorFiles() throws IOException {
        TreeMap<String, String> texts = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return texts;
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(file ->
                            MirrorFile.mirrorName(file.getFileName().toString()).isPresent())
                    .toList();
            for (Path file : found) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return texts;
    }

    boolean has(String fileName) {
        return Files.exists(folder.resolve(fileName));
    }

    /** Writes a file so that after a crash it is there whole or not at all. */
    void write(String fileName, String text) throws IOException {
        Files.createDirectories(folder);
        Path draft = folder.resolve("." + fileName + ".new");
        try (FileChannel channel = FileChannel.open(
                draft, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        // If we crash here, a draft is left over that nobody reads.
        Files.move(
                draft, folder.resolve(fileName), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force();
    }

    void delete(String fileName) throws IOException {
        Files.deleteIfExists(folder.resolve(fileName));
        force();
    }

    private void force() throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
