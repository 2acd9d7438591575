// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.LetGoException;
import org.dirtylog.seams.Signal;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Scheduler;

/** One life in which a {@link SmallProgram} is done. */
final class SmallLife implements Runnable {
    private static final long SECOND = 1_000_000_000L;
    private static final int PATIENCE = 100;
    private static final int SWEEPS = 4;

    private final World world;
    private final Scheduler scheduler;
    private final SmallProgram program;
    private final Choices choices;
    private final Signal ended;
    private Mirror mirror;
    private int working;

    /**
     * Prepares.
     *
     * @param choices who runs, once the mirror is open; where it is opened for the first time, from the beginning
     */
    SmallLife(World world, Scheduler scheduler, SmallProgram program, Choices choices) {
        this.world = world;
        this.scheduler = scheduler;
        this.program = program;
        this.choices = choices;
        this.ended = scheduler.signal("clients");
    }

    static Set<Coverage.State> states() {
        return Set.of(Coverage.State.SERVING);
    }

    @Override
    public void run() {
        mirror = MirrorOn.disks(world, scheduler, 0);
        try {
            mirror.open();
        } catch (MirrorException e) {
            scheduler.fail("R12: the mirror does not open: " + e.getMessage());
        }
        world.judge.logIsOpened();
        breakSomething();
        choices.turn(true);
        working = program.clients().size();
        for (List<SmallProgram.Op> ops : program.clients()) {
            scheduler.start(ops.toString(), () -> work(ops));
        }
        operate();
        for (int i = 0; !ended.await(() -> working == 0, scheduler.time() + SECOND); i++) {
            if (i == PATIENCE || !hasLostLog()) {
                scheduler.fail("R12: " + working + " clients do not get on: " + mirror.status());
            }
            suspendAndResume();
        }
        if (program.ending() == SmallProgram.Ending.CLEANED) {
            awaitCleaning();
        }
        choices.turn(false);
    }

    /** What needs the log is held until an operator has seen to it. */
    private boolean hasLostLog() {
        return mirror.status().word() == MirrorStatus.Word.LOG_FAILED;
    }

    /** Without all legs nothing becomes clean (P17), so after a fault there is only some time for it. */
    private void awaitCleaning() {
        boolean must = program.fault() == SmallProgram.Fault.NONE;
        for (int i = 0; must ? !isClean(mirror.status()) : i < SWEEPS; i++) {
            if (i == PATIENCE) {
                scheduler.fail("R12: does not become clean: " + mirror.status());
            }
            scheduler.sleep(world.shape.cleanAfterNanos);
        }
    }

    private static boolean isClean(MirrorStatus status) {
        return status.dirty() == 0 && status.inSync() == status.regions();
    }

    private void breakSomething() {
        Disk[] legs = world.legs();
        switch (program.fault()) {
            case NONE -> {}
            case WRITE_0 -> legs[0].troubles().failWrite(1);
            case WRITE_1 -> legs[1].troubles().failWrite(1);
            case READ_0 -> legs[0].troubles().failRead(1);
            case FORCE_0 -> legs[0].troubles().failForce(1);
            case FORCE_1 -> legs[1].troubles().failForce(1);
            case LOG_WRITE -> world.log().troubles().failWrite(1);
            case LOG_FORCE -> world.log().troubles().failForce(1);
        }
    }

    private void operate() {
        switch (program.ending()) {
            case NONE, CLEANED -> {}
            case STOP -> mirror.stop();
            case SUSPEND -> suspendAndResume();
        }
    }

    private void suspendAndResume() {
        try {
            mirror.suspend();
            mirror.resume();
        } catch (MirrorException e) {
            if (program.fault() == SmallProgram.Fault.NONE) {
                scheduler.fail("R12: nothing was made to fail, but: " + e.getMessage());
            }
        }
    }

    // ---- clients
    // --------------------------------------------------------------------------------------------------------

    private void work(List<SmallProgram.Op> ops) {
        for (SmallProgram.Op op : ops) {
            try {
                work(op, mirror.device());
            } catch (LetGoException e) {
                scheduler.fail("nothing hangs, but " + op + " was let go");
            } catch (IOException e) {
                if (!program.mayRefuse()) {
                    scheduler.fail("R9: a current leg is in order, but " + op + " was refused: " + e.getMessage());
                }
            }
        }
        working--;
        ended.raise();
    }

    private void work(SmallProgram.Op op, BlockDevice device) throws IOException {
        switch (op.kind) {
            case WRITE, ZERO -> change(op, device);
            case READ -> read(op, device);
            case FLUSH -> {
                long begun = world.model.beginFlush();
                device.force();
                world.model.flushed(begun);
            }
        }
    }

    private void change(SmallProgram.Op op, BlockDevice device) throws IOException {
        long position = (long) op.first * DataModel.CELL;
        boolean done = false;
        long number = op.kind == SmallProgram.Kind.ZERO ? 0 : world.nextOp++;
        DataModel.Version version = world.model.begin(number, op.first, op.count);
        try {
            if (op.kind == SmallProgram.Kind.ZERO) {
                device.zero(position, (long) op.count * DataModel.CELL, BlockDevice.Zeroing.KEEP_ALLOCATED);
            } else {
                ByteBuffer bytes = ByteBuffer.allocate(op.count * DataModel.CELL);
                DataModel.fill(bytes, number, op.first, op.count);
                device.write(position, bytes);
            }
            done = true;
        } finally {
            world.model.end(version, done, false);
        }
    }

    private void read(SmallProgram.Op op, BlockDevice device) throws IOException {
        long begun = world.model.beginRead();
        ByteBuffer bytes = ByteBuffer.allocate(op.count * DataModel.CELL);
        try {
            device.read((long) op.first * DataModel.CELL, bytes);
            String wrong = world.model.read(begun, op.first, bytes.flip());
            if (wrong != null) {
                scheduler.fail("R4, R5: " + wrong);
            }
        } finally {
            world.model.endRead();
        }
    }
}
