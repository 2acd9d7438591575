// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.Signal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Excludes legs that have failed, durably and before any write that they missed is acknowledged (P12 to P16). Step 0 of P14,
 * the latch on the leg, is the caller's, on the thread that noticed.
 */
final class LegFailures {
    private static final Logger LOG = LoggerFactory.getLogger(LegFailures.class);
    private static final long RETRY_NANOS = 250_000_000L;

    private final MirrorState mirror;
    private final RecordKeeper keeper;
    private final Labels labels;
    private final OpenLegs open;
    private final Signal freed;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile boolean stopped;
    private volatile boolean ended;
    private volatile String pending = "";

    LegFailures(MirrorState mirror, RecordKeeper keeper, Labels labels, OpenLegs open) {
        this.mirror = mirror;
        this.keeper = keeper;
        this.labels = labels;
        this.open = open;
        this.freed = mirror.world.tasks().signal(mirror.name + "/exclusion");
    }

    /** Why an exclusion cannot be recorded yet, or an empty string (P15). */
    String pending() {
        return pending;
    }

    /** Says why nothing is cleaned or suspended for the time being; with an empty string it may be again. */
    void hold(String why) {
        pending = why;
    }

    /** Gives up on exclusions that cannot be recorded, for good: no write will be acknowledged any more. */
    void stop() {
        stopped = true;
        freed.raise();
    }

    /** Returns when no change of the leg set is under way, and lets none begin any more: legs and record get other owners. */
    void end() {
        stop();
        freed.await(() -> busy.compareAndSet(false, true));
        ended = true;
        freed.raise();
    }

    /** Waits until the mirror stops, or a moment has come. Answers whether it stops. */
    boolean awaitStop(long nanos) {
        return freed.await(() -> stopped, nanos);
    }

    /** Runs alone among changes of the leg set. */
    interface Change {
        void run() throws IOException;
    }

    /** Does something to the leg set, alone. */
    void alone(Change change) throws IOException {
        boolean[] mine = new boolean[1];
        freed.await(() -> ended || (mine[0] = busy.compareAndSet(false, true)));
        if (!mine[0]) {
            throw new IOException("mirror " + mirror.name + " is stopped");
        }
        try {
            change.run();
        } finally {
            busy.set(false);
            freed.raise();
        }
    }

    /**
     * Returns when every leg that is failing now has been excluded durably, or, as the last current one, has stayed.
     *
     * @param cause what was observed
     * @throws IOException if the mirror stops before that: nothing may be acknowledged
     */
    void exclude(IOException cause) throws IOException {
        alone(() -> {
            if (mirror.legs().failingMask() != 0) {
                excludeAlone(cause);
            }
        });
    }

    /** The same on another task: for those who have something that an exclusion waits for, or that should not wait for one. */
    void excludeLater(IOException cause) {
        mirror.world.tasks().start(mirror.name + "/exclusion", () -> {
            try {
                exclude(cause);
            } catch (IOException e) {
                // The mirror stops; who waits for the exclusion is told by the gate.
                mirror.regionsChanged.raise();
            }
        });
    }

    /** Excludes legs that could not take their label. */
    void excludeUnlabelled() throws IOException {
        if (mirror.legs().failingMask() != 0) {
            exclude(new IOException("its label could not be written"));
        }
    }

    /**
     * Excludes what failed a write or flush that others took. A leg that could not go, being the last current one, goes as
     * soon as one of the others has become current: else both would be, and only one would hold what is acknowledged.
     *
     * @param took   the legs that took it
     * @param failed those that did not, latched
     * @return whether it may be acknowledged: a leg that took it is current, and none that did not (P12)
     */
    boolean settle(int took, int failed, IOException cause) throws IOException {
        exclude(cause);
        LegSet now = mirror.legs();
        while ((now.currentMask() & took) != 0 && (now.currentMask() & failed) != 0) {
            now.latchFailing(now.currentMask() & failed);
            exclude(cause);
            now = mirror.legs();
        }
        return (now.currentMask() & took) != 0;
    }

    private void excludeAlone(IOException cause) throws IOException {
        // Step 1. Nobody inside waits for anything but leg I/O (P4).
        mirror.writes.close();
        LegSet before = null;
        LegSet after = null;
        int labelled = 0;
        try {
            mirror.writes.awaitEmpty();
            before = mirror.legs();
            int failing;
            int kept;
            do {
                failing = before.failingMask();
                kept = keptOf(before, failing);
                LegSet next = without(before, failing & ~kept);
                // Step 2. If we crash here, the record still lists the leg, but nothing it missed has been
                // acknowledged.
                if (!isRecorded(next)) {
                    MirrorRecord record = recordUntilDurable(before, next, kept, cause);
                    // P22: the last current leg keeps its earlier epochs, if it cannot take the new one.
                    unlatch(before, kept);
                    labelled = labels.write(next, record);
                }
                after = next;
                // A leg that could not take its label goes as well, before anything is acknowledged.
            } while ((before.failingMask() & ~failing) != 0);
            // Step 3: without all legs a dirty region cannot become clean; counts stay. Marks go on meanwhile.
            mirror.legs(after);
            if (after.attachedMask() != before.attachedMask()) {
                mirror.markAllAgain();
            }
            unlatch(before, kept);
        } finally {
            if (after == null || mirror.legs() != after) {
                mirror.writes.shut();
            }
            // Step 4.
            mirror.writes.open();
        }
        giveBack(before, after, cause);
        labels.settleIfPossible(labelled);
    }

