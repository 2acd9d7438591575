// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process that tries to lock a file, says how that went, and keeps the lock until its input ends. */
final class LockTrial implements AutoCloseable {
    private final Process process;
    private final boolean locked;

    private LockTrial(Process process) throws IOException {
        this.process = process;
        String answer = process.inputReader().readLine();
        if (answer == null) {
            throw new IOException("the other process said nothing");
        }
        locked = answer.equals("locked");
    }

    public static void main(String[] arguments) throws IOException {
        try (FileChannel channel =
                FileChannel.open(Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            System.out.println(lock == null ? "refused" : "locked");
            while (lock != null && System.in.read() >= 0) {
                // until our starter closes the pipe or dies
            }
        }
    }

    static LockTrial on(Path file) throws Exception {
        Path classes = Path.of(LockTrial.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return new LockTrial(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xshare:auto",
                        "-cp",
                        classes.toString(),
                        LockTrial.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Whether another process gets the lock of a file at this moment. */
    static boolean succeedsOn(Path file) throws Exception {
        try (LockTrial trial = on(file)) {
            return trial.locked;
        }
    }

    boolean isLocked() {
        return locked;
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
