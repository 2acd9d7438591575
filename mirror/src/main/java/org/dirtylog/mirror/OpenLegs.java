// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Surroundings;

/**
 * The legs of a table line, as far as they are there and known to be what the record speaks of. What is not is neither read
 * nor written, and given back. Safe for use by many threads.
 */
final class OpenLegs {
    /** How long a start waits for legs that it can do without, once it has the others. */
    private static final long PROMPT_NANOS = 200_000_000;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String mirror;
    private final TableLine table;
    private final Surroundings world;
    private final Leg[] legs;
    private final String[] troubles;

    /** Those that were not waited for. */
    private final boolean[] late;
    /** 1 for those that are being opened, perhaps for ever. */
    private final AtomicIntegerArray opening;

    private volatile LegPolicy policy;

    private OpenLegs(String mirror, TableLine table, LegPolicy policy, Surroundings world) {
        this.mirror = mirror;
        this.policy = policy;
        this.table = table;
        this.world = world;
        this.legs = new Leg[table.legs().size()];
        this.troubles = new String[legs.length];
        Arrays.fill(troubles, "");
        this.late = new boolean[legs.length];
        this.opening = new AtomicIntegerArray(legs.length);
    }

    /** The legs of a table line, of which none is open yet. */
    static OpenLegs closed(String mirror, TableLine table, LegPolicy policy, Surroundings world) {
        return new OpenLegs(mirror, table, policy, world);
    }

    /**
     * Opens each leg; of one that cannot be opened, or does not answer in time, is too small, or is not what the record speaks of, the reason is kept.
     *
     * @param policy whether labels of other mirrors do not matter at a first opening, and how long to wait for a leg
     * @throws MirrorException if a leg refuses the whole opening (P23); nothing is left open
     */
    static OpenLegs open(String mirror, TableLine table, MirrorRecord record, LegPolicy policy, Surroundings world)
            throws MirrorException {
        OpenLegs open = closed(mirror, table, policy, world);
        boolean done = false;
        try {
            open.openAll(record);
            done = true;
        } finally {
            if (!done) {
                open.close();
            }
        }
        return open;
    }

    /** Legs that the record calls excluded or missing are not waited for: one that hangs must not delay a start. */
    private void openAll(MirrorRecord record) throws MirrorException {
        List<InTime<Leg>> away = new ArrayList<>();
        for (int i = 0; i < legs.length; i++) {
            away.add(record.completed() && !record.legs().get(i).isAttached() ? beginKnown(i, record, false) : null);
        }
        MirrorException refusal = null;
        for (int i = 0; i < legs.length; i++) {
            try {
                InTime<Leg> begun = away.get(i);
                boolean adopt = policy.adopt() && !record.completed();
                legs[i] = begun == null ? openOne(i, record, adopt, policy.hungAfter()) : begun.await(PROMPT_NANOS);
            } catch (InTime.LateException e) {
                troubles[i] = e.getMessage();
                late[i] = true;
            } catch (IOException e) {
                troubles[i] = FileReason.of(e);
            } catch (MirrorException e) {
                refusal = e;
            }
        }
        if (refusal != null) {
            throw refusal;
        }
    }

    /** Opens a leg that is not attached, if it is the one that left. */
    Leg reopen(int index, MirrorRecord record) throws IOException, MirrorException {
        boolean stillLate = false;
        try {
            return openOne(index, record, false, patience());
        } catch (InTime.LateException e) {
            stillLate = true;
            trouble(index, e.getMessage());
            throw e;
        } catch (IOException e) {
            trouble(index, FileReason.of(e));
            throw e;
        } catch (MirrorException e) {
            trouble(index, e.getMessage());
            throw e;
        } finally {
            late(index, stillLate);
        }
    }

