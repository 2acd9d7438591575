// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Surroundings;

/** The legs of a table line, opened as far as they are there. */
final class OpenLegs {
    private final Leg[] legs;
    private final List<String> troubles = new ArrayList<>();

    private OpenLegs(int count) {
        this.legs = new Leg[count];
    }

    /** Opens each leg; one that cannot be opened, or is too small, is noted. */
    static OpenLegs open(TableLine table, Surroundings world) {
        RegionGeometry geometry = table.geometry();
        OpenLegs open = new OpenLegs(table.legs().size());
        for (int i = 0; i < open.legs.length; i++) {
            TableLine.Leg asked = table.legs().get(i);
            try {
                open.legs[i] = open(i, asked, geometry, world);
            } catch (IOException e) {
                open.troubles.add("leg " + i + " (" + asked.name() + "): " + FileReason.of(e));
            }
        }
        return open;
    }

    private static Leg open(int index, TableLine.Leg asked, RegionGeometry geometry, Surroundings world)
            throws IOException {
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
    Leg[] legs() {
        return legs.clone();
    }

    boolean has(int index) {
        return legs[index] != null;
    }

    /** What is wrong with those that are not there; empty if all are. */
    List<String> troubles() {
        return troubles;
    }

    void close() {
        for (Leg leg : legs) {
            if (leg != null) {
                leg.device().close();
            }
        }
    }
}
