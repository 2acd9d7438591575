// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Surroundings;

/**
 * The legs of a mirror, as far as they are there and known to be what the record speaks of. What is not is neither read nor written,
 * and given back. Safe for use by many threads; which legs there are changes while nothing is opened.
 */
final class OpenLegs {
    /** How long a start waits for legs that it can do without, once it has the others. */
    private static final long PROMPT_NANOS = 200_000_000;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final String mirror;
    private final Surroundings world;
    private volatile List<Place> places;
    private volatile long sizeBytes;
    private volatile LegPolicy policy;

    /** Where a leg is to be, and what is there. Guarded by the object. */
    private static final class Place {
        final TableLine.Leg asked;
        /** Whether it is being opened, perhaps for ever. */
        final AtomicBoolean opening = new AtomicBoolean();

        private Leg leg;
        private String trouble = "";
        /** Whether it was not waited for, and may answer yet. */
        private boolean late;

        Place(TableLine.Leg asked) {
            this.asked = asked;
        }

        synchronized Leg leg() {
            return leg;
        }

        synchronized void fill(Leg newLeg) {
            leg = newLeg;
            trouble = "";
            late = false;
        }

        synchronized String trouble() {
            return trouble;
        }

        synchronized void trouble(String why, boolean isLate) {
            trouble = why;
            late = isLate;
        }

        synchronized boolean isLate() {
            return late;
        }

        synchronized void drop(Leg gone, String why) {
            if (leg == gone) {
                leg = null;
                trouble = why;
            }
        }
    }

    private OpenLegs(String mirror, List<TableLine.Leg> asked, long sizeBytes, LegPolicy policy, Surroundings world) {
        this.mirror = mirror;
        this.policy = policy;
        this.world = world;
        this.sizeBytes = sizeBytes;
        this.places = asked.stream().map(Place::new).toList();
    }

    /** The legs of a table line, of which none is open yet. */
    static OpenLegs closed(String mirror, TableLine table, LegPolicy policy, Surroundings world) {
        return new OpenLegs(mirror, table.legs(), table.geometry().targetBytes(), policy, world);
    }

