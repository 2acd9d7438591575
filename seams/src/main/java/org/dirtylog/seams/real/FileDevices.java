// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.LegType;
import org.dirtylog.seams.RecordFolder;
import org.dirtylog.seams.Tasks;

/**
 * Legs and log media on files and block devices, and whatever leg types are added. All instances of a process share one
 * registry of open files.
 *
 * <p>A device that looks ({@link #openReadOnly}) at what this process owns reads through its owner's channel; at anything
 * else, through a channel of its own, without taking or minding a lock.
 */
public final class FileDevices implements Devices {
    private final OpenFiles files = OpenFiles.ofProcess();
    private final LegTypes legTypes = new LegTypes();
    private final RecordFolder records;
    private final Tasks tasks;

    /**
     * Opens nothing yet.
     *
     * @param records where records are kept
     * @param tasks   runs what is submitted to the devices
     */
    public FileDevices(RecordFolder records, Tasks tasks) {
        this.records = Objects.requireNonNull(records, "records");
        this.tasks = Objects.requireNonNull(tasks, "tasks");
    }

    /**
     * Adds a kind of leg.
     *
     * @param type      opens legs named by its scheme
     * @param ranking   the highest of a scheme counts
     * @param serviceId of equals the lowest counts
     */
    public void addLegType(LegType type, int ranking, long serviceId) {
        legTypes.add(type, ranking, serviceId);
    }

    /**
     * Takes a kind of leg away. Legs already open stay.
     *
     * @param type what was added
     */
    public void removeLegType(LegType type) {
        legTypes.remove(type);
    }

    @Override
    public BlockDevice openLeg(String name) throws IOException {
        Optional<LegTypes.Named> named = legTypes.find(name);
        if (named.isPresent()) {
            return named.get().type().open(named.get().rest(), this);
        }
        BlockDevice leg;
        try {
            leg = owned(path(name), "a leg");
        } catch (NoSuchFileException e) {
            // Nothing was made: a leg that appears from nowhere would be full of zeroes that nobody wrote.
            throw missing(
                    e,
                    "there is no such leg" + legTypes.hint(name)
                            + ". Legs are never made for you: check the path, or make it, e.g. truncate -s 1G "
                            + e.getFile());
        }
        if (leg.sizeBytes() == 0) {
            leg.close();
            throw new IOException("the leg " + leg.name() + " is empty (0 bytes), it cannot hold a mirror; give it the"
                    + " size of the other legs, or check the path");
        }
        return leg;
    }

    @Override
    public BlockDevice openMedium(String path, long bytes, Missing missing) throws IOException {
        if (bytes < 1) {
            throw new IllegalArgumentException("a log needs 1 byte or more, not " + bytes);
        }
        FileDevice medium = medium(path(path), bytes, missing);
        if (medium.sizeBytes() < bytes && missing == Missing.LENGTHEN) {
            lengthen(medium, bytes);
        }
        if (medium.sizeBytes() < bytes) {
            medium.close();
            throw new IOException("the log " + medium.name() + " is too small: it has " + medium.sizeBytes()
                    + " bytes, this table needs " + bytes + ". Nothing was written; name another file, or enlarge this"
                    + " one with truncate -s " + bytes + " " + medium.name());
        }
        return medium;
    }

    private static void lengthen(FileDevice medium, long bytes) throws IOException {
        try {
            medium.lengthen(bytes);
        } catch (IOException | RuntimeException e) {
            medium.close();
            throw e;
        }
    }

    private FileDevice medium(Path path, long bytes, Missing missing) throws IOException {
        try {
            return owned(path, "the medium of a log");
        } catch (NoSuchFileException e) {
            if (missing != Missing.CREATE) {
                throw missing(e, "there is no such log");
            }
            NewMedium.make(path.toAbsolutePath(), bytes);
            return owned(path, "the medium of a log");
        }
    }

    @Override
    public BlockDevice openReadOnly(String path) throws IOException {
        return device(files.look(path(path)), false);
    }

    @Override
    public RecordFolder records() {
        return records;
    }

    private FileDevice owned(Path path, String purpose) throws IOException {
        return device(files.own(path, purpose), true);
    }

    private FileDevice device(OpenFiles.Claim claim, boolean writable) throws IOException {
        try {
            return new FileDevice(claim, writable, tasks);
        } catch (IOException | RuntimeException e) {
            claim.end().run();
            throw e;
        }
    }

    private static NoSuchFileException missing(NoSuchFileException cause, String reason) {
        NoSuchFileException told = new NoSuchFileException(cause.getFile(), null, reason);
        told.initCause(cause);
        return told;
    }

    private static Path path(String name) throws IOException {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new IOException("not a path: " + e.getMessage(), e);
        }
    }
}
