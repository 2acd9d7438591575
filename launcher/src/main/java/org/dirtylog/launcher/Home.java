// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The folder of an instance: its configuration, its data, its sockets. */
final class Home {
    private final Path folder;

    Home(Path folder) {
        this.folder = folder;
    }

    Path folder() {
        return folder;
    }

    Path etc() {
        return folder.resolve("etc");
    }

    Path deploy() {
        return folder.resolve("deploy");
    }

    Path data() {
        return folder.resolve("data");
    }

    /** What the framework unpacks; emptied at each start. */
    Path cache() {
        return data().resolve("cache");
    }

    Path lockFile() {
        return data().resolve("lock");
    }

    Path controlSocket() {
        return folder.resolve("control.sock");
    }

    Path nbdSocket() {
        return folder.resolve("nbd.sock");
    }

    /** Makes what is missing, for the owner's eyes only; what is there keeps its mode. */
    void prepare() throws Refusal {
        try {
            Path parent = folder.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            for (Path part : List.of(folder, etc(), deploy(), data())) {
                makeFolder(part);
            }
        } catch (IOException e) {
            throw Refusal.of("the home " + folder + " cannot be made: " + Failures.describe(e), e);
        }
    }

    private static void makeFolder(Path part) throws IOException {
        try {
            Files.createDirectory(
                    part, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(part)) {
                throw e;
            }
        }
    }

    /** Removes the sockets that a killed instance left. Only for the owner of the home's lock. */
    void removeLeftovers() throws Refusal {
        for (Path socket : List.of(controlSocket(), nbdSocket())) {
            try {
                if (isSocket(socket)) {
                    Files.delete(socket);
                }
            } catch (IOException e) {
                throw Refusal.of("the old socket " + socket + " cannot be removed: " + Failures.describe(e), e);
            }
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
    }
}
