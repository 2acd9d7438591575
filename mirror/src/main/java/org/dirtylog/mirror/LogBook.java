// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings marks and cleanings to the log, in turns: whoever waits for something and finds no turn under way does the next one,
 * for all that has gathered meanwhile (group commit). It alone lets words leave CLEAN and CLEANING.
 */
final class LogBook {
    private static final Logger LOG = LoggerFactory.getLogger(LogBook.class);
    private static final long RETRY_NANOS = 200_000_000L;
    /** With fewer writers than that nobody waits for the others: it would only make them slower. */
    private static final int CROWD = 8;

    private static final long MOST_GATHERING_NANOS = 200_000L;

    private final MirrorState mirror;
    private final LongConsumer marked;
    private final Signal turns;
    /** Raised when enough have come for the turn that is about to begin. */
    private final Signal crowd;

    private volatile boolean failWrites;
    private volatile DirtyLog log;
    private volatile LegFlush legFlush;
    private volatile DirtyLogException failure;
    private volatile boolean stopped;
    /** Whether nobody waits any longer for a log that does not answer. */
    private volatile boolean leaving;
    /** What a log that does not answer said last, or an empty string. */
    private volatile String silence = "";
    /** Whether the mirror is being suspended: who asks for a mark is sent back to the gate, which is closed. */
    private volatile boolean marksHeld;

    // Guarded by this.
    private long[] marks = new long[16];
    private int markCount;
    private RegionSet cleanings = RegionSet.none();
    private RegionSet doubts = RegionSet.none();
    private long gathering = 1;
    private long done;
    private boolean turning;
    private boolean paused = true;
    /** How many marks the last turn brought, and how long it took. */
    private int lastMarks;

    private long lastNanos;
    /** For how many marks the turn that is about to begin waits; 0 if it does not. */
    private int awaited;

    /**
     * Starts paused.
     *
     * @param failWrites whether writes that need a mark fail at once when the log has failed; else they are held (P35)
     * @param marked     told how many regions have become dirty; does not block
     */
    LogBook(MirrorState mirror, boolean failWrites, LongConsumer marked) {
        this.mirror = mirror;
        this.marked = marked;
        this.failWrites = failWrites;
        this.turns = mirror.world.tasks().signal(mirror.name + "/log");
        this.crowd = mirror.world.tasks().signal(mirror.name + "/crowd");
    }

    /** Says whether writes that need a mark fail when the log has failed, also those that wait for one now. */
    void failWrites(boolean fail) {
        failWrites = fail;
        turns.raise();
        mirror.regionsChanged.raise();
    }

    /** Goes on with a log that runs. */
    void start(DirtyLog newLog, LegFlush newLegFlush) {
        log = newLog;
        legFlush = newLegFlush;
        failure = null;
        leaving = false;
        silence = "";
        marksHeld = false;
        synchronized (this) {
            // The table was filled anew: what was to be cleaned before is not idle any more for all that is known.
            cleanings = RegionSet.none();
            paused = false;
        }
        turns.raise();
    }

    /** Gives up on a log that does not answer, if it is one: the mirror is about to be suspended. */
    void leave() {
        leaving = true;
        turns.raise();
    }

    /** Marks nothing from now on, so that what is cleaned at a stop stays clean. The gate for writes is closed. */
    void holdMarks() {
        marksHeld = true;
        turns.await(this::isIdle);
    }

    /** Waits for the turn under way and lets no other begin. What is asked for stays asked for. */
    void pause() {
        synchronized (this) {
            paused = true;
        }
        turns.await(this::isIdle);
    }

    /** Lets those who wait for a turn fail, for good. */
    void stop() {
        stopped = true;
        turns.raise();
    }

    private synchronized boolean isIdle() {
        return !turning;
    }

    /** Why the log no longer keeps its record, or {@code null}. */
    DirtyLogException failure() {
        return failure;
    }

    /** Why marks wait for a log that does not answer, or an empty string. */
    String silence() {
        return silence;
    }

    /** Whether writes that need a mark fail at once, also where a cleaning was under way when the log failed. */
    boolean refuses() {
        return failWrites && failure != null;
    }

