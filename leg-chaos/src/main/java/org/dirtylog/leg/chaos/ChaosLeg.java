// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.InUseException;
import org.dirtylog.seams.Randomness;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A leg with what outlives its closing and opening again: rules, counters, whether it has vanished, the snapshot. Its monitor
 * is the one that requests wait in, and is not held while a device works.
 */
final class ChaosLeg {
    private static final Logger LOG = LoggerFactory.getLogger(ChaosLeg.class);

    /** Leaves of a random number what {@code seed=} takes. */
    private static final int SEED_SHIFT = 5;

    private final String below;
    private final Clock clock;
    private final Randomness randomness;
    private final Set<String> hiddenAttributes = ConcurrentHashMap.newKeySet();

    // Guarded by this.
    private ActiveRules rules = new ActiveRules(0);
    private String rulesOfName = "";
    private boolean vanished;
    private boolean opening;
    private ChaosDevice open;
    private Devices devices;
    private Snapshot snapshot;
    private long releases;
    private int hung;
    private long powerLosses;

    /**
     * Makes a leg that has not been opened yet.
     *
     * @param below      the name of what it stands on
     * @param clock      counts the time of rules, and of what waits
     * @param randomness draws seeds
     */
    ChaosLeg(String below, Clock clock, Randomness randomness) {
        this.below = below;
        this.clock = clock;
        this.randomness = randomness;
    }

    String below() {
        return below;
    }

    String name() {
        return "chaos:" + below;
    }

    Clock clock() {
        return clock;
    }

    // ---- opening and closing ----------------------------------------------------------------------------------------

    /**
     * Opens what lies below.
     *
     * @param wanted      the rules in the name
     * @param rulesOfName the same as text: the rules that are in force stay if the name is the one of the last opening
     * @throws InUseException if it is open already
     * @throws IOException    if it has vanished, or cannot be opened
     */
    BlockDevice open(Rules wanted, String rulesOfName, Devices devices) throws IOException {
        synchronized (this) {
            if (open != null || opening) {
                throw new InUseException(
                        name() + " is already open in this process as a leg. A leg has one owner; close"
                                + " that first, or name another file");
            }
            if (!this.rulesOfName.equals(rulesOfName)) {
                this.rulesOfName = rulesOfName;
                replaceRules(wanted);
            }
            this.devices = devices;
            requirePresent("open");
            opening = true;
        }
        ChaosDevice opened = null;
        BlockDevice device = null;
        try {
            device = devices.openLeg(below);
            opened = new ChaosDevice(this, device, new StoredBytes(device, hiddenAttributes));
        } finally {
            if (opened == null && device != null) {
                device.close();
            }
            opened(opened);
        }
        applyCache();
        return opened;
    }

    private synchronized void opened(ChaosDevice device) {
        opening = false;
        open = device;
        if (device != null) {
            device.stored().keepFrom(snapshot);
        }
    }

    /** The device has been given back. */
    synchronized void closed(ChaosDevice device) {
        if (open == device) {
            open = null;
        }
    }

    synchronized Optional<ChaosDevice> device() {
        return Optional.ofNullable(open);
    }

    private synchronized Snapshot snapshotOrNull() {
        return snapshot;
    }

    // ---- rules ------------------------------------------------------------------------------------------------------

    /** Replaces the rules; what they count begins anew. */
    void set(Rules wanted) throws IOException {
        synchronized (this) {
            replaceRules(wanted);
        }
        applyCache();
    }

    /**
     * Adds rules; those in force go on, and the seed stays.
     *
     * @throws IllegalArgumentException if a seed is among them
     */
    void add(Rules more) throws IOException {
        if (more.seed().isPresent()) {
            throw new IllegalArgumentException("a seed belongs to all rules of a leg; give it with chaos:set");
        }
        synchronized (this) {
            if (rules.isEmpty()) {
                replaceRules(more);
            } else {
                rules.add(more.rules(), clock.nanos());
                tellRules();
            }
        }
        applyCache();
    }

    private void replaceRules(Rules wanted) {
        rules = new ActiveRules(wanted.seed().orElseGet(() -> randomness.next() >>> SEED_SHIFT));
        rules.add(wanted.rules(), clock.nanos());
        if (!rules.isEmpty()) {
            tellRules();
        }
    }

    private void tellRules() {
        // With the same seed the same requests meet the same faults.
        LOG.info("Chaos leg {}: {}", name(), rules);
    }

    private void applyCache() throws IOException {
        Optional<ChaosDevice> device = device();
        if (device.isEmpty()) {
            return;
        }
        long bytes;
        do {
            bytes = cacheBytes();
            device.get().stored().cache().limit(bytes);
        } while (bytes != cacheBytes());
    }

    private synchronized long cacheBytes() {
        return rules.cacheBytes();
    }

    /** Decides about a request, and counts it. */
    synchronized Verdict decide(Access access, long positionBytes, long bytes) {
        return rules.decide(access, positionBytes, bytes, clock.nanos());
    }

    /** Whether a rule may hold up such requests. */
    synchronized boolean mayWait(Access access) {
        return rules.mayWait(access);
    }