    /**
     * Opens each leg of a record; of one that cannot be opened, or does not answer in time, is too small, or is not what the record
     * speaks of, the reason is kept.
     *
     * @param policy whether labels of other mirrors do not matter at a first opening, and how long to wait for a leg
     * @throws MirrorException if a leg refuses the whole opening (P23); nothing is left open
     */
    static OpenLegs open(String mirror, MirrorRecord record, LegPolicy policy, Surroundings world)
            throws MirrorException {
        List<TableLine.Leg> asked = record.legs().stream().map(LegRecord::asked).toList();
        long bytes = record.targetSectors() * RegionGeometry.SECTOR_BYTES;
        OpenLegs open = new OpenLegs(mirror, asked, bytes, policy, world);
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
        for (int i = 0; i < places.size(); i++) {
            away.add(record.completed() && !record.legs().get(i).isAttached() ? beginKnown(i, record) : null);
        }
        MirrorException refusal = null;
        for (int i = 0; i < places.size(); i++) {
            Place place = places.get(i);
            try {
                InTime<Leg> begun = away.get(i);
                boolean adopt = policy.adopt() && !record.completed();
                place.fill(begun == null ? openOne(i, record, adopt, policy.hungAfter()) : begun.await(PROMPT_NANOS));
            } catch (InTime.LateException e) {
                place.trouble(e.getMessage(), true);
            } catch (IOException e) {
                place.trouble(FileReason.of(e), false);
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
        Place place = places.get(index);
        try {
            Leg leg = openOne(index, record, false, patience());
            place.trouble(place.trouble(), false);
            return leg;
        } catch (InTime.LateException e) {
            place.trouble(e.getMessage(), true);
            throw e;
        } catch (IOException e) {
            place.trouble(FileReason.of(e), false);
            throw e;
        } catch (MirrorException e) {
            place.trouble(e.getMessage(), false);
            throw e;
        }
    }

    /** Opens a leg whatever its label says. */
    Leg openAny(int index) throws IOException {
        return openAny(places.get(index), index);
    }

    /** Opens a device that is no leg yet, whatever its label says, to be one with an index. */
    Leg openNew(TableLine.Leg asked, int index) throws IOException {
        return openAny(new Place(asked), index);
    }

    private Leg openAny(Place place, int index) throws IOException {
        try {
            return inTime(place, () -> openDevice(place.asked, index), patience());
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
        return inTime(places.get(index), () -> openKnown(index, record, adopt), limit);
    }

    private Leg inTime(Place place, InTime.Making<Leg> making, Duration limit) throws IOException, MirrorException {
        return limit.isZero() ? once(place, making) : begin(place, making).await(limit.toNanos());
    }

    private InTime<Leg> beginKnown(int index, MirrorRecord record) {
        return begin(places.get(index), () -> openKnown(index, record, false));
    }

    private InTime<Leg> begin(Place place, InTime.Making<Leg> making) {
        return InTime.begin(world, mirror + "/opening", () -> once(place, making), OpenLegs::giveBack);
    }

    /** One that has not answered yet is not asked a second time: it would cost one more thread. */
    private static Leg once(Place place, InTime.Making<Leg> making) throws IOException, MirrorException {
        if (!place.opening.compareAndSet(false, true)) {
            throw new InTime.LateException("has not answered since it was to be opened");
        }
        try {
            return making.make();
        } finally {
            place.opening.set(false);
        }
    }

    private static void giveBack(Leg late) {
        if (late != null) {
            late.device().close();
        }
    }

    boolean isLate(int index) {
        return places.get(index).isLate();
    }

    private Leg openKnown(int index, MirrorRecord record, boolean adopt) throws IOException, MirrorException {
        Leg leg = openDevice(places.get(index).asked, index);
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

    private Leg openDevice(TableLine.Leg asked, int index) throws IOException {
        long bytes = sizeBytes;
        BlockDevice device = world.devices().openLeg(asked.name());
        long availableSectors = device.sizeBytes() / RegionGeometry.SECTOR_BYTES;
        long neededSectors = bytes / RegionGeometry.SECTOR_BYTES;
        if (asked.offsetSectors() > availableSectors || neededSectors > availableSectors - asked.offsetSectors()) {
            device.close();
            throw new IOException("has " + availableSectors + " sectors, needs " + neededSectors + " from sector "
                    + asked.offsetSectors() + " on");
        }
        return new Leg(index, device, asked.offsetSectors() * RegionGeometry.SECTOR_BYTES, bytes, world.tasks());
    }

    /** The legs; {@code null} for one that is not there. */
    Leg[] legs() {
        return places.stream().map(Place::leg).toArray(Leg[]::new);
    }

    boolean has(int index) {
        return places.get(index).leg() != null;
    }

    /** Takes a leg in that was opened later. */
    void add(Leg leg) {
        places.get(leg.index()).fill(leg);
    }

    /** Gives back a leg that failed. Whoever opens it again does not get it before all that was begun on it has ended (P16). */
    void drop(Leg leg, String why) {
        places.get(leg.index()).drop(leg, why);
        leg.device().close();
    }

    /**
     * There are other legs from now on. Those that are no longer among them are the caller's. Nobody opens anything meanwhile.
     *
     * @param asked all legs, in their new order
     * @param from  for each of them its index before, or -1
     * @param legs  those that are there; {@code null} for one that is not
     */
    void rearrange(List<TableLine.Leg> asked, List<Integer> from, Leg[] legs) {
        List<Place> after = new ArrayList<>();
        for (int i = 0; i < legs.length; i++) {
            Place place = from.get(i) < 0 ? new Place(asked.get(i)) : places.get(from.get(i));
            if (legs[i] != null) {
                place.fill(legs[i]);
            }
            after.add(place);
        }
        places = List.copyOf(after);
    }

    /** The mirror is longer from now on. */
    void grow(Leg[] longer) {
        sizeBytes = longer[0].sizeBytes();
        for (Leg leg : longer) {
            add(leg);
        }
    }

    /** Why a leg is not there; empty if it is, and also if there is no such leg any more. */
    String trouble(int index) {
        List<Place> now = places;
        return index < now.size() ? now.get(index).trouble() : "";
    }

    /** What is wrong with those that are not there, each with its name; empty if all are. */
    List<String> troubles() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            String why = trouble(i);
            if (!why.isEmpty()) {
                all.add("leg " + i + " (" + places.get(i).asked.name() + "): " + why);
            }
        }
        return all;
    }

    void close() {
        for (Place place : places) {
            giveBack(place.leg());
        }
    }
}
