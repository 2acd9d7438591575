// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * One process a home. The kernel drops the lock with the process, however it ends, so what a killed instance left never
 * stands in the way. The file is not removed: another process could hold its lock on a file that no longer has a name.
 */
final class HomeLock {
    private final FileChannel channel;

    private HomeLock(FileChannel channel) {
        this.channel = channel;
    }

    static HomeLock take(Home home) throws Refusal {
        Path file = home.lockFile();
        try {
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            FileLock lock = channel.tryLock();
            if (lock == null) {
                String pid = read(channel).strip();
                channel.close();
                throw Refusal.of("the home " + home.folder() + " is in use by process "
                        + (pid.isEmpty() ? "(it has not written its pid yet)" : pid)
                        + "; two instances on one home would spoil each other's mirrors."
                        + " Nothing was changed. To talk to it: dirtylog exec --home "
                        + Failures.quoted(home.folder()) + " 'mirror:list'; to end it: kill "
                        + (pid.isEmpty() ? "PID" : pid));
            }
            channel.truncate(0);
            channel.write(
                    StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
            return new HomeLock(channel);
        } catch (IOException e) {
            throw Refusal.of("the home " + home.folder() + " cannot be locked: " + Failures.describe(e), e);
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        text.flip();
        return StandardCharsets.US_ASCII.decode(text).toString();
    }

    /** Gives the home back; the end of the process would do so too. */
    void release() {
        try {
            channel.truncate(0);
            channel.close();
        } catch (IOException e) {
            System.err.println("dirtylog: the lock of the home still names this process: " + Failures.describe(e));
        }
    }
}
