// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorProbe;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.seams.Signal;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Scheduler;

/** One life: a mirror is opened on what is there, clients and an operator use it, and it ends in some way. */
final class Session implements Runnable {
    private static final long SECOND = 1_000_000_000L;
    /** How often the operator looks before somebody is called stuck. */
    private static final int PATIENCE = 300;

    private final World world;
    private final Expectation expected;
    private final boolean last;
    final Scheduler scheduler;
    final int hotRegion;
    private final Signal ended;
    private Mirror mirror;
    private MirrorProbe probe;
    /** What the operator, or the mirror itself, is in the middle of. */
    private Coverage.State activity = Coverage.State.OPENING;

    private final byte[] regionsNow = new byte[256];
    private final byte[] regionsBefore = new byte[256];
    private int known;
    /** How clients come to it. */
    private Door door;

    private NbdDoor nbd;

    private int budget;
    private int clients;
    private boolean stopping;
    private boolean opened;
    private boolean stoppedCleanly;
    private boolean settled;
    private int untilAmbush;
    /** Whether the operator suspends, resumes and stops while much is under way. */
    private final boolean busy;

    private boolean leftAlone;
    private Operator operator;

    /** Operations that are not answered: of clients and of the operator. */
    int inFlight;
    /** Those of them that are clients'. */
    int clientsInFlight;

    /**
     * Prepares.
     *
     * @param expected what the opening is to find
     * @param budget   how many operations clients do
     * @param last     whether nothing is wrong any more and all is to come into sync
     */
    Session(World world, Scheduler scheduler, Expectation expected, int budget, boolean last) {
        this.world = world;
        this.scheduler = scheduler;
        this.expected = expected;
        this.budget = budget;
        this.last = last;
        this.ended = scheduler.signal("clients");
        this.hotRegion = hotRegion();
        this.untilAmbush = expected.ambush();
        this.busy = !last && world.dice.percent(25);
    }

    /** Where most is done: often where the legs differ, for nobody knows yet which of them is right. */
    private int hotRegion() {
        int first = world.dice.below(world.shape.regions);
        boolean any = world.dice.oneIn(2);
        for (int i = 0; !any && i < world.shape.regions; i++) {
            int region = (first + i) % world.shape.regions;
            if (world.judge.firstDifferenceRead(region) > 0) {
                return region;
            }
        }
        return first;
    }

    /** Whether the mirror was opened. */
    boolean isOpened() {
        return opened;
    }

    /** Whether it was stopped in sync, with nothing wrong. */
    boolean isStoppedCleanly() {
        return stoppedCleanly;
    }

    /** Whether everything came into sync. */
    boolean isSettled() {
        return settled;
    }

    // ---- for clients
    // --------------------------------------------------------------------------------------------------

    boolean takeOperation() {
        if (budget == 0 || stopping) {
            return false;
        }
        budget--;
        world.operations++;
        return true;
    }

    void clientEnded() {
        clients--;
        ended.raise();
    }

    /** A disk that loses sectors sometimes loses those that are about to be read. */
    void rot(int firstCell, int count) {
        for (Disk leg : world.legs()) {
            if (leg.troubles().isRotting() && world.dice.oneIn(3)) {
                int from = world.offsetBytes() + firstCell * DataModel.CELL;
                int end = from + count * DataModel.CELL;
                leg.troubles().rot(from / Disk.SECTOR, (end - 1) / Disk.SECTOR - from / Disk.SECTOR + 1);
            }
        }
    }

    /** A client has read. Answers whether it is to read once more, since the leg that was read has failed just now. */
    boolean isAmbushed(int first, int count) {
        if (untilAmbush == 0 || --untilAmbush > 0) {
            return false;
        }
        Disk source = world.legs()[world.record().source()];
        int from = world.offsetBytes() + first * DataModel.CELL;
        world.trace.note("what was read of " + source.name() + " is lost");
        if (world.dice.oneIn(2)) {
            source.troubles().goAt(scheduler.steps());
        } else {
            source.troubles().loseRange(from, from + count * DataModel.CELL);
        }
        return true;
    }

    /** An operation was answered with an error: R9 allows it only where something was made to fail. */
    void refused(String what, IOException e) {
        world.trace.note(what + " was refused: " + e.getMessage());
        if ((!expected.troubled() || expected.served() && !operator.hasTakenLegsOut()) && !stopping) {
            scheduler.fail("R9: a current leg is in order, but a " + what + " was refused: " + e.getMessage());
        }
    }

