// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dirtylog.nbd.ServedConnection;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Trace;
import org.dirtylog.sim.world.WorldDevices;

/** What outlives the lives of a history: disks, records, what may be read, and what was done. */
final class World {
    static final String MIRROR = "m";

    final Shape shape;
    final Options options;
    /** Those of this life. */
    Dice dice;

    final Trace trace;
    final WorldDevices devices;
    /** All that may be legs. */
    private final Disk[] disks;

    final DataModel model;
    final Judge judge;
    final Coverage coverage = new Coverage();
    /** The disks that an older copy was put on, until the mirror has copied them anew. */
    final Set<String> replaced = new HashSet<>();
    /** Those of them that an operator has told the mirror to overwrite. */
    final Set<String> overwritten = new HashSet<>();
    /** The table line in the mirror's file. */
    String table;

    private byte[] peeked;
    private RecordPeek peek = new RecordPeek(null);
    private Disk[] legs;
    private final List<ByteBuffer> buffers = new ArrayList<>();
    private int lent;

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
        this.table = shape.table();
        this.devices = new WorldDevices();
        this.disks = new Disk[shape.legs + shape.spareDisks()];
        for (int i = 0; i < shape.legs; i++) {
            disks[i] = leg(i);
            devices.add(disks[i]);
        }
        if (shape.hasMedium() && shape.medium != Shape.Medium.MISSING) {
            devices.add(medium());
        }
        for (int i = shape.legs; i < disks.length; i++) {
            disks[i] = leg(i);
            devices.add(disks[i]);
        }
        this.legs = Arrays.copyOf(disks, shape.legs);
        this.model = new DataModel(shape.cells(), 1, !shape.legTroubles && !shape.legsReplaced);
        this.judge = new Judge(this);
    }

    /** One between two lives: the same disks and records, the same that may be read; whatever else happens to it, not to this one. */
    World copy() {
        return new World(this);
    }

    private World(World other) {
        shape = other.shape;
        options = other.options;
        dice = other.dice;
        trace = other.trace;
        table = other.table;
        devices = other.devices.copy();
        disks = new Disk[other.disks.length];
        Arrays.setAll(disks, i -> devices.disk(other.disks[i].name()));
        peeked = other.peeked;
        peek = other.peek;
        legs = new Disk[other.legs.length];
        Arrays.setAll(legs, i -> devices.disk(other.legs[i].name()));
        model = other.model.copy();
        judge = new Judge(this);
        replaced.addAll(other.replaced);
        overwritten.addAll(other.overwritten);
        nextOp = other.nextOp;
        operations = other.operations;
        nanos = other.nanos;
    }

    /** Memory for the connections of one life; those of the next get it again. */
    ByteBuffer buffer() {
        if (lent == buffers.size()) {
            buffers.add(ByteBuffer.allocate(ServedConnection.memoryBytes()));
        }
        return buffers.get(lent++);
    }

    /** Whoever had memory has none any more. */
    void lifeEnded() {
        lent = 0;
    }

    private Disk leg(int index) {
        int bytes = (shape.offsetSectors + shape.targetSectors + shape.spareSectors() + dice.below(3)) * Disk.SECTOR;
        if (shape.labels == Shape.Labels.BEHIND) {
            bytes += 3 * LegImage.BLOCK_BYTES;
        }
        boolean keepsNote = shape.labels == Shape.Labels.NOTE;
        Disk disk = new Disk(Shape.leg(index), bytes, DataModel.CELL, keepsNote);
        ByteBuffer content = ByteBuffer.allocate(bytes);
        DataModel.fill(content, shape.equalLegs ? 1 : index + 1, 0, shape.cells());
        byte[] image = new byte[bytes];
        content.get(image, shape.offsetSectors * Disk.SECTOR, shape.targetBytes());
        if (shape.reshaped) {
            // What is behind it was never compared: it differs. Where a label is to be, there are zeroes.
            int end = offsetBytes() + shape.targetBytes();
            int until = shape.labels == Shape.Labels.BEHIND ? roomAt() : bytes;
            Arrays.fill(image, end, Math.min(until, bytes), (byte) (index + 1));
        }
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
        byte[] now = devices.folder().surviving(MIRROR + ".record");
        if (now != peeked) {
            peeked = now;
            peek = new RecordPeek(now);
            if (peek.isCompleted()) {
                legs = new Disk[peek.legs()];
                for (int i = 0; i < legs.length; i++) {
                    legs[i] = devices.disk(peek.pathOf(i));
                }
            }
        }
        return peek;
    }

    /** The legs as the record has them; before there is one, those of the table. */
    Disk[] legs() {
        record();
        return legs;
    }

    /** Disks that are no legs now. */
    List<Disk> spares() {
        List<Disk> spares = new ArrayList<>(List.of(disks));
        spares.removeAll(List.of(legs()));
        return spares;
    }

    boolean isReplaced(int leg) {
        return replaced.contains(legs()[leg].name());
    }

    /** Length of the mirror now. */
    int sectors() {
        return record().sectors(shape.targetSectors);
    }

    int targetBytes() {
        return sectors() * Disk.SECTOR;
    }

    int regions() {
        return (sectors() + shape.regionSectors - 1) / shape.regionSectors;
    }

    /** Bytes of a region; the last may be shorter. */
    int bytesIn(int region) {
        return Math.min(shape.regionBytes(), targetBytes() - region * shape.regionBytes());
    }

    /** Whether some leg does not hold of a region what it said that it does. */
    boolean isAstray(int region) {
        int first = region * shape.regionBytes() / DataModel.CELL;
        return model.isAstray(first, first + bytesIn(region) / DataModel.CELL);
    }

    /** How many regions an image of the log speaks of. */
    int coveredBy(byte[] log) {
        return KernelLog.covered(log, sectors(), shape.regionSectors);
    }

    int countDirty(byte[] log) {
        int covered = Math.min(regions(), coveredBy(log));
        return KernelLog.countDirty(log, covered) + regions() - covered;
    }

    /** Where labels are, if there is room for them. */
    int roomAt() {
        int end = offsetBytes() + targetBytes();
        return (end + LegImage.BLOCK_BYTES - 1) / LegImage.BLOCK_BYTES * LegImage.BLOCK_BYTES;
    }

    int offsetBytes() {
        return shape.offsetSectors * Disk.SECTOR;
    }
}