    private void giveBack(LegSet before, LegSet after, IOException cause) {
        for (int i = 0; i < before.size(); i++) {
            if (before.isAttached(i) && !after.isAttached(i)) {
                open.drop(before.leg(i), "it failed: " + cause.getMessage());
            }
        }
    }

    /** The leg that stays although it failed, because no other is current (P12): the source, if it can still be forced. */
    private static int keptOf(LegSet legs, int failing) {
        int current = legs.currentMask();
        if ((current & ~failing) != 0) {
            return 0;
        }
        int choice = current;
        choice = orAll(choice & ~legs.unforceableMask(), choice);
        choice = orAll(choice & ~legs.hangingMask(), choice);
        int source = 1 << legs.sourceIndex();
        return (choice & source) != 0 ? source : Integer.lowestOneBit(choice);
    }

    private static int orAll(int some, int all) {
        return some == 0 ? all : some;
    }

    private static LegSet without(LegSet legs, int excluded) {
        int current = legs.currentMask() & ~excluded;
        int source = legs.sourceIndex();
        if ((current & 1 << source) == 0) {
            source = Integer.numberOfTrailingZeros(current);
        }
        return legs.with(excluded, LegSet.State.EXCLUDED, source);
    }

    private MirrorRecord recordUntilDurable(LegSet before, LegSet after, int kept, IOException cause)
            throws IOException {
        while (true) {
            try {
                MirrorRecord record = keeper.change(old -> old.withLegs(legRecords(old, after), after.sourceIndex()));
                pending = "";
                report(before, after, kept, cause, record);
                return record;
            } catch (IOException e) {
                // P15: the legs stay failing, get no I/O and count for nothing; every write waits.
                if (pending.isEmpty()) {
                    LOG.error(
                            "Mirror {}: a leg failed and that cannot be recorded: {}. Writes wait until it can; nothing is lost."
                                    + " Make room in the home's data folder, or repair it",
                            mirror.name,
                            e.getMessage());
                }
                pending = "a leg failed and that cannot be recorded: " + e.getMessage();
                long again = mirror.world.clock().nanos() + RETRY_NANOS;
                if (awaitStop(again)) {
                    throw new IOException(
                            "mirror " + mirror.name + " is stopped before a failed leg could be recorded", e);
                }
            }
        }
    }

    private boolean isRecorded(LegSet after) {
        MirrorRecord record = keeper.record();
        return record.legs().equals(legRecords(record, after));
    }

    private static List<LegRecord> legRecords(MirrorRecord record, LegSet legs) {
        List<LegRecord> next = new ArrayList<>();
        for (int i = 0; i < legs.size(); i++) {
            boolean latched = legs.isAttached(i) && legs.leg(i).forceFailure() != null;
            next.add(record.legs().get(i).in(legs.state(i)).withForceFailed(latched));
        }
        return next;
    }

    private void report(LegSet before, LegSet after, int kept, IOException cause, MirrorRecord record) {
        for (int i = 0; i < after.size(); i++) {
            if (before.isAttached(i) && !after.isAttached(i)) {
                LOG.error(
                        "Mirror {}: leg {} ({}) failed and is excluded since epoch {}: {}. The other legs serve, nothing is"
                                + " lost. Once it is repaired: mirror:resync {} --leg {}",
                        mirror.name,
                        i,
                        after.leg(i).name(),
                        record.epoch(),
                        cause.getMessage(),
                        mirror.name,
                        i);
            }
        }
        if (kept != 0) {
            LOG.error(
                    "Mirror {}: its last current leg ({}) fails: {}. What fails is answered with an error; nothing that was"
                            + " acknowledged is lost. Repair it, then: mirror:suspend {} and mirror:resume {}",
                    mirror.name,
                    after.source().name(),
                    cause.getMessage(),
                    mirror.name,
                    mirror.name);
        }
    }

    private static void unlatch(LegSet legs, int kept) {
        for (int i = 0; i < legs.size(); i++) {
            if ((kept & 1 << i) != 0) {
                legs.leg(i).unlatchFailing();
            }
        }
    }
}
