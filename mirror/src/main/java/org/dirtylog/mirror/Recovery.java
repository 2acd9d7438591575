// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what is in doubt, or what a stale leg lacks: several regions at a time, each by a task of its own, in the order in
 * which the log hands them out, which is that of the regions after those that clients wait for. A region that could not be copied is tried again later.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final int CLEAN_BATCH = 64;
    /** Of more than so many regions that clients want none is more urgent than what is next. */
    private static final int MOST_WANTED = 256;

    private static final long SECOND = 1_000_000_000L;
    private static final long MAX_BACK_OFF = 60 * SECOND;

    private final MirrorState mirror;
    private final Cleaner cleaner;
    private final LegFailures failures;
    private final Promotion promotion;
    private final RegionCopier copier;
    private final Signal changed;
    private final RecoveryPace pace;
    private final RecoveryWindow window = new RecoveryWindow();

    private volatile DirtyLog log;
    private volatile boolean paused = true;

    // Guarded by this.
    private boolean running;
    private boolean again;
    /** How often in a row a run was broken off. Only runs use it, one after the other. */
    private int troubles;

    /** Regions of which a copy is under way. */
    private final Set<Long> copying = new HashSet<>();

    private RegionSet copied = RegionSet.none();
    /** Whether a task cleans what was copied. */
    private boolean cleaning;
    /** Claimed, and not copied: too early for them, nothing to copy, or a copy is under way. */
    private RegionSet held = RegionSet.none();

    private final Map<Long, Failure> failed = new HashMap<>();
    /** Regions that clients read while it is in doubt what they hold: they come first. */
    private final Set<Long> wanted = new HashSet<>();

    private long bytesDone;
    private long bytesTotal;
    private long startedNanos;

    private record Failure(long backOff, long notBefore) {}

    Recovery(MirrorState mirror, Cleaner cleaner, LegFailures failures, Promotion promotion, RecoveryPolicy policy) {
        this.mirror = mirror;
        this.cleaner = cleaner;
        this.failures = failures;
        this.promotion = promotion;
        this.copier =
                new RegionCopier(mirror, failures, this::reportInSync, () -> paused, region -> report(region, false));
        this.changed = mirror.world.tasks().signal(mirror.name + "/recovery");
        this.pace = new RecoveryPace(mirror, policy, changed, () -> paused);
    }

    /** Takes over other rates. */
    void follow(RecoveryPolicy policy) {
        pace.follow(policy);
    }

    /** Begins with what an opening has found. */
    void start(DirtyLog newLog) {
        log = newLog;
        long now = mirror.world.clock().nanos();
        synchronized (this) {
            bytesDone = 0;
            bytesTotal = copyableBytes();
            startedNanos = now;
            failed.clear();
            held = RegionSet.none();
        }
        paused = false;
        kick();
    }

    /** Goes on after a pause with what there is to copy now. */
    void proceed() {
        long left = copyableBytes();
        synchronized (this) {
            bytesTotal = bytesDone + left;
            failed.clear();
        }
        paused = false;
        kick();
    }

    /** Stops copying, in the middle of regions, and returns when no copy is under way. */
    void pause() {
        paused = true;
        changed.raise();
        mirror.regionsChanged.raise();
        changed.await(this::isIdle);
    }

    private synchronized boolean isIdle() {
        return !running;
    }

    /**
     * Casts doubt on a region: a write failed on a leg that stays attached, so current legs may differ. The bit of the region is
     * durably dirty, since a writer is inside. Stale legs lack it from now on.
     */
    void cast(long region) {
        long flags = RegionWord.IN_DOUBT | RegionWord.lacking(mirror.legs().staleMask());
        long before = mirror.table.getAndUpdate(region, word -> RegionWord.in(word, RegionWord.OUT_OF_SYNC) | flags);
        // While the writer is inside: no copy of the region can be told before this.
        log.setOutOfSync(RegionSet.of(region));
        synchronized (this) {
            if (!RegionWord.needsCopy(before, -1)) {
                bytesTotal += mirror.geometry.bytesIn(region);
            }
        }
        kick();
    }

    /** Tries what could not be copied without waiting any longer. */
    void retryNow() {
        synchronized (this) {
            failed.clear();
        }
        kick();
    }

    /** Looks whether there is something to copy. */
    void kick() {
        synchronized (this) {
            again = true;
            if (running || paused) {
                return;
            }
            running = true;
        }
        mirror.world.tasks().start(mirror.name + "/recovery", this::run);
    }

    MirrorStatus.Recovery progress() {
        long now = mirror.world.clock().nanos();
        synchronized (this) {
            long left = bytesTotal - bytesDone;
            long elapsed = Math.max(1, now - startedNanos);
            OptionalLong eta = left == 0
                    ? OptionalLong.of(0)
                    : bytesDone == 0
                            ? OptionalLong.empty()
                            : OptionalLong.of((long) Math.ceil((double) left * elapsed / bytesDone / SECOND));
            return new MirrorStatus.Recovery(bytesDone, bytesTotal, eta);
        }
    }

    private long copyableBytes() {
        long[] bytes = new long[1];
        int attached = mirror.legs().attachedMask();
        mirror.table.forEach((first, end, word) -> {
            if (RegionWord.needsCopy(word, attached)) {
                bytes[0] += mirror.geometry.firstByteOf(end - 1)
                        + mirror.geometry.bytesIn(end - 1)
                        - mirror.geometry.firstByteOf(first);
            }
            return true;
        });
        return bytes[0];
    }

    private void run() {
        try {
            while (tryRound()) {
                copyAll();
            }
            troubles = 0;
        } catch (DirtyLogException | IOException | RuntimeException | Error e) {
            // A log that has failed, a record that cannot be written, no memory: nothing of it lasts for ever.
            if (troubles++ == 0) {
                LOG.warn("Mirror {}: recovery is broken off and tried again: {}", mirror.name, e.toString());
            }
            retryAt(mirror.world.clock().nanos() + Math.min(SECOND << Math.min(troubles - 1, 6), MAX_BACK_OFF));
        } finally {
            // Also when the log has failed: a copy that outlived this would own a region of a table that is filled
            // anew.
            changed.await(() -> noneInFlight() && !isCleaning());
            end();
        }
    }

    /** Whether to look once more; else the run ends. */
    private synchronized boolean tryRound() {
        boolean go = again && !paused;
        again = false;
        return go;
    }

    private void end() {
        boolean more;
        synchronized (this) {
            running = false;
            more = again && !paused;
        }
        changed.raise();
        if (more) {
            kick();
        }
    }

    /** Claims and copies until the log has nothing more to hand out. */
    private void copyAll() throws DirtyLogException, IOException {
        boolean began = false;
        while (!paused && anythingToCopy()) {
            if (!began) {
                began = true;
                window.begin(mirror.world.clock().nanos());
                LOG.info(
                        "Mirror {}: recovery of {} bytes from leg {}",
                        mirror.name,
                        progress().bytesTotal(),
                        mirror.legs().source().name());
            }
            RegionSet claimed = log.nextRecovery(window.size(), takeWanted());
            if (claimed.isEmpty()) {
                changed.await(() -> noneInFlight() || paused);
                if (noneInFlight()) {
                    break;
                }
                continue;
            }
            startOrHold(claimed);
            cleanMeanwhile();
            changed.await(this::hasRoom);
        }
        changed.await(() -> noneInFlight() && !isCleaning());
        cleanCopied(1);
        // What was claimed and not copied may be claimed again.
        log.setOutOfSync(takeHeld());
        retryFailed();
        if (!paused && !anythingToCopy()) {
            promotion.promote();
            if (began) {
                LOG.info(
                        "Mirror {}: recovery done, {} bytes copied",
                        mirror.name,
                        progress().bytesDone());
            }
        }
    }

    /** A client reads a region of which it is in doubt what it holds: each such read is written to all current legs (P11). */
    void want(long region) {
        synchronized (this) {
            if (wanted.size() < MOST_WANTED) {
                wanted.add(region);
            }
        }
    }

    private RegionSet takeWanted() {
        long[] regions;
        synchronized (this) {
            regions = wanted.stream()
                    .filter(region -> !copying.contains(region))
                    .mapToLong(Long::longValue)
                    .toArray();
            wanted.clear();
        }
        return RegionSet.of(regions);
    }

    private synchronized RegionSet takeHeld() {
        RegionSet taken = held;
        held = RegionSet.none();
        return taken;
    }

    private boolean anythingToCopy() {
        boolean[] found = new boolean[1];
        int attached = mirror.legs().attachedMask();
        mirror.table.forEach((first, end, word) -> {
            found[0] = RegionWord.needsCopy(word, attached);
            return !found[0];
        });
        return found[0];
    }

    private synchronized boolean noneInFlight() {
        return copying.isEmpty();
    }

    private synchronized boolean hasRoom() {
        return copying.size() < window.size();
    }

    /** Starts copies; holds the regions that it is too early for, or that no attached leg needs. */
    private void startOrHold(RegionSet claimed) {
        int attached = mirror.legs().attachedMask();
        long now = mirror.world.clock().nanos();
        claimed.forEach(region -> {
            boolean later;
            synchronized (this) {
                Failure before = failed.get(region);
                // Doubt ends a claim, also of a region that is being copied: one copy at a time.
                later = copying.contains(region) || before != null && before.notBefore - now > 0;
            }
            if (later || !RegionWord.needsCopy(mirror.table.get(region), attached)) {
                synchronized (this) {
                    held = held.plus(RegionSet.of(region));
                }
            } else {
                synchronized (this) {
                    copying.add(region);
                }
                try {
                    mirror.world.tasks().start(mirror.name + "/copy", () -> copy(region));
                } catch (RuntimeException | Error e) {
                    report(region, false);
                    throw e;
                }
            }
        });
    }

    private void copy(long region) {
        boolean done = false;
        boolean reported = false;
        try {
            pace.await(mirror.geometry.bytesIn(region));
            done = copier.copy(region);
        } catch (LetGoException e) {
            // When its leg was given up on.
            reported = true;
        } catch (IOException e) {
            LOG.warn(
                    "Mirror {}: region {} could not be copied and will be tried again: {}",
                    mirror.name,
                    region,
                    e.getMessage());
        } finally {
            if (!reported) {
                report(region, done);
            }
        }
    }

    private void reportInSync(long region) {
        log.setInSync(RegionSet.of(region));
    }

    private void report(long region, boolean done) {
        if (!done) {
            log.setOutOfSync(RegionSet.of(region));
        }
        long now = mirror.world.clock().nanos();
        boolean doubted =
                RegionWord.needsCopy(mirror.table.get(region), mirror.legs().attachedMask());
        if (done) {
            window.copied(mirror.geometry.bytesIn(region), now);
        }
        synchronized (this) {
            copying.remove(region);
            if (done) {
                bytesDone += mirror.geometry.bytesIn(region);
                if (!doubted) {
                    // Held when there was nothing to copy yet.
                    held = held.minus(RegionSet.of(region));
                }
                copied = copied.plus(RegionSet.of(region));
                failed.remove(region);
            } else if (!paused) {
                Failure before = failed.get(region);
                long backOff = before == null ? SECOND : Math.min(2 * before.backOff, MAX_BACK_OFF);
                failed.put(region, new Failure(backOff, now + backOff));
                again = true;
            }
        }
        changed.raise();
    }

    /** Copies go on while legs are forced. One cleaning at a time; if it fails, the cleaner tries again. */
    private void cleanMeanwhile() {
        synchronized (this) {
            if (cleaning || copied.count() < CLEAN_BATCH) {
                return;
            }
            cleaning = true;
        }
        boolean started = false;
        try {
            mirror.world.tasks().start(mirror.name + "/clean", () -> {
                try {
                    cleanCopied(1);
                } catch (IOException e) {
                    LOG.debug("mirror {}: regions that were copied stay dirty for now", mirror.name, e);
                    cleaner.marked(1);
                } finally {
                    endCleaning();
                }
            });
            started = true;
        } finally {
            if (!started) {
                endCleaning();
            }
        }
    }

    private void endCleaning() {
        synchronized (this) {
            cleaning = false;
        }
        changed.raise();
    }

    private synchronized boolean isCleaning() {
        return cleaning;
    }

    /** Cleans what has been copied: only the force that goes with it makes the copies count (P19). */
    private void cleanCopied(int atLeast) throws IOException {
        RegionSet batch;
        synchronized (this) {
            if (copied.count() < atLeast) {
                return;
            }
            batch = copied;
            copied = RegionSet.none();
        }
        long cleaned = cleaner.cleanIdle(batch);
        if (cleaned < batch.count()) {
            // Somebody writes there: they are cleaned like everything that was written.
            cleaner.marked(batch.count() - cleaned);
        }
    }

    private void retryFailed() {
        long first = Long.MAX_VALUE;
        synchronized (this) {
            for (Failure failure : failed.values()) {
                first = Math.min(first, failure.notBefore);
            }
            again = again && first == Long.MAX_VALUE;
        }
        if (first != Long.MAX_VALUE) {
            retryAt(first);
        }
    }

    private void retryAt(long nanos) {
        long delay = Math.max(0, nanos - mirror.world.clock().nanos());
        mirror.world.tasks().startAfter(delay, mirror.name + "/recovery", this::kick);
    }
}
