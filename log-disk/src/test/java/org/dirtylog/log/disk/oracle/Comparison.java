// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.dirtylog.log.DirtyLog.SyncAnswer;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.log.disk.oracle.KernelLog.Beside;
import org.dirtylog.log.disk.oracle.KernelLog.Result;
import org.dirtylog.log.disk.oracle.KernelLog.Word;

/** Takes one sequence through our log and the kernel's, each on a medium of its own, and compares after every step. */
final class Comparison {

    /** They are not the same. */
    static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Difference(String what) {
            super(what, null, false, false);
        }
    }

    /** Where a log is in its life. */
    private enum Life {
        NONE,
        RUNNING,
        DRAINING,
        SUSPENDED,
        /** Could not be read when it was resumed; that may be tried again. */
        UNREAD,
        /** Only to be closed. */
        FINISHED
    }

    private interface Call {
        void run() throws DirtyLogException;
    }

    private final DirtyLogType disk;
    private final DirtyLogType core;
    private final Set<Quirk> quirks;
    private Platter ourPlatter;
    private Platter kernelPlatter;
    private Ours ours;
    private KernelLog kernel;
    private Life life = Life.NONE;
    private boolean inMemory;
    private boolean used;
    private int kernelLegFlushes;
    private long cutSeed;

    Comparison(DirtyLogType disk, DirtyLogType core, Set<Quirk> quirks) {
        this.disk = disk;
        this.core = core;
        this.quirks = quirks;
    }

    /** Compares; throws {@link Difference} at the first one. */
    void run(List<Step> steps) {
        put(new byte[4096], 512);
        for (Step step : steps) {
            try {
                take(step);
                compareMedia();
            } catch (Difference e) {
                throw new Difference("at " + step + ": " + e.getMessage());
            } catch (DirtyLogException | RuntimeException | AssertionError e) {
                throw new Difference("at " + step + ": " + e);
            }
        }
    }

    private void take(Step step) throws DirtyLogException {
        switch (step.verb()) {
            case MEDIUM -> medium((int) step.number(0), (int) step.number(1));
            case IMAGE -> image(step);
            case OPEN -> open(step.number(0), step.number(1), word(step.number(2)));
            case RESUME -> resumeAgain();
            case PRESUSPEND -> presuspend();
            case POSTSUSPEND -> postsuspend();
            case KILL -> forget();
            case MARK -> each(step, regions -> ours.log.markDirty(regions), r -> kernel.markRegion(r));
            case CLEAR -> each(step, regions -> ours.log.markClean(regions), r -> kernel.clearRegion(r));
            case IN_SYNC -> each(step, regions -> ours.log.setInSync(regions), r -> kernel.setRegionSync(r, true));
            case OUT_OF_SYNC ->
                each(step, regions -> ours.log.setOutOfSync(regions), r -> kernel.setRegionSync(r, false));
            case FLUSH -> flush();
            case WORK -> work((int) step.number(0));
            case FAIL -> fail((int) step.number(0));
            case HEAL -> heal();
            case CUT -> cut((int) step.number(0), step.number(1));
            case CRASH -> crash(step.number(0));
            case KERNEL -> visit(step);
        }
    }

    private static Word word(long number) {
        return Word.values()[(int) Math.floorMod(number, 3L)];
    }

    // ---- before the first opening -----------------------------------------------------------------------------------

    private void put(byte[] content, int blockBytes) {
        ourPlatter = new Platter(content, blockBytes);
        kernelPlatter = new Platter(content, blockBytes);
        ours = new Ours(ourPlatter);
    }

    private void medium(int bytes, int blockBytes) {
        if (used) {
            return;
        }
        inMemory = bytes == 0;
        put(new byte[Math.max(bytes, 4096)], blockBytes == 4096 ? 4096 : 512);
    }

    private void image(Step step) {
        if (used) {
            return;
        }
        put(step.image(ourPlatter.now.length), ourPlatter.blockBytes());
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    private void open(long target, long regionSize, Word word) throws DirtyLogException {
        if (life != Life.NONE || target < 1 || regionSize < 2 || Long.bitCount(regionSize) != 1) {
            return;
        }
        used = true;
        boolean fits = inMemory || KernelLog.fits(kernelPlatter, target, regionSize);
        RegionGeometry geometry = new RegionGeometry(target, regionSize);
        Result made = outcome(() -> ours.create(inMemory ? core : disk, geometry, word));
        same("construction", made, fits ? Result.DONE : Result.REFUSED);
        if (!fits) {
            return;
        }
        kernel =
                new KernelLog(quirks, inMemory ? null : kernelPlatter, this::flushKernelLegs, target, regionSize, word);
        same("status before the first resume", ours.log.status().infoLine(), kernel.statusInfo(Ours.NAME));
        same("table", ours.log.status().tableLine(), kernel.statusTable(Ours.NAME));
        same("count before the first resume", ours.log.inSyncCount(), kernel.getSyncCount());
        resume();
    }

    private void resumeAgain() throws DirtyLogException {
        if (life == Life.SUSPENDED || life == Life.UNREAD) {
            resume();
        }
    }

    private void resume() throws DirtyLogException {
        Slots slots = Slots.in(ourPlatter.now);
        boolean first = ours.isFirst();
        Result mine = outcome(() -> ours.resume());
        Beside beside = new Beside(first, slots.regionSize(), slots.target(), ours.forcedFirst);
        Result his = guarded(() -> kernel.resume(beside));
        same("resume", mine, his);
        life = switch (mine) {
            case DONE -> Life.RUNNING;
            case FAILED -> ourPlatter.failReads ? Life.UNREAD : Life.FINISHED;
            case REFUSED, CUT -> Life.NONE;
        };
        settle(mine);
        if (mine == Result.DONE) {
            compareFacts();
        }
    }

    private void presuspend() throws DirtyLogException {
        if (life == Life.RUNNING) {
            ours.log.preSuspend();
            kernel.presuspend();
            life = Life.DRAINING;
        }
    }

    private void postsuspend() throws DirtyLogException {
        if (life != Life.DRAINING) {
            return;
        }
        Result mine = outcome(() -> ours.log.postSuspend());
        same("postsuspend", mine, guarded(() -> kernel.postsuspend()));
        life = mine == Result.DONE ? Life.SUSPENDED : Life.FINISHED;
        settle(mine);
    }

    private void forget() {
        if (life != Life.NONE) {
            ours.log.close();
        }
        life = Life.NONE;
    }

    private void settle(Result result) throws DirtyLogException {
        if (result == Result.CUT) {
            crash(cutSeed);
        } else if (result == Result.REFUSED) {
            forget();
        } else {
            compareStatus();
        }
    }

    // ---- what a mirror does -----------------------------------------------------------------------------------------

    private boolean isUsed() {
        return life == Life.RUNNING || life == Life.DRAINING;
    }

    private void each(Step step, Consumer<RegionSet> mine, IntConsumer his) throws DirtyLogException {
        if (!isUsed()) {
            return;
        }
        RegionSet regions = runs(step);
        mine.accept(regions);
        regions.forEach(r -> his.accept((int) r));
        for (long r : new long[] {regions.first(), regions.last()}) {
            same("clean", ours.log.isClean(r), kernel.clean((int) r));
            same("in sync", ours.log.isInSync(r), kernel.inSync((int) r));
            same("in sync at a look", ours.log.peekInSync(r) == SyncAnswer.IN_SYNC, kernel.inSync((int) r));
        }
        same("count", ours.log.inSyncCount(), kernel.getSyncCount());
    }

    private RegionSet runs(Step step) {
        RegionSet all = RegionSet.none();
        for (int i = 0; i == 0 || i < step.numbers().size(); i += 2) {
            long first = Math.floorMod(step.number(i), (long) kernel.regions);
            all = all.plus(RegionSet.range(
                    first, Math.min(kernel.regions, first + 1 + Math.max(0, step.number(i + 1)))));
        }
        return all;
    }

    private void flush() throws DirtyLogException {
        if (!isUsed() && life != Life.FINISHED) {
            return;
        }
        Io ourIo = new Io(ourPlatter, ours.legFlushes);
        Io kernelIo = new Io(kernelPlatter, kernelLegFlushes);
        RegionSet[] dropped = {RegionSet.none()};
        Result mine = outcome(() -> dropped[0] = ours.log.flush().droppedCleanings());
        same("flush", mine, guarded(() -> kernel.flush()));
        if (mine == Result.DONE) {
            same("dropped cleanings", dropped[0], set(kernel.dropped));
            same("what a flush did", ourIo.since(ours.legFlushes), kernelIo.since(kernelLegFlushes));
            compareFacts();
        } else {
            life = Life.FINISHED;
        }
        settle(mine);
    }

    /** What was done to a medium and the legs. */
    private record Io(Platter platter, int legFlushes, int forces, long bytes) {
        Io(Platter platter, int legFlushes) {
            this(platter, legFlushes, platter.forces, platter.bytesWritten);
        }

        String since(int legFlushesNow) {
            return legFlushesNow - legFlushes + " flushes of legs, " + (platter.bytesWritten - bytes)
                    + " bytes written, " + (platter.forces - forces) + " forces";
        }
    }

    private record Done(int legFlushes, long bytesWritten, int forces) {}

    private void work(int most) throws DirtyLogException {
        if (life != Life.RUNNING || most < 1) {
            return;
        }
        RegionSet mine = ours.log.nextRecovery(most);
        BitSet his = new BitSet();
        for (int i = 0; i < most; i++) {
            OptionalInt next = kernel.getResyncWork();
            if (next.isEmpty()) {
                break;
            }
            his.set(next.getAsInt());
        }
        same("work", mine, set(his));
    }

    // ---- what goes wrong --------------------------------------------------------------------------------------------

    private void fail(int kind) {
        for (Platter platter : List.of(ourPlatter, kernelPlatter)) {
            platter.failReads |= kind == 0;
            platter.failWrites |= kind == 1;
            platter.failForces |= kind == 2 || kind == 3;
            platter.drops |= kind == 3;
        }
        ours.legsFail |= kind == 4;
    }

    private void heal() {
        ourPlatter.heal();
        kernelPlatter.heal();
        ours.legsFail = false;
        ours.cutAtLegs = false;
    }

    private void cut(int where, long seed) {
        ours.cutAtLegs = where == 0;
        ourPlatter.cutAtForce = where;
        kernelPlatter.cutAtForce = where;
        cutSeed = seed;
    }

    private void crash(long seed) {
        forget();
        ourPlatter.crash(seed);
        kernelPlatter.crash(seed);
        heal();
    }

    private void flushKernelLegs() throws IOException {
        kernelLegFlushes++;
        if (ours.cutAtLegs) {
            throw new Platter.PowerCut();
        }
        if (ours.legsFail) {
            throw new IOException("a leg is gone");
        }
    }

    /** A real kernel uses our record, and the one that it is compared with. */
    private void visit(Step step) {
        long regionSize = step.number(1);
        boolean sense = step.number(0) >= 1 && regionSize >= 2 && Long.bitCount(regionSize) == 1;
        if (life != Life.NONE || inMemory || !sense || !KernelLog.fits(kernelPlatter, step.number(0), regionSize)) {
            return;
        }
        used = true;
        heal();
        for (Platter platter : List.of(ourPlatter, kernelPlatter)) {
            KernelLog visitor =
                    new KernelLog(Quirk.kernel(), platter, () -> {}, step.number(0), regionSize, word(step.number(2)));
            visit(visitor, new SplittableRandom(step.number(3)));
        }
    }

    private static void visit(KernelLog visitor, SplittableRandom dice) {
        visitor.resume(Beside.NOTHING);
        for (int i = 0; i < 6; i++) {
            int region = dice.nextInt(visitor.regions);
            if (dice.nextBoolean()) {
                visitor.markRegion(region);
            } else {
                visitor.clearRegion(region);
            }
        }
        if (dice.nextBoolean()) {
            visitor.flush();
        }
    }

    // ---- comparing --------------------------------------------------------------------------------------------------

    private static Result outcome(Call call) throws DirtyLogException {
        try {
            call.run();
            return Result.DONE;
        } catch (Platter.PowerCut e) {
            return Result.CUT;
        } catch (DirtyLogException.Rejected | DirtyLogException.Corrupt e) {
            return Result.REFUSED;
        } catch (DirtyLogException.Failed e) {
            return Result.FAILED;
        }
    }

    private static Result guarded(Supplier<Result> call) {
        try {
            return call.get();
        } catch (Platter.PowerCut e) {
            return Result.CUT;
        }
    }

    private void compareFacts() throws DirtyLogException {
        Snapshot mine = ours.log.snapshot(0, kernel.regions);
        same("dirty", mine.dirty(), kernel.dirty());
        same("out of sync", mine.outOfSync(), kernel.outOfSync());
        same("count", ours.log.inSyncCount(), kernel.getSyncCount());
    }

    private void compareStatus() {
        same("status", ours.log.status().infoLine(), kernel.statusInfo(Ours.NAME));
        same("events", ours.events, kernel.events());
    }

    private void compareMedia() {
        compareBytes("the medium", ourPlatter.now, kernelPlatter.now);
        compareBytes("what survives", ourPlatter.durable, kernelPlatter.durable);
    }

    private static void compareBytes(String what, byte[] mine, byte[] his) {
        int at = Slots.firstDifference(mine, his);
        if (at >= 0) {
            throw new Difference("%s at byte %d: ours %02x, kernel's %02x".formatted(what, at, mine[at], his[at]));
        }
    }

    private static RegionSet set(BitSet bits) {
        RegionSet.Builder regions = new RegionSet.Builder();
        for (int r = bits.nextSetBit(0); r >= 0; r = bits.nextSetBit(r + 1)) {
            regions.add(r);
        }
        return regions.build();
    }

    private static void same(String what, Object mine, Object his) {
        if (!mine.equals(his)) {
            throw new Difference(what + ": ours " + mine + ", kernel's " + his);
        }
    }
}
