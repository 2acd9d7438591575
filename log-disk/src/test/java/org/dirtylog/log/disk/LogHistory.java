// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;

/**
 * One life of a log under a mirror that does what a mirror does, as far as the log can tell. It keeps the truth beside the
 * log: for each cell of four sectors whether the legs may differ there after a power cut.
 */
final class LogHistory {
    private static final int CELL_SECTORS = 4;
    private static final int MAX_CELLS = 2 * 12_000;

    private final Random random;
    private final CrashableMedium medium;
    private final RecordModel record;
    private final UUID mirror;
    private final boolean nosync;
    final StringBuilder trace = new StringBuilder();

    /** Legs differ, durably or in what they would lose. */
    private final BitSet differ = new BitSet(MAX_CELLS);

    private final BitSet inFlight = new BitSet();
    private final BitSet unflushed = new BitSet();

    private int cells;
    private int regionCells = 2;
    private DirtyLog log;
    private boolean cleaningFails;
    private RegionSet mayBeDirty = RegionSet.none();

    /** A clean stop was completed, and nothing went wrong since. */
    private boolean stopped;

    /** A clean stop was begun, and no opening was completed since. */
    private boolean stopping;

    private boolean precise;
    private byte[] oldCopy;
    private boolean reshaped;
    int crashes;
    int cleanStops;

    LogHistory(long seed, int blockBytes, boolean nosync) {
        this.random = new Random(seed);
        this.nosync = nosync;
        this.medium = new CrashableMedium(8192, blockBytes);
        this.record = new RecordModel(seed);
        this.mirror = new UUID(seed, 1);
        this.cells = size();
        if (nosync) {
            record.word = InitialSync.ASSUME_IN_SYNC;
        } else {
            differ.set(0, MAX_CELLS);
        }
    }

    private int size() {
        return random.nextInt(3) == 0 ? 9_000 + random.nextInt(MAX_CELLS - 9_000) : 4 + random.nextInt(300);
    }

    void run(int steps) throws Exception {
        for (int step = 0; step < steps; step++) {
            try {
                if (random.nextInt(5) == 0) {
                    medium.fuse = random.nextInt(7);
                }
                if (log == null) {
                    open();
                } else {
                    work();
                }
            } catch (CrashableMedium.PowerCut e) {
                crash();
            }
        }
    }

    private RegionGeometry geometry() {
        return new RegionGeometry((long) cells * CELL_SECTORS, (long) regionCells * CELL_SECTORS);
    }

    private void open() throws Exception {
        LogSpec spec = LogSpec.of(mirror, geometry()).withArguments(List.of("log"));
        DirtyLog opened = new DiskLogType().create(spec, new Host());
        record.closedCleanly = Optional.empty();
        Found found = opened.resume(record);
        trace.append(found).append(' ');
        if (random.nextInt(8) == 0) {
            throw new CrashableMedium.PowerCut(); // between the log's last force and the mirror's record
        }
        boolean first = !record.completed;
        record.complete();
        log = opened;
        RegionSet dirty = log.snapshot(0, geometry().regionCount()).dirty();
        assertTrue(
                dirty.containsAll(mustBeDirty()),
                () -> trace + "clean but may differ: " + mustBeDirty().minus(dirty));
        assertEquals(dirty.count(), geometry().regionCount() - log.inSyncCount(), "I12, I13, I24");
        assertEquals(
                dirty,
                KernelModel.resume(medium.content(), (int) geometry().regionCount(), "")
                        .dirty());
        if (precise) {
            assertEquals(Found.RECORDED, found, trace::toString);
            RegionSet needless = dirty.minus(mayBeDirty);
            assertTrue(needless.isEmpty(), () -> trace + "dirty without need: " + needless);
        }
        if (stopped && precise) {
            assertEquals(Optional.of(true), record.closedCleanly, "P32");
        } else if (!stopping) {
            assertEquals(Optional.empty(), record.closedCleanly, "P32");
        }
        if (first && nosync && !reshaped) {
            assertTrue(dirty.isEmpty(), "P33");
        }
        mayBeDirty = dirty;
        stopped = false;
        stopping = false;
        precise = true;
    }

    private RegionSet mustBeDirty() {
        RegionSet.Builder regions = new RegionSet.Builder();
        for (int region = 0; region < geometry().regionCount(); region++) {
            int cell = differ.nextSetBit(region * regionCells);
            boolean differs = cell >= 0 && cell < Math.min(cells, (region + 1) * regionCells);
            if (differs || inFlight.get(region) || unflushed.get(region)) {
                regions.add(region);
            }
        }
        return regions.build();
    }

