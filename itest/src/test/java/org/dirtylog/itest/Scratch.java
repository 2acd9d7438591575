// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Files that the tests make for mirrors. */
final class Scratch {
    private Scratch() {}

    /** A file of zeroes that takes no room yet. */
    static Path file(Path folder, String name, long bytes) throws IOException {
        Path path = folder.resolve(name);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return path;
    }

    /** The command that makes a mirror of two such files and a log, all in one folder. */
    static String createCommand(Path folder, String name, long bytes, long regionSectors, String options)
            throws IOException {
        Path leg0 = file(folder, name + "-0.img", bytes);
        Path leg1 = file(folder, name + "-1.img", bytes);
        return "mirror:create " + name + " '0 " + bytes / 512 + " mirror disk 3 " + folder.resolve(name + ".log") + " "
                + regionSectors + " nosync 2 " + leg0 + " 0 " + leg1 + " 0'" + options;
    }
}
