// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Scheduler;

/** Somebody who writes, reads and flushes, and remembers what it was told. */
final class Client implements Runnable {
    private final World world;
    private final Session session;
    private final Door door;
    private final Dice own;
    /** Those of the operation. */
    private Dice dice;

    private final Scheduler scheduler;
    private final int hotRegion;

    Client(World world, Session session, Door door) {
        this.world = world;
        this.session = session;
        this.door = door;
        this.own = new Dice(world.dice.next());
        this.dice = own;
        this.scheduler = session.scheduler;
        this.hotRegion = session.hotRegion;
    }

    @Override
    public void run() {
        while (session.takeOperation()) {
            dice = new Dice(own.next());
            if (world.options.cuts().has(Cuts.Kind.OP, world.operations - 1)) {
                continue;
            }
            waitsFor(1);
            if (!operate()) {
                return;
            }
            waitsFor(-1);
        }
        session.clientEnded();
    }

    /** Answers whether this task is the client still; else another one goes on. */
    private boolean operate() {
        int kind = dice.below(100);
        int first = firstCell();
        int count = Math.min(length(), world.shape.cells() - first);
        if (kind < 44) {
            return write(first, count, kind < 8);
        } else if (kind < 54) {
            return zero(first, count);
        } else if (kind < 76) {
            return read(first, count);
        } else if (kind < 90) {
            return flush();
        } else {
            waitsFor(-1);
            scheduler.sleep(dice.pick(1_000_000, 50_000_000, 700_000_000, 2_000_000_000));
            waitsFor(1);
            return true;
        }
    }

    /** The task that made a call is held up: another one does what comes after it. */
    private void succeed(BooleanSupplier rest) {
        scheduler.start("successor", () -> {
            if (rest.getAsBoolean()) {
                waitsFor(-1);
                run();
            }
        });
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

    private boolean write(int first, int count, boolean durable) {
        long op = world.nextOp++;
        ByteBuffer bytes = ByteBuffer.allocate(count * DataModel.CELL);
        DataModel.fill(bytes, op, first, count);
        Change change = new Change("op " + op + ": write", op, first, count, durable);
        return change.make((done, successor) -> {
            ByteBuffer lent = ByteBuffer.allocate(bytes.limit()).put(0, bytes, 0, bytes.limit());
            try {
                door.write(change.position() + done, lent.position((int) done), durable, successor);
            } finally {
                // However the call ended, it is ours again, and the next operation may want it.
                Arrays.fill(lent.array(), (byte) -1);
            }
        });
    }

    private boolean zero(int first, int count) {
        BlockDevice.Zeroing[] ways = BlockDevice.Zeroing.values();
        BlockDevice.Zeroing way = ways[dice.below(ways.length)];
        boolean durable = door.isFuaThere() && dice.oneIn(4);
        Change change = new Change("zeroing", 0, first, count, durable);
        return change.make((done, successor) ->
                door.zero(change.position() + done, change.bytes() - done, way, durable, successor));
    }

    /** A call, without what was done of it before. */
    private interface Call {
        void make(long done, BlockDevice.Successor successor) throws IOException;
    }

    /** A write or a zeroing, which may go on in another task. */
    private final class Change {
        private final String what;
        private final int first;
        private final int count;
        private final boolean durable;
        private final DataModel.Version version;

        Change(String what, long op, int first, int count, boolean durable) {
            this.what = what;
            this.first = first;
            this.count = count;
            this.durable = durable;
            version = world.model.begin(op, first, count);
            note(what, first, count, "");
        }

        long position() {
            return (long) first * DataModel.CELL;
        }

        long bytes() {
            return (long) count * DataModel.CELL;
        }

        boolean make(Call call) {
            return make(call, 0);
        }

        private boolean make(Call call, long done) {
            try {
                call.make(done, (more, failure) -> succeed(() -> goOn(call, done + more, failure)));
                return end(null);
            } catch (LetGoException e) {
                return false;
            } catch (IOException e) {
                return end(e);
            }
        }

        private boolean goOn(Call call, long done, IOException failure) {
            return failure == null && done < bytes() ? make(call, done) : end(failure);
        }

        private boolean end(IOException failure) {
            if (failure != null) {
                session.refused(what, failure);
            }
            boolean kept = durable && door.isFuaThere();
            world.model.end(version, failure == null, kept);
            note(what, first, count, failure == null ? " is done" : " failed");
            return failure != null || !durable || kept || flush();
        }
    }

    /** Reads, and judges what came. Answers whether this task is the client still. */
    boolean read(int first, int count) {
        session.rot(first, count);
        long begun = world.model.beginRead();
        note("read", first, count, "");
        return read(first, count, begun);
    }

    private boolean read(int first, int count, long begun) {
        ByteBuffer bytes = ByteBuffer.allocate(count * DataModel.CELL);
        try {
            door.read(
                    (long) first * DataModel.CELL,
                    bytes,
                    (done, failure) -> succeed(() ->
                            failure == null ? read(first, count, begun) : endRead(first, count, begun, null, failure)));
        } catch (LetGoException e) {
            return false;
        } catch (IOException e) {
            return endRead(first, count, begun, null, e);
        }
        return endRead(first, count, begun, bytes, null);
    }

    private boolean endRead(int first, int count, long begun, ByteBuffer bytes, IOException failure) {
        boolean again = false;
        if (failure != null) {
            session.refused("read", failure);
        } else {
            note("read", first, count, " is done");
            String wrong = world.model.read(begun, first, bytes.flip());
            if (wrong != null) {
                scheduler.fail("R4, R5: " + wrong);
            }
            again = session.isAmbushed(first, count);
        }
        world.model.endRead();
        return !again || read(first, count);
    }

    private boolean flush() {
        long begun = world.model.beginFlush();
        note("flush", 0, 0, "");
        try {
            door.flush();
            world.model.flushed(begun);
            note("flush", 0, 0, " is done");
        } catch (IOException e) {
            session.refused("flush", e);
        }
        return true;
    }
}
