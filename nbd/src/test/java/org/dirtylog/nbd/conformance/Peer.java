// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.dirtylog.nbd.MetaContext;
import org.dirtylog.nbd.NbdExport;
import org.dirtylog.nbd.NbdLimits;
import org.dirtylog.nbd.NbdServer;
import org.dirtylog.seams.real.ThreadTasks;

/**
 * A server that runs, with two exports of 64 MiB, {@code disk} and {@code fixed}, which may only be read. Both begin with a
 * mebibyte of {@link #FILLING}; the rest is a hole.
 */
final class Peer implements AutoCloseable {
    static final String DISK = "disk";
    static final String FIXED = "fixed";
    static final long SIZE = 64 << 20;
    static final byte FILLING = 0x5A;

    private final Path folder;
    private final List<Runnable> running = new ArrayList<>();
    private final Path disk;
    private final Path fixed;
    /** What ours serves; {@code null} where it is another's. */
    final SparseDevice device;

    private Peer(Server server) throws IOException {
        folder = Files.createTempDirectory("nbd");
        if (server == Server.OURS) {
            device = filled();
            disk = ours(device);
            fixed = disk;
        } else {
            device = null;
            disk = other(server, DISK, true);
            fixed = other(server, FIXED, false);
        }
    }

    static Peer start(Server server) {
        try {
            return new Peer(server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path socket(String export) {
        return export.equals(FIXED) ? fixed : disk;
    }

    private static byte[] filling() {
        byte[] bytes = new byte[1 << 20];
        Arrays.fill(bytes, FILLING);
        return bytes;
    }

    private static SparseDevice filled() throws IOException {
        SparseDevice device = new SparseDevice(SIZE);
        device.write(0, ByteBuffer.wrap(filling()));
        return device;
    }

    private Path ours(SparseDevice served) throws IOException {
        Path socket = folder.resolve("ours");
        ThreadTasks tasks = new ThreadTasks();
        NbdServer server = new NbdServer(socket, tasks, NbdLimits.STANDARD);
        running.add(server::close);
        running.add(tasks::close);
        server.add(NbdExport.of(DISK, served).withDescription("a disk").withContext(new Parity()));
        server.add(NbdExport.of(FIXED, filled()).asReadOnly());
        return socket;
    }

    /** Odd and even cells. */
    private record Parity() implements MetaContext {
        @Override
        public String name() {
            return "x-test:parity";
        }

        @Override
        public void describe(long positionBytes, long bytes, Visitor visitor) {
            long end = positionBytes + bytes;
            for (long at = positionBytes; at < end; ) {
                long cell = at / SparseDevice.CELL_BYTES;
                long until = Math.min(end, (cell + 1) * SparseDevice.CELL_BYTES);
                if (!visitor.run(until - at, (int) (cell % 2))) {
                    return;
                }
                at = until;
            }
        }
    }

    private Path other(Server server, String export, boolean writable) throws IOException {
        Path image = folder.resolve(export + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.write(filling());
            file.setLength(SIZE);
        }
        Path socket = folder.resolve(export + ".sock");
        Process process = new ProcessBuilder(server.command(socket, image, export, writable))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        running.add(() -> process.destroyForcibly().onExit().join());
        await(socket, process);
        return socket;
    }

    private static void await(Path socket, Process process) throws IOException {
        for (int i = 0; i < 1000; i++) {
            try {
                new Negotiation(socket).close();
                return;
            } catch (IOException notYet) {
                if (!process.isAlive()) {
                    throw new IOException("a server has ended at once, with " + process.exitValue());
                }
                pause();
            }
        }
        throw new IOException("a server does not answer on " + socket);
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        running.forEach(Runnable::run);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
