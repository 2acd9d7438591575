// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Scheduler;

/** Somebody who writes, reads and flushes, and remembers what it was told. */
final class Client implements Runnable {
    private final World world;
    private final Session session;
    private final BlockDevice device;
    private final Dice dice;
    private final Scheduler scheduler;
    private final int hotRegion;

    Client(World world, Session session, BlockDevice device) {
        this.world = world;
        this.session = session;
        this.device = device;
        this.dice = world.dice;
        this.scheduler = session.scheduler;
        this.hotRegion = session.hotRegion;
    }

    @Override
    public void run() {
        while (session.takeOperation()) {
            waitsFor(1);
            operate();
            waitsFor(-1);
        }
        session.clientEnded();
    }

    private void operate() {
        int kind = dice.below(100);
        int first = firstCell();
        int count = Math.min(length(), world.shape.cells() - first);
        if (kind < 44) {
            write(first, count, kind < 8);
        } else if (kind < 54) {
            zero(first, count);
        } else if (kind < 76) {
            read(first, count);
        } else if (kind < 90) {
            flush();
        } else {
            waitsFor(-1);
            scheduler.sleep(dice.pick(1_000_000, 50_000_000, 700_000_000, 2_000_000_000));
            waitsFor(1);
        }
    }

    private void waitsFor(int more) {
        session.inFlight += more;
        session.clientsInFlight += more;
    }

    private int firstCell() {
        int cellsInRegion = world.shape.regionBytes() / DataModel.CELL;
        if (dice.percent(60)) {
            return Math.min(hotRegion * cellsInRegion + dice.below(cellsInRegion), world.shape.cells() - 1);
        }
        return dice.below(world.shape.cells());
    }

    private int length() {
        int cellsInRegion = world.shape.regionBytes() / DataModel.CELL;
        return dice.percent(70) ? dice.from(1, 12) : dice.percent(70) ? cellsInRegion : dice.from(1, 3 * cellsInRegion);
    }

    private void note(String what, int first, int count, String end) {
        if (world.trace.isPrinted()) {
            world.trace.note(what + " of cells " + first + "–" + (first + count - 1) + end);
        }
    }

    private void write(int first, int count, boolean durable) {
        long op = world.nextOp++;
        ByteBuffer bytes = ByteBuffer.allocate(count * DataModel.CELL);
        DataModel.fill(bytes, op, first, count);
        DataModel.Version version = world.model.begin(op, first, count);
        note("op " + op + ": write", first, count, "");
        boolean done = false;
        try {
            device.write((long) first * DataModel.CELL, bytes);
            done = true;
        } catch (IOException e) {
            session.refused("write", e);
        }
        world.model.end(version, done);
        note("op " + op + ": write", first, count, done ? " is done" : " failed");
        if (done && durable) {
            flush();
        }
    }

    private void zero(int first, int count) {
        DataModel.Version version = world.model.begin(0, first, count);
        note("zeroing", first, count, "");
        boolean done = false;
        try {
            BlockDevice.Zeroing[] ways = BlockDevice.Zeroing.values();
            device.zero((long) first * DataModel.CELL, (long) count * DataModel.CELL, ways[dice.below(ways.length)]);
            done = true;
        } catch (IOException e) {
            session.refused("zero", e);
        }
        world.model.end(version, done);
        note("zeroing", first, count, done ? " is done" : " failed");
    }

    /** Reads, and judges what came. */
    void read(int first, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count * DataModel.CELL);
        long begun = world.model.beginRead();
        note("read", first, count, "");
        boolean again = false;
        try {
            device.read((long) first * DataModel.CELL, bytes);
            note("read", first, count, " is done");
            String wrong = world.model.read(begun, first, bytes.flip());
            if (wrong != null) {
                scheduler.fail("R4, R5: " + wrong);
            }
            again = session.isAmbushed(first, count);
        } catch (IOException e) {
            session.refused("read", e);
        }
        world.model.endRead();
        if (again) {
            read(first, count);
        }
    }

    private void flush() {
        long begun = world.model.beginFlush();
        note("flush", 0, 0, "");
        try {
            device.force();
            world.model.flushed(begun);
            note("flush", 0, 0, " is done");
        } catch (IOException e) {
            session.refused("flush", e);
        }
    }
}
