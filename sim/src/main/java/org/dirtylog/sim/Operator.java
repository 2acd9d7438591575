// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.mirror.MirrorStatus;
import org.dirtylog.mirror.ScrubStatus;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Scheduler;

/** Somebody who looks after a mirror: suspends and resumes it, brings legs back, changes them, compares them. */
final class Operator {
    private static final long SECOND = 1_000_000_000L;
    private static final int PATIENCE = 300;

    private final World world;
    private final Session session;
    private final Scheduler scheduler;
    private final Mirror mirror;
    private final Expectation expected;
    /** Whether he suspends, resumes and stops while much is under way. */
    private final boolean busy;
    /** Whether nothing is wrong any more. */
    private final boolean last;
    /** Whether he has taken legs out: the one that was in order may have been among them. */
    private boolean sparedIsGone;

    Operator(World world, Session session, Mirror mirror, Expectation expected, boolean busy, boolean last) {
        this.world = world;
        this.session = session;
        this.scheduler = session.scheduler;
        this.mirror = mirror;
        this.expected = expected;
        this.busy = busy;
        this.last = last;
        this.sparedIsGone = world.record().isReplacing();
    }

    boolean hasTakenLegsOut() {
        return sparedIsGone;
    }

    /**
     * Looks at it now and then, and perhaps does something.
     *
     * @param times how often he has looked already
     */
    void look(int times) {
        MirrorStatus status = mirror.status();
        if (status.inSync() > status.regions() || status.dirty() > status.regions()) {
            scheduler.fail("R8: " + status);
        }
        if (status.word() == MirrorStatus.Word.LOG_FAILED && !expected.logFails()) {
            scheduler.fail("P43: the log is in order and was given up: " + status.message());
        }
        boolean stuck = status.word() == MirrorStatus.Word.LOG_FAILED || status.word() == MirrorStatus.Word.FAILED;
        if (stuck && times > 1 || world.dice.oneIn(busy ? 4 : 10) || times > 10 && world.dice.oneIn(4)) {
            suspendAndResume();
        } else if (status.word() == MirrorStatus.Word.DEGRADED && world.dice.oneIn(3)) {
            resync();
        } else if (world.dice.oneIn(15)) {
            scrub();
        } else if (world.shape.reshaped && !last && world.dice.oneIn(2)) {
            reshape();
        }
        requireNoDifference(mirror.status());
    }

    /** The operator brings back what is not attached; what is not known to be what it was, he has copied fully. */
    void resync() {
        world.operations++;
        session.begin(Coverage.State.RETURNING_A_LEG);
        List<MirrorStatus.Leg> legs = mirror.status().legs();
        for (int i = 0; i < legs.size(); i++) {
            String state = legs.get(i).state();
            boolean away = state.equals("excluded") || state.equals("missing");
            if (!away || world.dice.oneIn(4)) {
                continue;
            }
            try {
                world.trace.note("resync leg " + i);
                String path = legs.get(i).path();
                isOverwritten(path);
                mirror.resync(i, true, world.dice.oneIn(2));
                // Where the record could not be written it may say so already, and the mirror does not.
                isLegAgain(path);
            } catch (MirrorException e) {
                world.trace.note(e.getMessage());
            }
        }
        session.done();
    }

    private void isOverwritten(String disk) {
        if (world.replaced.contains(disk)) {
            world.overwritten.add(disk);
        } else {
            world.overwritten.remove(disk);
        }
    }

    private void isLegAgain(String disk) {
        world.replaced.remove(disk);
        world.overwritten.remove(disk);
    }

    // ---- other legs, another length ---------------------------------------------------------------------------------

    /** What an operator may well be refused. */
    private static final Pattern REFUSALS = Pattern.compile(
            ".*(has \\d+ legs already|no other leg holds everything"
                    + "|a mirror has two legs or more|about to replace|has no leg|the others may differ|is not attached|can be changed|could not be forced|stays suspended).*");

    private void reshape() {
        world.operations++;
        session.begin(Coverage.State.RESHAPING);
        List<Disk> spares = world.spares();
        Disk spare = spares.isEmpty() ? null : spares.get(world.dice.below(spares.size()));
        int leg = world.dice.below(mirror.status().legs().size());
        try {
            switch (world.dice.below(4)) {
                case 0 -> addLeg(spare);
                case 1 -> {
                    world.trace.note("remove leg " + leg);
                    sparedIsGone = true;
                    mirror.removeLeg(leg);
                }
                case 2 -> replaceLeg(leg, spare);
                default -> grow();
            }
        } catch (MirrorException e) {
            world.trace.note(e.getMessage());
            if (!expected.troubled() && !REFUSALS.matcher(e.getMessage()).matches()) {
                scheduler.fail("R12: nothing was made to fail, but: " + e.getMessage());
            }
            tryResume();
        }
        if (world.dice.oneIn(2)) {
            writeTable();
        }
        session.done();
    }

    private void addLeg(Disk spare) throws MirrorException {
        if (spare != null) {
            world.trace.note("add " + spare.name());
            isOverwritten(spare.name());
            mirror.addLeg(new TableLine.Leg(spare.name(), world.shape.offsetSectors), false);
            isLegAgain(spare.name());
        }
    }

