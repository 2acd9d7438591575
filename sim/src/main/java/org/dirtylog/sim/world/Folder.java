// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dirtylog.seams.RecordFolder;

/**
 * A folder of small files that outlives machines. What a file holds is safe when its write has returned, what it is called when
 * the folder was forced: a crash keeps the first few of the changes of names since then.
 */
public final class Folder {
    private final Map<String, byte[]> files = new HashMap<>();
    private Map<String, byte[]> safe = new HashMap<>();
    private final List<Map<String, byte[]>> states = new ArrayList<>();
    private int writesLeft;
    private int forcesLeft;
    private int failing;
    private long cleared;
    private long changes;

    /** Starts empty. */
    Folder() {}

    /**
     * Fails some writes.
     *
     * @param after which one is the first
     * @param count how many fail in a row
     */
    public void failWrites(int after, int count) {
        writesLeft = after;
        failing = count;
    }

    /**
     * Fails one force: whether names outlive a crash is not known then.
     *
     * @param number which one from now on
     */
    public void failForce(int number) {
        forcesLeft = number;
    }

    /** All is well from now on. */
    public void heal() {
        writesLeft = 0;
        forcesLeft = 0;
        failing = 0;
    }

    /**
     * Reads what is there between two lives.
     *
     * @param name a file
     * @return its bytes, or {@code null}
     */
    public byte[] surviving(String name) {
        return files.get(name);
    }

    /**
     * Tells whether a loss of power would change nothing.
     *
     * @return whether all names are safe
     */
    public boolean isSettled() {
        return states.isEmpty();
    }

    /**
     * Somebody takes a file away, for good, between two lives.
     *
     * @param name a file
     */
    public void lose(String name) {
        changes++;
        files.remove(name);
        safe = new HashMap<>(safe);
        safe.remove(name);
        states.clear();
    }

    // ---- states
    // --------------------------------------------------------------------------------------------------------

    /** One that is in the same state, with nothing wrong with it. What files hold is never changed, so it is shared. */
    Folder copy() {
        Folder copy = new Folder();
        copy.files.putAll(files);
        copy.safe = safe;
        copy.states.addAll(states);
        return copy;
    }

    /** Counts the changes of what a crash could leave. */
    long changes() {
        return changes;
    }

    /** Adds all that a crash, or a kill, could leave. */
    void addTo(Fingerprint print) {
        add(safe, print);
        states.forEach(state -> add(state, print));
    }

    private static void add(Map<String, byte[]> state, Fingerprint print) {
        state.keySet().stream().sorted().forEach(name -> {
            print.add(name.hashCode());
            print.add(state.get(name), state.get(name).length);
        });
    }

    /** How many changes of names a crash may keep or not. */
    int unsettled() {
        return states.size();
    }

    private void changed() {
        changes++;
        states.add(new HashMap<>(files));
    }

    /**
     * Loses power.
     *
     * @param dice decides which names survive
     */
    void crash(Dice dice) {
        crash(dice.below(states.size() + 1));
    }

    /**
     * Loses power.
     *
     * @param kept how many of the changes of names survive
     */
    void crash(int kept) {
        changes++;
        Map<String, byte[]> survived = kept == 0 ? safe : states.get(kept - 1);
        safe = new HashMap<>(survived);
        files.clear();
        files.putAll(survived);
        cleared += states.size();
        states.clear();
    }

    RecordFolder under(Scheduler scheduler, DiskWatch watch) {
        return new View(scheduler, watch);
    }

    private final class View implements RecordFolder {
        private final Scheduler scheduler;
        private final DiskWatch watch;

        View(Scheduler scheduler, DiskWatch watch) {
            this.scheduler = scheduler;
            this.watch = watch;
        }

        @Override
        public Optional<byte[]> read(String name) {
            scheduler.point("folder read", name.hashCode(), 0);
            return Optional.ofNullable(files.get(name)).map(byte[]::clone);
        }

        @Override
        public void write(String name, byte[] bytes) throws IOException {
            scheduler.point("folder write", bytes.length, 0);
            files.put(name, Arrays.copyOf(bytes, scheduler.dice().below(bytes.length + 1)));
            changed();
            scheduler.point("folder writing", bytes.length, 0);
            if (writesLeft > 0 && --writesLeft == 0) {
                writesLeft = --failing > 0 ? 1 : 0;
                watch.fails(DiskWatch.Failure.RECORD_WRITE, null);
                scheduler.hasFailed();
                throw new IOException("no space for " + name);
            }
            files.put(name, bytes.clone());
            changed();
            scheduler.point("folder written", bytes.length, 0);
        }

        @Override
        public void rename(String from, String to) throws IOException {
            scheduler.point("folder rename", 0, 0);
            byte[] bytes = files.remove(from);
            if (bytes == null) {
                throw new IOException(from + " is not there");
            }
            files.put(to, bytes);
            changed();
            scheduler.point("folder renamed", 0, 0);
        }

        @Override
        public void delete(String name) {
            scheduler.point("folder delete", 0, 0);
            files.remove(name);
            changed();
        }

        @Override
        public void force() throws IOException {
            scheduler.point("folder force", 0, 0);
            long covered = cleared + states.size();
            scheduler.point("folder forcing", 0, 0);
            if (forcesLeft > 0 && --forcesLeft == 0) {
                watch.fails(DiskWatch.Failure.RECORD_FORCE, null);
                scheduler.hasFailed();
                throw new IOException("the folder cannot be forced");
            }
            // A force of another task may have come first and taken some of them.
            int done = (int) Math.max(0, covered - cleared);
            if (done > 0) {
                changes++;
                safe = states.get(done - 1);
                states.subList(0, done).clear();
                cleared += done;
            }
            scheduler.point("folder forced", 0, 0);
        }
    }
}