    /** Returns when the region has been marked durably, or is in some other state than CLEAN; the caller looks again. */
    void mark(long region) throws IOException {
        long ticket;
        boolean enough;
        synchronized (this) {
            gather(region);
            ticket = gathering;
            enough = awaited > 0 && markCount >= awaited;
        }
        if (enough) {
            crowd.raise();
        }
        await(ticket, false);
    }

    /**
     * Returns when all these regions, of which the words are CLEANING, have been cleaned or not. With a log that has failed
     * they stay CLEANING until it is opened again.
     */
    void clean(RegionSet regions) throws IOException {
        long ticket;
        synchronized (this) {
            cleanings = cleanings.plus(regions);
            ticket = gathering;
        }
        await(ticket, true);
    }

    /**
     * Returns when these regions are durably dirty and out of sync in the log. Nobody cleans meanwhile; what their words are is
     * the caller's.
     */
    void doubt(RegionSet regions) throws IOException {
        long ticket;
        synchronized (this) {
            doubts = doubts.plus(regions);
            ticket = gathering;
        }
        await(ticket, true);
    }

    private void await(long ticket, boolean failFast) throws IOException {
        boolean[] lead = new boolean[1];
        while (true) {
            turns.await(() ->
                    stopped || isDone(ticket) || (failFast || failWrites) && failure != null || (lead[0] = tryLead()));
            if (lead[0]) {
                lead[0] = false;
                awaitCrowd();
                turn();
            } else if (isDone(ticket)) {
                return;
            } else {
                throw notMarked();
            }
        }
    }

    IOException notMarked() {
        DirtyLogException why = failure;
        return why == null
                ? new IOException("mirror " + mirror.name + " is stopped")
                : new IOException("mirror " + mirror.name + " cannot mark a region: " + why.getMessage(), why);
    }

    private synchronized boolean isDone(long ticket) {
        return done >= ticket;
    }

    private synchronized boolean tryLead() {
        if (turning || paused || failure != null) {
            return false;
        }
        turning = true;
        return true;
    }

    /**
     * Many writers that were let go by the last turn are on their way back: a force that waits for most of them, for a part of the time
     * that a force takes, is one for many.
     */
    private void awaitCrowd() {
        long most;
        synchronized (this) {
            int writers = lastMarks + markCount;
            awaited = writers < CROWD ? 0 : writers * 3 / 4;
            most = Math.min(MOST_GATHERING_NANOS, lastNanos / 2);
            if (markCount >= awaited) {
                awaited = 0;
            }
        }
        if (awaited > 0) {
            crowd.await(this::isCrowded, mirror.world.clock().nanos() + most);
            synchronized (this) {
                awaited = 0;
            }
        }
    }

    private synchronized boolean isCrowded() {
        return markCount >= awaited;
    }

    /** One turn. The caller leads. */
    private void turn() {
        long begun = mirror.world.clock().nanos();
        RegionSet wanted = RegionSet.none();
        RegionSet cleaned;
        RegionSet doubtful;
        long ticket = 0;
        boolean flushed = false;
        try {
            synchronized (this) {
                wanted = markCount == 0 ? RegionSet.none() : RegionSet.of(Arrays.copyOf(marks, markCount));
                cleaned = cleanings;
                doubtful = doubts;
                markCount = 0;
                cleanings = RegionSet.none();
                doubts = RegionSet.none();
                ticket = gathering++;
            }
            RegionSet fresh = marksHeld ? RegionSet.none() : stillClean(wanted);
            log.markClean(cleaned);
            log.markDirty(fresh);
            log.setOutOfSync(doubtful);
            int flushesBefore = legFlush.flushes();
            FlushResult result = flush();
            admit(fresh.minus(result.refusedMarks()));
            RegionSet dropped = result.droppedCleanings();
            if (legFlush.flushes() == flushesBefore && !cleaned.minus(dropped).isEmpty() && !flushLegs()) {
                dropped = cleaned;
                log.markDirty(cleaned);
                flush();
            }
            settle(cleaned, dropped);
            flushed = true;
        } catch (DirtyLogException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            // Perhaps no memory. What has been done of the turn is not known, so it counts as not done.
            fail(new DirtyLogException.Failed("a turn of the log was broken off by " + e, e));
        } finally {
            long took = mirror.world.clock().nanos() - begun;
            synchronized (this) {
                turning = false;
                lastMarks = (int) Math.min(wanted.count(), Integer.MAX_VALUE);
                lastNanos = took;
                if (flushed) {
                    done = ticket;
                } else {
                    wanted.forEach(this::gather);
                }
            }
            turns.raise();
        }
    }

