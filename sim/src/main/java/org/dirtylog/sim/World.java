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
    /** The legs in the place of which an older copy was put, until the mirror has copied them anew. */
    final boolean[] replaced;
    /** Those of them that an operator has told the mirror to overwrite. */
    final boolean[] overwritten;

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
        this.replaced = new boolean[shape.legs];
        this.overwritten = new boolean[shape.legs];
        this.model = new DataModel(shape.cells(), 1, !shape.legTroubles && !shape.legsReplaced);
        this.judge = new Judge(this);
    }

    private Disk leg(int index) {
        int bytes = (shape.offsetSectors + shape.targetSectors + dice.below(3)) * Disk.SECTOR;
        if (shape.labels == Shape.Labels.BEHIND) {
            bytes += 3 * LegImage.BLOCK_BYTES;
        }
        boolean keepsNote = shape.labels == Shape.Labels.NOTE;
        Disk disk = new Disk(Shape.leg(index), bytes, DataModel.CELL, keepsNote);
        java.nio.ByteBuffer content = java.nio.ByteBuffer.allocate(bytes);
        DataModel.fill(content, shape.equalLegs ? 1 : index + 1, 0, shape.cells());
        byte[] image = new byte[bytes];
        content.get(image, shape.offsetSectors * Disk.SECTOR, shape.targetBytes());
        disk.load(image);
        return disk;
    }

    private Disk medium() {
        Disk disk = new Disk(Shape.LOG, KernelLog.BYTES, 8, false);
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

    /** Where labels are, if there is room for them. */
    int roomAt() {
        int end = offsetBytes() + shape.targetBytes();
        return (end + LegImage.BLOCK_BYTES - 1) / LegImage.BLOCK_BYTES * LegImage.BLOCK_BYTES;
    }

    int offsetBytes() {
        return shape.offsetSectors * Disk.SECTOR;
    }
}