    /** The length that the leg has shrunk to; {@link Long#MAX_VALUE} if it has not. */
    synchronized long shrunkBytes() {
        return lasting(Fault.SHRINK).map(active -> active.rule().least()).orElse(Long.MAX_VALUE);
    }

    /** Counts a request that failed because the leg has shrunk. */
    synchronized void countShrunk() {
        lasting(Fault.SHRINK).ifPresent(ActiveRule::countState);
    }

    private Optional<ActiveRule> lasting(Fault fault) {
        return rules.lasting(fault, clock.nanos());
    }

    /** Fails while the leg has vanished. */
    synchronized void requirePresent(String what) throws IOException {
        Optional<ActiveRule> rule = lasting(Fault.VANISH);
        rule.ifPresent(ActiveRule::countState);
        if (vanished || rule.isPresent()) {
            throw new IOException("cannot " + what + " " + name() + ": it has vanished, by "
                    + (vanished
                            ? "chaos:vanish; it comes back with chaos:return " + below
                            : "rule '" + rule.get().rule() + "'"));
        }
    }

    // ---- what is commanded ------------------------------------------------------------------------------------------

    synchronized void vanish() {
        vanished = true;
    }

    /** Ends {@link #vanish}; a rule that lets the leg vanish goes on. */
    synchronized void comeBack() {
        vanished = false;
    }

    /** Lets all go on that hang now. Returns how many. */
    synchronized int release() {
        releases++;
        notifyAll();
        return hung;
    }

    /** Begins a snapshot, in the place of an earlier one. */
    synchronized void takeSnapshot() {
        snapshot = new Snapshot();
        if (open != null) {
            open.stored().keepFrom(snapshot);
        }
    }

    /**
     * Makes the leg what it was at the snapshot, durably; a leg that is closed is opened for it.
     *
     * @return how many bytes were put back
     * @throws IllegalArgumentException if there is no snapshot
     */
    long rollBack(boolean withAttributes) throws IOException {
        Snapshot older = snapshotOrNull();
        if (older == null || older.isGivenUp()) {
            throw new IllegalArgumentException("there is no snapshot of " + name()
                    + (older == null ? "" : " any more: more than " + Snapshot.MOST_BYTES + " bytes have changed since")
                    + "; nothing was changed. Take one with chaos:snapshot " + below);
        }
        Optional<ChaosDevice> device = device();
        if (device.isPresent()) {
            return device.get().aside(stored -> stored.putBack(older, withAttributes));
        }
        try (BlockDevice alone = devices().openLeg(below)) {
            return new StoredBytes(alone, hiddenAttributes).putBack(older, withAttributes);
        }
    }

    private synchronized Devices devices() throws IOException {
        if (devices == null) {
            throw new IOException(name() + " has never been opened");
        }
        return devices;
    }

    /**
     * Loses what the cache holds.
     *
     * @param some whether single sectors reach the medium all the same, by chance
     * @return how many bytes are lost
     */
    long losePower(boolean some) throws IOException {
        ChaosDevice device = device().orElseThrow(() -> new IllegalArgumentException(
                name() + " is closed, and what it had cached was written down then; nothing was lost"));
        Optional<SplittableRandom> chance = some ? Optional.of(chance()) : Optional.empty();
        return device.aside(stored -> stored.losePower(chance));
    }

    private synchronized SplittableRandom chance() {
        return new SplittableRandom(rules.seed() + ++powerLosses);
    }

    // ---- waiting ----------------------------------------------------------------------------------------------------

    /**
     * Waits as long as a rule says.
     *
     * @param hangs whether it is a hang, which {@link #release} ends
     * @param given whether the caller gives up; looked at under the monitor
     */
    synchronized void await(long nanos, boolean hangs, Waiting given) {
        long began = clock.nanos();
        long releasesBefore = releases;
        boolean interrupted = false;
        hung += hangs ? 1 : 0;
        while (!given.isOver() && !(hangs && releases != releasesBefore)) {
            long left = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : nanos - (clock.nanos() - began);
            if (left <= 0) {
                break;
            }
            interrupted |= pause(left);
        }
        hung -= hangs ? 1 : 0;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Says that a caller need not wait any longer. */
    @FunctionalInterface
    interface Waiting {
        boolean isOver();
    }

    /** Waits until something changes or the time is over; the monitor is held. Returns whether it was interrupted (P44). */
    boolean pause(long nanos) {
        try {
            // Rounded up: 0 would mean for ever.
            wait(nanos == Long.MAX_VALUE ? 0 : nanos / 1_000_000 + 1);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    // ---- reports ----------------------------------------------------------------------------------------------------

    synchronized LegReport report() {
        return new LegReport(
                name(),
                open != null,
                vanished || lasting(Fault.VANISH).isPresent(),
                rules.seed(),
                hung,
                open == null ? 0 : open.stored().cache().bytes(),
                snapshot == null || snapshot.isGivenUp() ? Optional.empty() : Optional.of(snapshot.bytes()),
                rules.reports());
    }
}