    /**
     * For a log that did not ask for it, as one without a medium need not. It has no cleaning that outlives us, but a leg that
     * fails and returns lacks what it was not made to keep (P17). If we crash here, the log knows nothing any more.
     */
    private boolean flushLegs() {
        try {
            legFlush.flush();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Words stay as they are: CLEAN ones admit nobody, and of CLEANING ones nobody knows what is on the medium (P18).
     */
    private void fail(DirtyLogException why) {
        failure = why;
        silence = "";
        // Writers may wait for a cleaning that nobody ends.
        mirror.regionsChanged.raise();
        LOG.error(
                "Mirror {}: its log can no longer keep its record: {}. {}; writes to regions that are dirty already go on,"
                        + " nothing is lost. Repair the medium, then: mirror:suspend {} and mirror:resume {}",
                mirror.name,
                why.getMessage(),
                failWrites ? "Writes that need a mark fail" : "Writes that need a mark wait",
                mirror.name,
                mirror.name);
    }

    /** The caller holds the monitor. */
    private void gather(long region) {
        if (markCount == marks.length) {
            marks = Arrays.copyOf(marks, 2 * markCount);
        }
        marks[markCount++] = region;
    }

    private RegionSet stillClean(RegionSet regions) {
        RegionSet.Builder clean = new RegionSet.Builder();
        regions.forEach(region -> {
            if (RegionWord.state(mirror.table.get(region)) == RegionWord.CLEAN) {
                clean.add(region);
            }
        });
        return clean.build();
    }

    /** Flushes; while peers do not answer, again and again: the marks stay pending in the log. */
    private FlushResult flush() throws DirtyLogException {
        while (true) {
            try {
                FlushResult result = log.flush();
                silence = "";
                return result;
            } catch (DirtyLogException.Unavailable e) {
                if (silence.isEmpty()) {
                    LOG.warn(
                            "Mirror {}: its log does not answer, writes that need a mark wait: {}",
                            mirror.name,
                            e.getMessage());
                }
                silence = "the log does not answer, writes that need a mark wait: " + e.getMessage();
                long again = mirror.world.clock().nanos() + RETRY_NANOS;
                if (turns.await(() -> stopped || leaving, again)) {
                    throw e;
                }
            }
        }
    }

    /** The bits of these regions are durably dirty: writers may enter (I1). */
    private void admit(RegionSet regions) {
        regions.forEach(region -> {
            mirror.table.getAndUpdate(
                    region,
                    word -> RegionWord.state(word) == RegionWord.CLEAN
                            ? mirror.marked(word) | RegionWord.TOUCHED
                            : word);
            mirror.markAgain(region);
        });
        marked.accept(regions.count());
    }

    /** Every cleaning is written or dropped now, none is put off: the words leave CLEANING (P18). */
    private void settle(RegionSet cleaned, RegionSet dropped) {
        if (cleaned.isEmpty()) {
            return;
        }
        dropped.forEach(region -> {
            leaveCleaning(region, mirror::marked);
            mirror.markAgain(region);
        });
        cleaned.minus(dropped).forEach(region -> leaveCleaning(region, word -> 0));
        cleaned.forEachRun((first, end) -> mirror.table.trim(first));
        mirror.regionsChanged.raise();
    }

    private void leaveCleaning(long region, LongUnaryOperator to) {
        mirror.table.getAndUpdate(
                region, word -> RegionWord.state(word) == RegionWord.CLEANING ? to.applyAsLong(word) : word);
    }
}