    /** Opens a leg whatever its label says. */
    Leg openAny(int index) throws IOException {
        try {
            return inTime(index, () -> openDevice(index), patience());
        } catch (MirrorException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes over other policies. */
    void follow(LegPolicy newPolicy) {
        policy = newPolicy;
    }

    /** While the mirror runs, commands and its stop wait for no longer than this. */
    private Duration patience() {
        return policy.hungAfter().compareTo(PATIENCE) > 0 ? PATIENCE : policy.hungAfter();
    }

    private Leg openOne(int index, MirrorRecord record, boolean adopt, Duration limit)
            throws IOException, MirrorException {
        return inTime(index, () -> openKnown(index, record, adopt), limit);
    }

    private Leg inTime(int index, InTime.Making<Leg> making, Duration limit) throws IOException, MirrorException {
        return limit.isZero() ? once(index, making) : begin(index, making).await(limit.toNanos());
    }

    private InTime<Leg> beginKnown(int index, MirrorRecord record, boolean adopt) {
        return begin(index, () -> openKnown(index, record, adopt));
    }

    private InTime<Leg> begin(int index, InTime.Making<Leg> making) {
        return InTime.begin(world, mirror + "/opening", () -> once(index, making), OpenLegs::giveBack);
    }

    /** One that has not answered yet is not asked a second time: it would cost one more thread. */
    private Leg once(int index, InTime.Making<Leg> making) throws IOException, MirrorException {
        if (!opening.compareAndSet(index, 0, 1)) {
            throw new InTime.LateException("has not answered since it was to be opened");
        }
        try {
            return making.make();
        } finally {
            opening.set(index, 0);
        }
    }

    private static void giveBack(Leg late) {
        if (late != null) {
            late.device().close();
        }
    }

    /** Whether a leg was not waited for, and may answer yet. */
    synchronized boolean isLate(int index) {
        return late[index];
    }

    private synchronized void late(int index, boolean isLate) {
        late[index] = isLate;
    }

    private Leg openKnown(int index, MirrorRecord record, boolean adopt) throws IOException, MirrorException {
        Leg leg = openDevice(index);
        boolean accepted = false;
        try {
            Optional<LegLabel> label =
                    adopt ? Optional.empty() : new LabelStore(leg).find().map(LabelStore.Found::label);
            LegIdentity identity = LegIdentity.judge(mirror, record, index, label);
            if (!identity.accepted()) {
                throw new NotThatLegException(identity.why());
            }
            accepted = true;
            return leg;
        } finally {
            if (!accepted) {
                leg.device().close();
            }
        }
    }

    /** A device is there, but it is not the leg that left. */
    private static final class NotThatLegException extends IOException {
        private static final long serialVersionUID = 1;

        NotThatLegException(String why) {
            super(why + ". It was neither read nor written");
        }
    }

    private Leg openDevice(int index) throws IOException {
        TableLine.Leg asked = table.legs().get(index);
        RegionGeometry geometry = table.geometry();
        BlockDevice device = world.devices().openLeg(asked.name());
        long availableSectors = device.sizeBytes() / RegionGeometry.SECTOR_BYTES;
        if (asked.offsetSectors() > availableSectors
                || geometry.targetSectors() > availableSectors - asked.offsetSectors()) {
            device.close();
            throw new IOException("has " + availableSectors + " sectors, needs " + geometry.targetSectors()
                    + " from sector " + asked.offsetSectors() + " on");
        }
        return new Leg(
                index,
                device,
                asked.offsetSectors() * RegionGeometry.SECTOR_BYTES,
                geometry.targetBytes(),
                world.tasks());
    }

    /** The legs; {@code null} for one that is not there. */
    synchronized Leg[] legs() {
        return legs.clone();
    }

    synchronized boolean has(int index) {
        return legs[index] != null;
    }

    /** Takes a leg in that was opened later. */
    synchronized void add(Leg leg) {
        legs[leg.index()] = leg;
        troubles[leg.index()] = "";
    }

    /** Gives back a leg that failed. Whoever opens it again does not get it before all that was begun on it has ended (P16). */
    void drop(Leg leg, String why) {
        synchronized (this) {
            if (legs[leg.index()] == leg) {
                legs[leg.index()] = null;
                troubles[leg.index()] = why;
            }
        }
        leg.device().close();
    }

    /** Why a leg is not there; empty if it is. */
    synchronized String trouble(int index) {
        return troubles[index];
    }

    private synchronized void trouble(int index, String why) {
        troubles[index] = why;
    }

    /** What is wrong with those that are not there, each with its name; empty if all are. */
    List<String> troubles() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < troubles.length; i++) {
            String why = trouble(i);
            if (!why.isEmpty()) {
                all.add("leg " + i + " (" + table.legs().get(i).name() + "): " + why);
            }
        }
        return all;
    }

    void close() {
        for (Leg leg : legs()) {
            if (leg != null) {
                leg.device().close();
            }
        }
    }
}
