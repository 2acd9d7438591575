// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What makes two names mean the same file or block device. Links resolve to what they lead to. That a loop device and the
 * file below it are the same bytes is not seen.
 *
 * @param kind   file, block device or something we cannot use
 * @param device of a file, the device it is on; of a block device, its own number, so that two nodes of it are one
 * @param inode  of a file; 0 for a block device
 */
record FileIdentity(Kind kind, long device, long inode) {

    /** What a name leads to. */
    enum Kind {
        FILE("a file"),
        BLOCK_DEVICE("a block device"),
        FOLDER("a directory"),
        CHARACTER_DEVICE("a character device"),
        FIFO("a pipe"),
        SOCKET("a socket"),
        OTHER("neither a file nor a block device");

        final String words;

        Kind(String words) {
            this.words = words;
        }

        boolean holdsBlocks() {
            return this == FILE || this == BLOCK_DEVICE;
        }

        /** Reads the type in {@code st_mode}. */
        static Kind of(int mode) {
            return switch (mode & 0xF000) {
                case 0x8000 -> FILE;
                case 0x6000 -> BLOCK_DEVICE;
                case 0x4000 -> FOLDER;
                case 0x2000 -> CHARACTER_DEVICE;
                case 0x1000 -> FIFO;
                case 0xC000 -> SOCKET;
                default -> OTHER;
            };
        }
    }

    /** Identifies by {@code stat(2)}, which opens nothing and so drops no lock. */
    static FileIdentity of(Path path) throws IOException {
        Map<String, Object> stat = Files.readAttributes(path, "unix:mode,dev,ino,rdev");
        Kind kind = Kind.of((Integer) stat.get("mode"));
        return kind == Kind.BLOCK_DEVICE
                ? new FileIdentity(kind, (Long) stat.get("rdev"), 0)
                : new FileIdentity(kind, (Long) stat.get("dev"), (Long) stat.get("ino"));
    }
}
