// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.InUseException;
import org.dirtylog.seams.RecordFolder;

/** The disks and records of a machine. They outlive it; {@link #under} gives them to the next. */
public final class WorldDevices {
    private final Map<String, Disk> disks = new HashMap<>();
    private final Folder folder;

    /** Starts with none. */
    public WorldDevices() {
        this(new Folder());
    }

    private WorldDevices(Folder folder) {
        this.folder = folder;
    }

    /**
     * Adds a disk.
     *
     * @param disk to be opened by its name
     */
    public void add(Disk disk) {
        disks.put(disk.name(), disk);
    }

    /**
     * Finds a disk.
     *
     * @param name its name
     * @return it, or {@code null}
     */
    public Disk disk(String name) {
        return disks.get(name);
    }

    /**
     * The records.
     *
     * @return the folder
     */
    public Folder folder() {
        return folder;
    }

    /**
     * Tells whether everything was given back, but for disks in which something hangs.
     *
     * @return the name of a disk that is still owned, or {@code null}
     */
    public String owned() {
        for (Disk disk : disks.values()) {
            if (disk.troubles().owned && disk.troubles().hanging == 0) {
                return disk.name();
            }
        }
        return null;
    }

    /**
     * Loses power.
     *
     * @param dice decides what survives
     */
    public void crash(Dice dice) {
        byName().forEach(disk -> disk.crash(dice));
        folder.crash(dice);
    }

    // ---- states
    // --------------------------------------------------------------------------------------------------------

    /**
     * Copies everything.
     *
     * @return devices in the same state, with nothing wrong with them
     */
    public WorldDevices copy() {
        WorldDevices copy = new WorldDevices(folder.copy());
        disks.values().forEach(disk -> copy.add(disk.copy()));
        return copy;
    }

    /**
     * Counts the changes of what a crash could leave.
     *
     * @return a number that is the same only if nothing has changed
     */
    public long changes() {
        long changes = folder.changes();
        for (Disk disk : disks.values()) {
            changes += disk.changes();
        }
        return changes;
    }

    /**
     * Adds all that a crash, or a kill, could leave.
     *
     * @param print gets it
     */
    public void addTo(Fingerprint print) {
        byName().forEach(disk -> disk.addTo(print));
        folder.addTo(print);
    }

    /**
     * Counts what is cached by the disks.
     *
     * @return sectors of writes that were not forced
     */
    public int cachedSectors() {
        return byName().stream().mapToInt(Disk::cachedSectors).sum();
    }

    /**
     * Counts what the folder may keep or not.
     *
     * @return changes of names that were not forced
     */
    public int unsettledNames() {
        return folder.unsettled();
    }

    /**
     * Loses power.
     *
     * @param lands tells of each cached sector, from 0, whether it has landed
     * @param names how many of the changes of names survive
     */
    public void crash(IntPredicate lands, int names) {
        int first = 0;
        for (Disk disk : byName()) {
            int from = first;
            first += disk.cachedSectors();
            disk.crash(number -> lands.test(from + number));
        }
        folder.crash(names);
    }

    /** A map's own order is nothing that a seed repeats. */
    private List<Disk> byName() {
        return disks.values().stream().sorted(Comparator.comparing(Disk::name)).toList();
    }

    /**
     * The process ends without a word and the system goes on: nothing is lost that it was given.
     *
     * @param dice decides what becomes of pages that a failed force has dropped
     */
    public void kill(Dice dice) {
        byName().forEach(disk -> disk.kill(dice));
    }

    /**
     * Gives the disks to a machine.
     *
     * @param scheduler runs it
     * @param watch     sees writes
     * @return what its mirror opens
     */
    public Devices under(Scheduler scheduler, DiskWatch watch) {
        return new Opener(scheduler, watch);
    }

    private final class Opener implements Devices {
        private final Scheduler scheduler;
        private final DiskWatch watch;

        Opener(Scheduler scheduler, DiskWatch watch) {
            this.scheduler = scheduler;
            this.watch = watch;
        }

        private Disk find(String name) throws IOException {
            scheduler.point("open", name.hashCode(), 0);
            Disk disk = disks.get(name);
            if (disk == null) {
                throw new NoSuchFileException(name);
            }
            return disk;
        }

        private BlockDevice take(Disk disk) throws IOException {
            if (disk.troubles().isAbsent() || disk.troubles().isGone(scheduler.steps())) {
                throw new IOException(disk.name() + " is not there");
            }
            if (disk.troubles().owned) {
                throw new InUseException(disk.name() + " is in use");
            }
            disk.troubles().owned = true;
            return new DiskPort(disk, scheduler, watch, false);
        }

        @Override
        public BlockDevice openLeg(String name) throws IOException {
            return take(find(name));
        }

        @Override
        public BlockDevice openMedium(String path, long bytes, Missing missing) throws IOException {
            if (missing == Missing.CREATE && !disks.containsKey(path)) {
                add(new Disk(path, (int) (bytes + Disk.SECTOR - 1) / Disk.SECTOR * Disk.SECTOR, 8, false));
            }
            Disk disk = find(path);
            if (disk.bytes() < bytes) {
                throw new IOException(path + " has " + disk.bytes() + " bytes, needs " + bytes);
            }
            return take(disk);
        }

        @Override
        public BlockDevice openReadOnly(String path) throws IOException {
            return new DiskPort(find(path), scheduler, watch, true);
        }

        @Override
        public RecordFolder records() {
            return folder.under(scheduler, watch);
        }
    }
}