    // ---- life
    // ---------------------------------------------------------------------------------------------------------

    @Override
    public void run() {
        mirror = MirrorOn.disks(world, scheduler, hungAfterNanos());
        probe = new MirrorProbe(mirror);
        operator = new Operator(world, this, mirror, expected, busy, last);
        inFlight++;
        try {
            mirror.open();
        } catch (MirrorException e) {
            world.trace.note("not opened: " + e.getMessage());
            if (!expected.mayRefuse()) {
                scheduler.fail("R12: the mirror does not open: " + e.getMessage());
            }
            inFlight--;
            requireNothingOpen();
            return;
        }
        inFlight--;
        opened = true;
        activity = Coverage.State.SERVING;
        checkOpening();
        if (expected.latched()) {
            operator.suspendAndResume();
        }
        openDoor();
        clients = last ? 1 : world.dice.from(1, 4);
        for (int i = clients; i > 0; i--) {
            scheduler.start("client " + i, new Client(world, this, door));
        }
        operate();
        if (last) {
            comeIntoSync();
        }
        if (last || world.dice.percent(60)) {
            stop();
        }
    }

    private void openDoor() {
        if (world.shape.overNbd) {
            nbd = new NbdDoor(world, scheduler, mirror.device());
            nbd.open();
            door = nbd;
        } else {
            door = new Door.Direct(mirror.device());
        }
    }

    private long hungAfterNanos() {
        return last ? 0 : world.shape.hungAfterNanos;
    }

    private void requireNothingOpen() {
        if (world.devices.owned() != null && (hungAfterNanos() > 0 || world.shape.logHangs)) {
            // What was given up on gives its disk back when it answers.
            scheduler.sleep(SECOND);
        }
        String owned = world.devices.owned();
        if (owned != null) {
            scheduler.fail("P40: " + owned + " was not given back");
        }
    }

    private void checkOpening() {
        world.judge.logIsOpened();
        String wrong = world.judge.opened();
        MirrorStatus status = mirror.status();
        if (wrong == null) {
            wrong = expected.wrong(status.log().found(), status.recovery().bytesTotal());
        }
        if (wrong != null) {
            scheduler.fail("after the opening: " + wrong);
        }
    }

    private void operate() {
        for (int i = 0; clients > 0; i++) {
            if (i == (busy ? 200 * PATIENCE : PATIENCE)) {
                scheduler.fail("R12: " + clients + " clients do not get on; status " + mirror.status());
            }
            long later = scheduler.time()
                    + (busy
                            ? world.dice.pick(100_000, 3_000_000, 20_000_000)
                            : world.dice.pick(50_000_000, 300_000_000, 2_000_000_000));
            if (!ended.await(() -> clients == 0, later)) {
                if (!leftAlone) {
                    operator.look(i);
                }
            } else {
                break;
            }
            if (world.dice.oneIn(12) && !last) {
                // Others may be in the middle of something.
                return;
            }
        }
    }

    /** The operator does nothing but stop it. */
    void leaveAlone(boolean alone) {
        leftAlone = alone;
    }

    /** What is under way is part of the coverage; what is not answered is in flight. */
    void begin(Coverage.State what) {
        inFlight++;
        activity = what;
    }

    /** Something else is under way now. */
    void goOn(Coverage.State what) {
        activity = what;
    }

    /** What was under way is over. */
    void done() {
        inFlight--;
        activity = Coverage.State.SERVING;
    }

    private void stop() {
        stopping = true;
        inFlight++;
        activity = Coverage.State.STOPPING;
        boolean idle = clients == 0 && mirror.status().inSync() == world.regions();
        long begun = world.model.beginFlush();
        world.trace.note("stop");
        if (nbd != null && world.dice.oneIn(2)) {
            nbd.refuse();
        }
        mirror.stop();
        inFlight--;
        world.operations++;
        requireNothingOpen();
        ended.await(() -> clients == 0, scheduler.time() + 100 * SECOND);
        if (clients > 0) {
            scheduler.fail("R9: " + clients + " clients got no answer when the mirror was stopped");
        }
        if (nbd != null) {
            nbd.leave();
            for (int i = 0; !nbd.isOver(); i++) {
                if (i == PATIENCE) {
                    scheduler.fail("R9: the client has left, and its connection does not end");
                }
                scheduler.sleep(SECOND / 10);
            }
        }
        if (!expected.troubled()) {
            world.model.flushed(begun);
            stoppedCleanly = idle;
        }
    }

