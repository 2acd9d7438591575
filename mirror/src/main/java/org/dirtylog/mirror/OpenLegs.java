// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
    private final String mirror;
    private final TableLine table;
    private final Surroundings world;
    private final Leg[] legs;
    private final String[] troubles;

    private OpenLegs(String mirror, TableLine table, Surroundings world) {
        this.mirror = mirror;
        this.table = table;
        this.world = world;
        this.legs = new Leg[table.legs().size()];
        this.troubles = new String[legs.length];
        Arrays.fill(troubles, "");
    }

    /** The legs of a table line, of which none is open yet. */
    static OpenLegs closed(String mirror, TableLine table, Surroundings world) {
        return new OpenLegs(mirror, table, world);
    }

    /**
     * Opens each leg; of one that cannot be opened, is too small, or is not what the record speaks of, the reason is kept.
     *
     * @param adopt whether labels of other mirrors do not matter
     * @throws MirrorException if a leg refuses the whole opening (P23); nothing is left open
     */
    static OpenLegs open(String mirror, TableLine table, MirrorRecord record, boolean adopt, Surroundings world)
            throws MirrorException {
        OpenLegs open = closed(mirror, table, world);
        boolean done = false;
        try {
            for (int i = 0; i < open.legs.length; i++) {
                try {
                    open.legs[i] = open.openOne(i, record, adopt && !record.completed());
                } catch (IOException e) {
                    open.troubles[i] = FileReason.of(e);
                }
            }
            done = true;
        } finally {
            if (!done) {
                open.close();
            }
        }
        return open;
    }

    /** Opens a leg that is not attached, if it is the one that left. */
    Leg reopen(int index, MirrorRecord record) throws IOException, MirrorException {
        try {
            return openOne(index, record, false);
        } catch (IOException e) {
            trouble(index, FileReason.of(e));
            throw e;
        } catch (MirrorException e) {
            trouble(index, e.getMessage());
            throw e;
        }
    }

    /** Opens a leg whatever its label says. */
    Leg openAny(int index) throws IOException {
        return openDevice(index);
    }

    private Leg openOne(int index, MirrorRecord record, boolean adopt) throws IOException, MirrorException {
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
