// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Carrier;
import org.dirtylog.sim.world.ChosenOrder;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Scheduler;
import org.dirtylog.sim.world.Trace;

/**
 * Does a small program in all schedules with a few preemptions, has power fail at each moment of each of them in all ways, and opens
 * the mirror on everything that this leaves; if wanted, crashing it again in all ways while it is opened.
 */
final class SmallScope {
    private static final int MOST_LIVES = 3;
    private static final Choices NO_CHOICE = new Choices(0, false, "");

    private final SmallProgram program;
    private final Bounds bounds;
    private final Choices choices;
    private final Survivors survivors = new Survivors();
    private final World start;
    private long schedules;
    private long lives;
    private boolean complete = true;
    private String failure;

    /**
     * How far to go.
     *
     * @param carrier      what coroutines run on
     * @param deviations   the most in a schedule
     * @param waitsAreFree whether only preemptions are
     * @param crashes      how often power may fail, 1 or 2: the second time in the opening after the first
     * @param schedules    the most of them
     */
    record Bounds(Carrier carrier, int deviations, boolean waitsAreFree, int crashes, long schedules) {
        /** Shows it as arguments of the script. */
        @Override
        public String toString() {
            return "--deviations " + deviations + (waitsAreFree ? " --waits-are-free" : "") + " --crashes " + crashes;
        }
    }

    /**
     * Prepares.
     *
     * @param first the schedule to begin with, empty for the usual one
     */
    SmallScope(SmallProgram program, Bounds bounds, String first) {
        this.program = program;
        this.bounds = bounds;
        this.choices = new Choices(bounds.deviations, bounds.waitsAreFree, first);
        this.start = start(program.start());
    }

    // ---- where it begins
    // --------------------------------------------------------------------------------------------------------

    private World start(SmallProgram.Start what) {
        if (what == SmallProgram.Start.FRESH) {
            Options options = new Options(bounds.carrier, false, java.util.Set.of(), true, 1, Cuts.NONE);
            return new World(new Shape(program.legs(), ""), options, Dice.still(), new Trace(null, false));
        }
        if (what == SmallProgram.Start.SYNCED) {
            World world = start(SmallProgram.Start.FRESH);
            recover(new Survivors.Survivor(world, bounds.crashes, "new"));
            world.model.crashed();
            world.devices.crash(sector -> true, world.devices.unsettledNames());
            return world;
        }
        return different(start(SmallProgram.Start.SYNCED));
    }

    /** Power fails when the first leg has a write that no other has. */
    private World different(World world) {
        World[] left = {null};
        SmallProgram write = SmallProgram.of(program.legs() + ":synced:A:none:none");
        Scheduler scheduler = scheduler(world, NO_CHOICE);
        NO_CHOICE.begin();
        world.judge.begin(scheduler, SmallLife::states);
        scheduler.observe(() -> {
            if (left[0] == null && world.judge.firstDifferenceRead(0) > 0) {
                left[0] = world.copy();
            }
        });
        scheduler.run(new SmallLife(world, scheduler, write, NO_CHOICE));
        if (left[0] == null) {
            failure = failure == null
                    ? "the legs never differ while a write is under way: " + scheduler.failure()
                    : failure;
            return world;
        }
        left[0].model.crashed();
        left[0].devices.crash(sector -> true, left[0].devices.unsettledNames());
        return left[0];
    }

    private Scheduler scheduler(World world, Choices who) {
        // What the code under test draws is the same in each schedule, and another in the next life.
        return new Scheduler(bounds.carrier, new Dice(world.nanos), world.trace, new ChosenOrder(who), world.nanos);
    }

    // ---- schedules
    // --------------------------------------------------------------------------------------------------------

    /** Goes through all of them, until something is wrong. */
    void explore() {
        while (failure == null) {
            if (schedules == bounds.schedules) {
                complete = false;
                return;
            }
            schedules++;
            one();
            if (failure == null && !choices.advance()) {
                return;
            }
        }
    }

