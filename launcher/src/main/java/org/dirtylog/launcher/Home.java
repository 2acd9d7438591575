// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The folder of an instance: its configuration, its data, its sockets. */
final class Home {
    /** Linux has room for 108 with the end of the name; the JDK leaves one of them unused. */
    static final int MOST_SOCKET_BYTES = 106;

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

    /** The control socket's is the longest name that is bound; nothing is made in a home where that cannot be. */
    void requireShortName() throws Refusal {
        int bytes = controlSocket().toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_SOCKET_BYTES) {
            throw Refusal.of("the name of the control socket " + controlSocket() + " has " + bytes
                    + " bytes, a socket's has at most " + MOST_SOCKET_BYTES + "; choose a home with a shorter name");
        }
    }

    /** Whether it can be told what is in there. */
    boolean isEnterable() {
        try {
            Files.readAttributes(controlSocket(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return true;
        } catch (AccessDeniedException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Makes what is missing, for the owner's eyes only; what is there keeps its mode. */
    void prepare() throws Refusal {
        requireShortName();
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

    /**
     * Removes the sockets that a killed instance left; anything else in their places is refused, since nobody could be served.
     * Only for the owner of the home's lock.
     */
    void removeLeftovers() throws Refusal {
        for (Path socket : List.of(controlSocket(), nbdSocket())) {
            try {
                if (isSocket(socket)) {
                    Files.delete(socket);
                } else if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
                    throw Refusal.of(socket + " is " + kind(socket)
                            + ", and dirtylog makes a socket of that name; move it away, or choose another --home."
                            + " Nothing was started");
                }
            } catch (IOException e) {
                throw Refusal.of("the old socket " + socket + " cannot be removed: " + Failures.describe(e), e);
            }
        }
    }

    private static String kind(Path path) {
        if (Files.isSymbolicLink(path)) {
            return "a symbolic link";
        }
        return Files.isDirectory(path) ? "a folder" : "a file";
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
    }
}
