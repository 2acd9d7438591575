// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.HashStep.Verb;
import org.dirtylog.mirror.KernelRegionHash.State;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.Tasks;

/**
 * Takes one sequence through a mirror's regions and the kernel's region hash, and compares after every step states, counts, who
 * waits, what the logs know and what they were told. Everything runs on one thread: where our code waits, or reads a leg
 * for a copy, the sequence goes on within.
 */
final class RegionHashComparison {
    static final int REGIONS = 5;
    /** More than there can be writes inside a region. */
    private static final int MOST_ROUNDS = 100;

    private static final RegionGeometry GEOMETRY = new RegionGeometry(REGIONS * 8, 8);

    static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Difference(String what) {
            super(what, null, false, false);
        }
    }

    /** What differs, if anything. */
    static Optional<String> compare(List<HashStep> steps, Set<HashQuirk> quirks) {
        try {
            new RegionHashComparison(steps, quirks).run();
            return Optional.empty();
        } catch (Difference e) {
            return Optional.of(e.getMessage());
        }
    }

    private static final Clock STILL = new Clock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long epochMillis() {
            return 0;
        }
    };

    private final Deque<HashStep> steps;
    private final KernelRegionHash kernel;

    private final MirrorState mirror;
    private final Leg[] legs = new Leg[2];
    private final DirtyLog log;
    private final LogBook book;
    private final Cleaner cleaner;
    private final Recovery recovery;
    private final RegionCopier copier;
    private final List<String> calls = new ArrayList<>();
    /** Writes that wait outside their region, in the order in which they came. */
    private List<Integer> waiting = new ArrayList<>();

    /** Whether our copier is within a read of the source. */
    private boolean copying;

    private boolean recovering;
    private Boolean copied;
    /** The first one. It cannot be thrown through our code, which would take it for a failure of a leg. */
    private Difference difference;

    private RegionHashComparison(List<HashStep> given, Set<HashQuirk> quirks) {
        steps = new ArrayDeque<>(given);
        BitSet inSync = new BitSet();
        if (!steps.isEmpty() && steps.peek().verb() == Verb.BEGIN) {
            inSync = BitSet.valueOf(new long[] {steps.poll().number()});
        }
        kernel = new KernelRegionHash(quirks, REGIONS, inSync);
        mirror = new MirrorState("m", GEOMETRY, new Surroundings(new OneThread(), STILL, () -> 7, none(Devices.class)));
        for (int i = 0; i < 2; i++) {
            legs[i] = new Leg(i, new QuietDevice(i), 0, GEOMETRY.targetBytes(), mirror.world.tasks());
        }
        publishLegs();
        log = listened(openLog(inSync));
        for (int r = 0; r < REGIONS; r++) {
            if (!inSync.get(r)) {
                mirror.table.fill(r, r + 1L, RegionWord.OUT_OF_SYNC | RegionWord.IN_DOUBT);
            }
        }
        book = new LogBook(mirror, false, count -> {});
        cleaner = new Cleaner(mirror, book, null, config());
        recovery = new Recovery(mirror, cleaner, null, null, RecoveryPolicy.DEFAULT);
        copier = new RegionCopier(
                mirror, null, region -> log.setInSync(RegionSet.of(region)), () -> false, region -> {});
        recovery.start(log);
        book.start(log, new LegFlush(mirror, null));
    }

    /** New ones with the same legs: what is copied meanwhile does not count, as after an exclusion. */
    private void publishLegs() {
        mirror.legs(LegSets.of(legs, 0, LegSet.State.CURRENT, LegSet.State.CURRENT));
    }

    private void run() {
        compareAll(new HashStep(Verb.BEGIN, 0));
        goOn(() -> false);
        for (int round = 0; difference == null && isAnythingLeft(); round++) {
            bringToEnd(round);
            goOn(() -> false);
        }
        if (difference != null) {
            throw difference;
        }
    }

    /** Lets everybody leave, and the copy end. */
    private void bringToEnd(int round) {
        if (round > MOST_ROUNDS) {
            differ("ours does not come to an end");
        }
        for (int r = 0; r < REGIONS; r++) {
            steps.add(new HashStep(Verb.END, r));
        }
        steps.add(new HashStep(Verb.COPIED, 0));
    }

    private boolean isAnythingLeft() {
        boolean left = recovering;
        for (int r = 0; r < REGIONS; r++) {
            left |= RegionWord.count(mirror.table.get(r)) > 0;
        }
        return left;
    }

    /** Takes steps until a condition holds or none is left. */
    private void goOn(BooleanSupplier until) {
        while (difference == null && !until.getAsBoolean() && !steps.isEmpty()) {
            HashStep step = steps.poll();
            boolean endsCopy = copying && (step.verb() == Verb.COPIED || step.verb() == Verb.COPY_FAILS);
            try {
                take(step);
            } catch (IOException | DirtyLogException | RuntimeException e) {
                differ(step + " throws " + e);
            }
            if (endsCopy) {
                // Compared when the copier has returned.
                return;
            }
            compareAll(step);
        }
    }

    private void take(HashStep step) throws IOException, DirtyLogException {
        int region = Math.floorMod(step.number(), REGIONS);
        switch (step.verb()) {
            case BEGIN -> {}
            case WRITE -> {
                kernel.write(region);
                arrive(region);
            }
            case END, FAIL -> {
                if (RegionWord.count(mirror.table.get(region)) > 0) {
                    if (kernel.pending(region) == 0) {
                        differ("nobody is inside " + region + " in the kernel");
                        return;
                    }
                    kernel.end(region, step.verb() == Verb.FAIL);
                    end(region, step.verb() == Verb.FAIL);
                }
            }
            case FLUSH_FAILS -> kernel.flushFailed();
            case UPDATE -> {
                kernel.update();
                cleaner.cleanAll();
            }
            case RECOVER -> {
                if (!recovering) {
                    kernel.recover();
                    recover();
                }
            }
            case COPIED, COPY_FAILS -> {
                if (copying != kernel.isCopying()) {
                    differ("copying: ours " + copying + ", kernel's " + kernel.isCopying());
                } else if (copying) {
                    copied = step.verb() == Verb.COPIED;
                    kernel.copied(copied);
                }
            }
        }
        retryWaiting();
    }

    /** As {@link WritePath} enters. */
    private void arrive(int region) throws IOException {
        while (true) {
            long seen = mirror.table.tryEnter(region);
            if (RegionWord.admits(seen)) {
                return;
            }
            if (RegionWord.state(seen) != RegionWord.CLEAN) {
                waiting.add(region);
                return;
            }
            book.mark(region);
        }
    }

    /** As {@link WritePath} leaves, with a failure that no exclusion settles (P12). */
    private void end(int region, boolean failed) {
        if (failed) {
            recovery.cast(region);
        }
        mirror.table.leave(region);
    }

    private void retryWaiting() throws IOException {
        List<Integer> before = waiting;
        waiting = new ArrayList<>();
        for (int region : before) {
            arrive(region);
        }
    }

    /** As {@link Recovery} does, for one region at a time. */
    private void recover() throws IOException, DirtyLogException {
        RegionSet claimed = log.nextRecovery(1);
        if (claimed.isEmpty()) {
            return;
        }
        recovering = true;
        boolean done = copier.copy(claimed.first());
        recovering = false;
        if (!done) {
            log.setOutOfSync(claimed);
        }
    }

    // ---- comparing --------------------------------------------------------------------------------------------------

    private void differ(String what) {
        if (difference == null) {
            difference = new Difference(what);
        }
    }

    private void compareAll(HashStep after) {
        if (difference != null) {
            return;
        }
        same(after, "told to the log", calls, kernel.calls);
        calls.clear();
        kernel.calls.clear();
        try {
            for (int r = 0; r < REGIONS; r++) {
                int region = r;
                long word = mirror.table.get(r);
                same(after, "state of " + r, stateOf(word), kernel.state(r));
                same(after, "writes inside " + r, RegionWord.count(word), kernel.pending(r));
                long outside = waiting.stream().filter(w -> w == region).count();
                same(after, "writes that wait for " + r, outside, (long) kernel.delayed(r));
                same(after, "clean " + r, log.isClean(r), kernel.isClean(r));
                same(after, "in sync " + r, log.isInSync(r), kernel.isInSync(r));
            }
        } catch (DirtyLogException e) {
            differ(after + " makes the log throw " + e);
        }
    }

    /** What the kernel calls it. Ours is dirty until it is cleaned, and out of sync while it is drained for a copy. */
    private static State stateOf(long word) {
        long state = RegionWord.state(word);
        if (state == RegionWord.OUT_OF_SYNC) {
            return RegionWord.has(word, RegionWord.COPY_WANTED) ? State.RECOVERING : State.NOSYNC;
        }
        if (state == RegionWord.RECOVERING) {
            return State.RECOVERING;
        }
        return state == RegionWord.DIRTY && RegionWord.count(word) > 0 ? State.DIRTY : State.CLEAN;
    }

    private void same(HashStep after, String what, Object mine, Object his) {
        if (!mine.equals(his)) {
            differ("after " + after + ", " + what + ": ours " + mine + ", kernel's " + his);
        }
    }

    // ---- the surroundings -------------------------------------------------------------------------------------------

    private static MirrorConfig config() {
        try {
            return MirrorConfig.of(
                    "m", TableLine.parse("0 40 mirror core 1 8 2 /leg0 0 /leg1 0", name -> Optional.of(List.of())));
        } catch (TableException e) {
            throw new AssertionError(e);
        }
    }

    private DirtyLog openLog(BitSet inSync) {
        try {
            DirtyLogType type = new CoreLogType();
            DirtyLog core = type.create(LogSpec.of(new UUID(1, 2), GEOMETRY), none(LogHost.class));
            core.resume(OPENING);
            RegionSet regions = RegionSet.of(inSync.stream().asLongStream().toArray());
            core.setInSync(regions);
            core.markClean(regions);
            return core;
        } catch (DirtyLogException e) {
            throw new AssertionError(e);
        }
    }

    private static final Opening OPENING = (Opening) Proxy.newProxyInstance(
            Opening.class.getClassLoader(),
            new Class<?>[] {Opening.class},
            (proxy, method, given) -> LogSpec.InitialSync.AS_RECORDED);

    private DirtyLog listened(DirtyLog to) {
        return (DirtyLog) Proxy.newProxyInstance(
                DirtyLog.class.getClassLoader(), new Class<?>[] {DirtyLog.class}, (proxy, method, given) -> {
                    Object answer = method.invoke(to, given);
                    String verb = WORDS.get(method.getName());
                    if (method.getName().equals("flush")) {
                        calls.add("flush");
                    } else if (verb != null) {
                        RegionSet regions = (RegionSet) (answer instanceof RegionSet set ? set : given[0]);
                        regions.forEach(r -> calls.add(verb + " " + r));
                    }
                    return answer;
                });
    }

    private static final Map<String, String> WORDS = Map.of(
            "markDirty", "mark",
            "markClean", "clear",
            "setInSync", "in sync",
            "setOutOfSync", "out of sync",
            "nextRecovery", "work");

    private static <T> T none(Class<T> type) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, given) -> {
                    throw new AssertionError(method + " is not called");
                }));
    }

    /** Nothing is started, and who waits lets the sequence go on. */
    private final class OneThread implements Tasks {
        @Override
        public void start(String name, Runnable task) {}

        @Override
        public void startAfter(long delayNanos, String name, Runnable task) {}

        @Override
        public Signal signal(String name) {
            return new Signal() {
                @Override
                public boolean await(BooleanSupplier condition, long deadlineNanos) {
                    boolean held = condition.getAsBoolean();
                    return held || deadlineNanos != NEVER ? held : awaitSteps(condition);
                }

                @Override
                public void raise() {}
            };
        }
    }

    private boolean awaitSteps(BooleanSupplier condition) {
        compareAll(new HashStep(Verb.RECOVER, 0));
        boolean[] held = new boolean[1];
        for (int round = 0; difference == null; round++) {
            goOn(() -> held[0] = condition.getAsBoolean());
            if (held[0] || condition.getAsBoolean()) {
                return true;
            }
            bringToEnd(round);
        }
        throw difference;
    }

    /** A leg that forgets everything. While the source is read for a copy, the sequence goes on. */
    private final class QuietDevice implements BlockDevice {
        private final int index;

        QuietDevice(int index) {
            this.index = index;
        }

        @Override
        public String name() {
            return "/leg" + index;
        }

        @Override
        public long sizeBytes() {
            return GEOMETRY.targetBytes();
        }

        @Override
        public int blockBytes() {
            return 512;
        }

        @Override
        public void read(long positionBytes, ByteBuffer into) {
            into.position(into.limit());
            copying = true;
            copied = null;
            compareAll(new HashStep(Verb.RECOVER, 0));
            goOn(() -> copied != null);
            copying = false;
            if (copied == null && difference == null) {
                kernel.copied(true);
            } else if (Boolean.FALSE.equals(copied)) {
                publishLegs();
            }
        }

        @Override
        public void write(long positionBytes, ByteBuffer from) {
            from.position(from.limit());
        }

        @Override
        public void zero(long positionBytes, long bytes, Zeroing zeroing) {}

        @Override
        public boolean punchesHoles() {
            return false;
        }

        @Override
        public void force() {}

        @Override
        public void submit(Work work, Completion completion) {
            throw new AssertionError("not called");
        }

        @Override
        public boolean fence(long deadlineNanos) {
            return true;
        }

        @Override
        public void close() {}
    }
}