    /** Does the schedule that is next, and opens the mirror on all that its crashes leave. */
    private void one() {
        World world = start.copy();
        Scheduler scheduler = scheduler(world, choices);
        choices.begin();
        survivors.begin();
        world.judge.begin(scheduler, SmallLife::states);
        scheduler.observe(() -> look(world, scheduler, 1));
        lives++;
        if (scheduler.run(new SmallLife(world, scheduler, program, choices)) == Scheduler.Ending.FAILED) {
            failure = scheduler.failure();
        }
        for (Survivors.Survivor next = survivors.take(); failure == null && next != null; next = survivors.take()) {
            recover(next);
        }
    }

    private void look(World world, Scheduler scheduler, int depth) {
        String wrong = depth > bounds.crashes ? null : survivors.look(world, depth);
        if (wrong != null) {
            scheduler.fail("at step " + scheduler.steps() + ", " + wrong);
        }
    }

    // ---- after a crash
    // --------------------------------------------------------------------------------------------------------

    /** Nothing is wrong any more: all comes into sync. A leg that is latched may take one more start (P13). */
    private void recover(Survivors.Survivor left) {
        World world = left.world();
        Session session = null;
        for (int life = 0; failure == null && life < MOST_LIVES && (session == null || !session.isSettled()); life++) {
            if (life > 0) {
                world.model.crashed();
                world.devices.crash(sector -> true, world.devices.unsettledNames());
            }
            Scheduler scheduler = scheduler(world, NO_CHOICE);
            NO_CHOICE.begin();
            session = new Session(world, scheduler, expected(world), 0, true);
            int depth = life == 0 ? left.depth() + 1 : Integer.MAX_VALUE;
            survivors.begin();
            world.judge.begin(scheduler, session::states);
            scheduler.observe(() -> look(world, scheduler, depth));
            lives++;
            boolean failed = scheduler.run(session) == Scheduler.Ending.FAILED;
            world.nanos = scheduler.time() + 1;
            failure = failed ? scheduler.failure() : null;
        }
        if (failure == null) {
            failure = session.isSettled() ? session.checkRemains() : "R12: does not come into sync";
        }
        failure = failure == null ? null : "opened after a crash (" + left.how() + "): " + failure;
    }

    private static Expectation expected(World world) {
        RecordPeek record = world.record();
        Disk log = world.log();
        boolean latched = record.isLatched();
        boolean known = record.isCompleted() && log != null;
        boolean dropped = log != null && log.hasDropped();
        String found = !known ? "" : dropped ? "recorded stale" : "recorded";
        long most =
                known && !dropped && !latched ? (long) world.countDirty(log.view()) * world.shape.regionBytes() : -1;
        return new Expectation(latched, false, false, found, most, latched, 0, true);
    }

    // ---- what came of it
    // --------------------------------------------------------------------------------------------------------

    /** What was wrong, or {@code null}. */
    String failure() {
        return failure;
    }

    long crashes() {
        return survivors.crashes();
    }

    /** Shows what was done; after a failure, also how to do it again. */
    String line(double seconds) {
        String line = String.format(
                "%s %s: %s %d schedules, %d moments, %d crashes, at most %d sectors cached, %d states left, %d lives, %s, %.1f s",
                program,
                bounds,
                complete && failure == null ? "all" : "not all,",
                schedules,
                survivors.moments(),
                survivors.crashes(),
                survivors.mostSectors(),
                survivors.states(),
                lives,
                failure == null ? "nothing is wrong" : "FAILED",
                seconds);
        return failure == null ? line : line + "\nFAILED " + program + ": " + failure + "\n    " + replay();
    }

    private String replay() {
        String schedule = choices.toString();
        return "sim/run --small " + program + " " + bounds + " --schedule " + (schedule.isEmpty() ? "usual" : schedule);
    }
}