    private void replaceLeg(int leg, Disk spare) throws MirrorException {
        if (spare != null) {
            world.trace.note("replace leg " + leg + " by " + spare.name());
            sparedIsGone = true;
            isOverwritten(spare.name());
            mirror.replaceLeg(leg, new TableLine.Leg(spare.name(), world.shape.offsetSectors), false);
            isLegAgain(spare.name());
        }
    }

    /** As far as all disks can, also those that are no legs now. */
    private void grow() throws MirrorException {
        int room = world.shape.targetSectors + world.shape.spareSectors() - world.sectors();
        if (room > 0) {
            int sectors = world.sectors() + world.dice.from(1, Math.min(room, 9));
            world.trace.note("grow to " + sectors);
            mirror.grow(sectors);
        }
    }

    private void writeTable() {
        try {
            mirror.writeTable(table -> {
                world.trace.note("write " + table);
                world.table = table.toString();
                scheduler.sleep(1 + world.dice.below(2_000_000));
            });
        } catch (IOException | MirrorException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Legs are compared while clients go on. */
    private void scrub() {
        try {
            world.trace.note("scrub");
            mirror.scrub(1 + world.dice.below(1000), false, OptionalInt.empty());
        } catch (MirrorException e) {
            world.trace.note(e.getMessage());
        }
    }

    void scrubToTheEnd() {
        // A change of the legs that is under way still ends a comparison.
        for (int i = 0; i == 0 || i < 5 && mirror.status().scrub().state() == ScrubStatus.State.STOPPED; i++) {
            mirror.stopScrub();
            awaitScrub();
            scrub();
            awaitScrub();
        }
        requireNoDifference(mirror.status());
        ScrubStatus compared = mirror.status().scrub();
        if (compared.state() != ScrubStatus.State.DONE || compared.bytesDone() != world.targetBytes()) {
            scheduler.fail("LG-12: legs in sync are not compared to the end: " + compared);
        }
    }

    /** A leg was not what it said: a scrub finds it, and makes all legs the same. */
    void mend() {
        boolean differ = !world.judge.areAllEqual();
        mirror.stopScrub();
        awaitScrub();
        try {
            mirror.scrub(1000, true, OptionalInt.of(world.record().source()));
        } catch (MirrorException e) {
            scheduler.fail("LG-14: legs in sync are not mended: " + e.getMessage());
        }
        awaitScrub();
        ScrubStatus mended = mirror.status().scrub();
        if (mended.state() != ScrubStatus.State.DONE
                || differ != mended.differences() > 0
                || mended.mended() != mended.differences()
                || !world.judge.areAllEqual()) {
            scheduler.fail("LG-14: legs that differ, or not (" + differ + "), are not mended: " + mended);
        }
        for (int i = 0; !session.isSettled(mirror.status()); i++) {
            if (i == PATIENCE) {
                scheduler.fail("R12: does not come into sync after it was mended: " + mirror.status());
            }
            scheduler.sleep(SECOND);
        }
    }

    private void awaitScrub() {
        for (int i = 0; mirror.status().scrub().state() == ScrubStatus.State.RUNNING && i < PATIENCE; i++) {
            scheduler.sleep(SECOND);
        }
    }

    /** LG-12: nobody has changed a leg behind the mirror's back, so any difference is a false alarm, or a fault of ours. */
    private void requireNoDifference(MirrorStatus status) {
        if (status.scrub().differences() > 0 && !world.model.isAnyAstray()) {
            scheduler.fail("LG-12: legs are said to differ: " + status.scrub());
        }
    }

    void suspendAndResume() {
        world.operations++;
        session.begin(Coverage.State.SUSPENDING);
        try {
            world.trace.note("suspend");
            mirror.suspend();
            session.goOn(Coverage.State.SUSPENDED);
            int equal = world.judge.countEqualViews();
            if (mirror.status().inSync() > equal) {
                scheduler.fail("R8: " + mirror.status().inSync() + " regions are called in sync, but " + equal
                        + " are the same on all legs");
            }
            stayOrNot();
            world.trace.note("resume");
            session.goOn(Coverage.State.RESUMING);
            mirror.resume();
        } catch (MirrorException e) {
            world.trace.note(e.getMessage());
            if (!expected.troubled()) {
                scheduler.fail("R12: nothing was made to fail, but: " + e.getMessage());
            }
            tryResume();
        }
        session.done();
    }

    /** Before it is resumed there may be time for something to happen. */
    private void stayOrNot() {
        if (world.shape.staysSuspended && world.dice.oneIn(3)) {
            scheduler.sleep(SECOND);
        }
    }

    /** What fails once does not fail again; the operator types the same command until it works. */
    private void tryResume() {
        for (int i = 0; i < 20 && mirror.status().word() == MirrorStatus.Word.SUSPENDED; i++) {
            scheduler.sleep(SECOND / 2);
            try {
                mirror.resume();
            } catch (MirrorException e) {
                world.trace.note(e.getMessage());
            }
        }
    }
}
