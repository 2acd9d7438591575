// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Trace;
import org.dirtylog.sim.world.WorldDevices;

/** What outlives the lives of a history: disks, records, what may be read, and what was done. */
final class World {
    static final String MIRROR = "m";

    final Shape shape;
    final Options options;
    final Dice dice;
    final Trace trace;
    final WorldDevices devices = new WorldDevices();
    final Disk[] legs;
    final DataModel model;
    final Judge judge;

    /** Names the next write. */
    long nextOp = 16;
    /** Operations of clients and operators so far. */
    int operations;
    /** Time goes on over crashes. */
    long nanos = 1_000_000_000L;

    World(Shape shape, Options options, Dice dice, Trace trace) {
        this.shape = shape;
        this.options = options;
        this.dice = dice;
        this.trace = trace;
        this.legs = new Disk[shape.legs];
        for (int i = 0; i < legs.length; i++) {
            legs[i] = leg(i);
            devices.add(legs[i]);
        }
        if (shape.hasMedium() && shape.medium != Shape.Medium.MISSING) {
            devices.add(medium());
        }
        this.model = new DataModel(shape.cells(), 1, !shape.legTroubles);
        this.judge = new Judge(this);
    }

    private Disk leg(int index) {
        int bytes = (shape.offsetSectors + shape.targetSectors + dice.below(3)) * Disk.SECTOR;
        Disk disk = new Disk(Shape.leg(index), bytes, DataModel.CELL);
        java.nio.ByteBuffer content = java.nio.ByteBuffer.allocate(bytes);
        DataModel.fill(content, shape.equalLegs ? 1 : index + 1, 0, shape.cells());
        byte[] image = new byte[bytes];
        content.get(image, shape.offsetSectors * Disk.SECTOR, shape.targetBytes());
        disk.load(image);
        return disk;
    }

    private Disk medium() {
        Disk disk = new Disk(Shape.LOG, KernelLog.BYTES, 8);
        byte[] image = new byte[KernelLog.BYTES];
        if (shape.medium != Shape.Medium.ZEROES) {
            for (int i = 0; i < image.length; i++) {
                image[i] = shape.medium == Shape.Medium.ONES ? -1 : (byte) dice.next();
            }
        }
        disk.load(image);
        return disk;
    }

    /** The log's medium, or {@code null} if there is none yet. */
    Disk log() {
        return shape.hasMedium() ? devices.disk(Shape.LOG) : null;
    }

    RecordPeek record() {
        return new RecordPeek(devices.folder().surviving(MIRROR + ".record"));
    }

    int offsetBytes() {
        return shape.offsetSectors * Disk.SECTOR;
    }
}