    // ---- what it is in the middle of --------------------------------------------------------------------------------

    /** All that holds of it at this moment. */
    Set<Coverage.State> states() {
        EnumSet<Coverage.State> states = EnumSet.of(activity);
        if (probe == null) {
            return states;
        }
        RecordPeek record = world.record();
        add(states, probe.isComparing(), Coverage.State.COMPARING);
        add(states, !record.announced().equals("none"), Coverage.State.LOG_ANNOUNCED);
        add(states, probe.isALegFailing(), Coverage.State.A_LEG_FAILING);
        add(states, probe.isALegHanging(), Coverage.State.A_LEG_HANGING);
        add(states, record.isLatched(), Coverage.State.A_FORCE_LATCHED);
        for (int i = 0; i < record.legs(); i++) {
            add(states, record.stateOf(i).equals("STALE"), Coverage.State.A_LEG_STALE);
            add(states, record.stateOf(i).equals("EXCLUDED"), Coverage.State.A_LEG_EXCLUDED);
        }
        int regions = probe.regions(regionsNow);
        for (int i = 0; i < regions; i++) {
            add(
                    states,
                    regionsNow[i] > 0,
                    Coverage.State.values()[Coverage.State.LOG_ANNOUNCED.ordinal() + regionsNow[i]]);
        }
        return states;
    }

    private static void add(EnumSet<Coverage.State> to, boolean holds, Coverage.State state) {
        if (holds) {
            to.add(state);
        }
    }

    /** Notes how regions have changed since the last look. */
    void observe() {
        if (probe == null) {
            return;
        }
        int regions = probe.regions(regionsNow);
        for (int i = 0; i < Math.min(regions, known); i++) {
            if (regionsNow[i] != regionsBefore[i]) {
                world.coverage.transition(regionsBefore[i], regionsNow[i]);
            }
        }
        System.arraycopy(regionsNow, 0, regionsBefore, 0, regions);
        known = regions;
    }

    // ---- the end
    // ------------------------------------------------------------------------------------------------------

    /** R12: with nothing wrong, all comes into sync and clean by itself. */
    private void comeIntoSync() {
        Client reader = new Client(world, this, door);
        reader.read(0, world.shape.cells());
        for (int i = 0; !isSettled(mirror.status()); i++) {
            if (i > 5 && expected.latched() && mirror.status().word() == MirrorStatus.Word.DEGRADED) {
                return;
            }
            if (mirror.status().word() == MirrorStatus.Word.DEGRADED) {
                operator.resync();
            }
            if (i == PATIENCE) {
                scheduler.fail("R12: does not come into sync: " + mirror.status());
            }
            scheduler.sleep(SECOND);
        }
        settled = true;
        if (world.model.isAnyAstray()) {
            operator.mend();
        } else if (world.dice.oneIn(6)) {
            operator.scrubToTheEnd();
        }
        int equal = world.judge.countEqualViews();
        if (equal != world.regions()) {
            scheduler.fail("R1: in sync, but only " + equal + " regions are the same on all legs");
        }
        reader.read(0, world.shape.cells());
    }

    boolean isSettled(MirrorStatus status) {
        return status.inSync() == status.regions()
                && (status.dirty() == 0 || !world.shape.hasMedium())
                && status.word() == MirrorStatus.Word.RUNNING;
    }

    /** What is left after the last stop. Answers what is wrong, or {@code null}. */
    String checkRemains() {
        int from = world.offsetBytes();
        int end = from + world.targetBytes();
        for (Disk leg : world.legs()) {
            if (!java.util.Arrays.equals(world.legs()[0].medium(), from, end, leg.medium(), from, end)) {
                return "R1: stopped in sync, but " + leg.name() + " differs";
            }
        }
        Disk log = world.log();
        if (log != null && KernelLog.countDirty(log.medium(), world.regions()) > 0) {
            return "stopped in sync, but the log has dirty regions";
        }
        return null;
    }
}
