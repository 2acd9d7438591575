// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a Unix socket that nobody but the owner can connect to, at any moment, and listens on it. */
final class UnixListener {
    private static final Logger LOG = LoggerFactory.getLogger(UnixListener.class);

    /** Java leaves two of Linux's 108 bytes free. */
    private static final int MOST_PATH_BYTES = 106;

    private static final int BACKLOG = 128;
    private static final String DRAFT_NAMES = "0123456789abcdefghijklmnopqrstuvwxyz";

    private UnixListener() {}

    /**
     * Listens. The socket is bound in a folder of mode 0700 and moved into place, for Java cannot make it with a mode. The
     * folder's name is short: its path may not be longer than the socket's.
     */
    static ServerSocketChannel listen(Path socket) throws IOException {
        checkLength(socket);
        makeWay(socket);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        Path folder = null;
        try {
            folder = draftFolder(socket);
            Path draft = folder.resolve("s");
            channel.bind(UnixDomainSocketAddress.of(draft), BACKLOG);
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            Files.move(draft, socket, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("cannot listen on " + socket + ": " + e.getMessage(), e);
        } finally {
            if (folder != null) {
                Files.deleteIfExists(folder.resolve("s"));
                Files.deleteIfExists(folder);
            }
        }
    }

    private static void checkLength(Path socket) throws IOException {
        int bytes = Math.max(
                bytes(socket), bytes(draft(socket, DRAFT_NAMES.charAt(0)).resolve("s")));
        if (bytes > MOST_PATH_BYTES) {
            throw new IOException("the name of the socket " + socket + " has " + bytes + " bytes, Java on Linux allows "
                    + MOST_PATH_BYTES + "; choose a folder with a shorter name");
        }
    }

    private static int bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /** Only a socket that nobody listens on may be replaced. */
    private static void makeWay(Path socket) throws IOException {
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        BasicFileAttributes found = Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isOther()) {
            String what = found.isDirectory() ? "a folder" : found.isSymbolicLink() ? "a symbolic link" : "a file";
            throw new IOException("cannot listen on " + socket + ": there is " + what
                    + " of that name and no socket, it is left as it is; move it away");
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            throw new IOException(
                    "socket " + socket + " is in use by another process" + (probe.isConnected() ? "" : "?"));
        } catch (ConnectException left) {
            LOG.info("Socket {} was left over, it is replaced", socket);
        }
    }

    private static Path draft(Path socket, char name) {
        return socket.resolveSibling("." + name);
    }

    private static Path draftFolder(Path socket) throws IOException {
        for (char name : DRAFT_NAMES.toCharArray()) {
            try {
                return Files.createDirectory(
                        draft(socket, name),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException taken) {
                LOG.debug("{} is taken", draft(socket, name));
            }
        }
        throw new IOException("folders .0 to .z beside it exist; those that hold nothing, or a socket s, are left over"
                + " and can be removed");
    }
}
