// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cleans regions some time after their last write, so that a hot region costs one mark. A sweep cleans what nobody has
 * touched since the sweep before. With more regions dirty than is allowed, it cleans touched ones too: after a crash all of
 * them are copied.
 */
final class Cleaner {
    private static final Logger LOG = LoggerFactory.getLogger(Cleaner.class);

    private final MirrorState mirror;
    private final LogBook book;
    private final LegFailures failures;
    private final LegForces forces;
    private final AtomicBoolean armed = new AtomicBoolean();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    /** Whether a sweep was wanted while another one was under way. */
    private final AtomicBoolean missed = new AtomicBoolean();

    private final AtomicLong markedSinceSweep = new AtomicLong();
    private final Signal idle;
    private volatile long periodNanos;
    private volatile long hotRegions;
    private volatile boolean paused = true;

    Cleaner(MirrorState mirror, LogBook book, LegFailures failures, MirrorConfig config) {
        this.mirror = mirror;
        this.book = book;
        this.failures = failures;
        this.forces = new LegForces(mirror);
        this.idle = mirror.world.tasks().signal(mirror.name + "/cleaner");
        follow(config);
    }

    /** Takes over when to clean; what is armed may be too late for that. */
    void follow(MirrorConfig config) {
        periodNanos = Math.max(1, config.cleanAfter().toNanos() / 2);
        hotRegions = config.hotRegions();
        if (!paused) {
            armed.set(false);
            arm();
        }
    }

    void start() {
        paused = false;
        arm();
    }

    /** Lets no sweep begin, and returns when none is under way. */
    void pause() {
        paused = true;
        idle.await(() -> !sweeping.get());
    }

    /** Regions have become dirty. */
    void marked(long count) {
        if (markedSinceSweep.addAndGet(count) > hotRegions) {
            markedSinceSweep.set(0);
            mirror.world.tasks().start(mirror.name + "/cleaner", () -> sweep(true));
        } else {
            arm();
        }
    }

    private void arm() {
        if (armed.compareAndSet(false, true)) {
            mirror.world.tasks().startAfter(periodNanos, mirror.name + "/cleaner", () -> {
                armed.set(false);
                sweep(false);
            });
        }
    }

    private void sweep(boolean crowded) {
        // Before a look at the one that is under way: it may have passed by what this one is for.
        missed.set(true);
        if (paused || !sweeping.compareAndSet(false, true)) {
            return;
        }
        missed.set(false);
        try {
            if (!paused && sweepOnce(crowded)) {
                arm();
            }
        } catch (IOException e) {
            LOG.warn("Mirror {}: regions stay dirty: {}", mirror.name, e.getMessage());
        } finally {
            sweeping.set(false);
            idle.raise();
        }
        if (!paused && missed.get()) {
            arm();
        }
    }

    /** Answers whether dirty regions are left. */
    private boolean sweepOnce(boolean crowded) throws IOException {
        markedSinceSweep.set(0);
        boolean[] left = new boolean[1];
        RegionSet.Builder untouched = new RegionSet.Builder();
        mirror.table.forEach((first, end, word) -> {
            if (RegionWord.state(word) == RegionWord.DIRTY) {
                for (long region = first; region < end; region++) {
                    if (crowded || !RegionWord.has(untouch(region), RegionWord.TOUCHED)) {
                        untouched.add(region);
                    } else {
                        left[0] = true;
                    }
                }
            }
            return true;
        });
        RegionSet candidates = untouched.build();
        return cleanIdle(candidates) < candidates.count() || left[0];
    }

    private long untouch(long region) {
        return mirror.table.getAndUpdate(region, word -> word & ~RegionWord.TOUCHED);
    }

    /** Cleans everything that is dirty. Nobody writes. */
    void cleanAll() throws IOException {
        RegionSet.Builder dirty = new RegionSet.Builder();
        mirror.table.forEach((first, end, word) -> {
            if (RegionWord.state(word) == RegionWord.DIRTY) {
                dirty.addRun(first, end);
            }
            return true;
        });
        cleanIdle(dirty.build());
    }

    /**
     * Cleans those of the regions that are dirty and idle, if every configured leg holds them (P17). Answers how many it
     * tried.
     */
    long cleanIdle(RegionSet regions) throws IOException {
        LegSet legs = mirror.legs();
        if (regions.isEmpty() || !legs.isComplete() || legs.failingMask() != 0 || book.failure() != null) {
            return 0;
        }
        // The log forces the legs once more, but what that force finds to do is then little, and marks wait for it.
        LegForces.Outcome outcome = forces.forceAttached(legs);
        if (outcome.failed() != 0) {
            forceFailed(legs, outcome);
            return 0;
        }
        RegionSet.Builder taken = new RegionSet.Builder();
        regions.forEach(region -> {
            long word = mirror.table.get(region);
            // P2: only from (DIRTY, 0).
            if (RegionWord.state(word) == RegionWord.DIRTY
                    && RegionWord.count(word) == 0
                    && mirror.table.compareAndSet(region, word, RegionWord.in(word, RegionWord.CLEANING))) {
                taken.add(region);
            }
        });
        RegionSet cleaning = taken.build();
        if (!cleaning.isEmpty()) {
            book.clean(cleaning);
        }
        return cleaning.count();
    }

    private void forceFailed(LegSet legs, LegForces.Outcome outcome) throws IOException {
        legs.latchFailing(outcome.failed());
        failures.exclude(outcome.why());
    }
}