    private void work() throws Exception {
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> write(some());
            case 4, 5 -> complete();
            case 6, 7, 8 -> clean();
            case 9 -> recover();
            case 10 -> stop();
            default -> throw new CrashableMedium.PowerCut();
        }
    }

    private RegionSet some() {
        long regions = geometry().regionCount();
        long first = (long) (random.nextDouble() * regions);
        RegionSet run = RegionSet.range(first, Math.min(regions, first + 1 + random.nextInt(4)));
        return random.nextBoolean() ? run : run.plus(RegionSet.of((long) (random.nextDouble() * regions)));
    }

    private void write(RegionSet regions) throws Exception {
        log.markDirty(regions);
        mayBeDirty = mayBeDirty.plus(regions);
        flush();
        // I1: only now may the legs be written.
        regions.forEach(region -> inFlight.set((int) region));
        trace.append("write ").append(regions).append(' ');
    }

    private void complete() {
        unflushed.or(inFlight);
        inFlight.clear();
    }

    private void clean() throws Exception {
        RegionSet.Builder idle = new RegionSet.Builder();
        mayBeDirty.forEach(region -> {
            if (!inFlight.get((int) region) && random.nextInt(3) > 0) {
                idle.add(region);
            }
        });
        log.markClean(idle.build());
        cleaningFails = random.nextInt(6) == 0;
        if (random.nextBoolean()) {
            log.markDirty(some());
        }
        FlushResult result = flush();
        trace.append(cleaningFails ? "clean fails " : "clean ")
                .append(idle.build())
                .append(' ');
        if (cleaningFails) {
            RegionSet dirty = log.snapshot(0, geometry().regionCount()).dirty();
            assertTrue(dirty.containsAll(result.droppedCleanings()), "P18");
        }
        cleaningFails = false;
    }

    private FlushResult flush() throws Exception {
        RegionSet dirty = log.snapshot(0, geometry().regionCount()).dirty();
        mayBeDirty = mayBeDirty.plus(dirty);
        return log.flush();
    }

    private void recover() throws Exception {
        RegionSet claimed = log.nextRecovery(1 + random.nextInt(40));
        if (random.nextInt(5) == 0) {
            log.setOutOfSync(claimed);
            return;
        }
        claimed.forEach(region -> {
            differ.clear((int) region * regionCells, Math.min(cells, ((int) region + 1) * regionCells));
            unflushed.set((int) region);
        });
        log.setInSync(claimed);
        trace.append("recover ").append(claimed).append(' ');
    }

    private void stop() throws Exception {
        complete();
        stopping = true;
        log.preSuspend();
        log.postSuspend();
        trace.append("stop ");
        stopped = true;
        cleanStops++;
        restart();
    }

    /** The legs keep less than they had: what was not flushed may differ from now on. */
    private void crash() {
        crashes++;
        stopped = false;
        trace.append("crash ");
        restart();
    }

    private void restart() {
        unflushed.or(inFlight);
        for (int region = unflushed.nextSetBit(0); region >= 0; region = unflushed.nextSetBit(region + 1)) {
            differ.set(region * regionCells, (region + 1) * regionCells);
        }
        inFlight.clear();
        unflushed.clear();
        log = null;
        medium.crash(random);
        reshape();
    }

    /** Between two runs the target may change, and an old copy of the log may be put back. */
    private void reshape() {
        int change = random.nextInt(20);
        int before = cells;
        if (change == 0) {
            cells = random.nextBoolean() ? size() : Math.min(MAX_CELLS, cells + 1 + random.nextInt(3));
            if (record.completed || !nosync) {
                // What a shorter target leaves to others, and what a longer one takes from them, may differ.
                differ.set(Math.min(cells, before), MAX_CELLS);
            }
            precise = false;
        } else if (change == 1) {
            regionCells = 6 - regionCells;
            precise = false;
        } else if (change == 2 && oldCopy != null && record.completed) {
            medium.put(oldCopy);
            precise = false;
        } else if (change == 3) {
            oldCopy = medium.content();
        }
        reshaped |= change < 2;
        trace.append(change < 4 ? "change " + change + " to " + cells + "/" + regionCells + " " : "");
    }

    /** The mirror's side: forcing the legs makes equal what was written to all of them. */
    private final class Host extends TestHost {
        Host() {
            super(LogHistory.this.medium);
        }

        @Override
        public void flushLegs() throws IOException {
            if (random.nextInt(20) == 0) {
                throw new CrashableMedium.PowerCut();
            }
            if (cleaningFails) {
                throw new IOException("leg 1 is gone");
            }
            unflushed.clear();
        }

        @Override
        public boolean legsAgree() {
            return true;
        }
    }
}
