// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Scheduler;
import org.dirtylog.sim.world.Trace;

/**
 * A history: one mirror lives, crashes and is opened again, over and over on what survived, until it has crashed often enough;
 * then nothing is wrong any more and it has to come into sync.
 */
public final class History {
    private static final int LEAST_OPERATIONS = 20;
    private static final int MOST_LIVES = 60;
    /** One seed in so many is looked at in each step, to see how regions change their states. */
    private static final int OBSERVED = 20;

    private final World world;
    private final long seed;
    private Dice dice;
    private final Shape shape;
    private final Tampering tampering;
    private final LegTampering legTampering;
    private final Faults faults;
    /** Whether each step of it is looked at. */
    private final boolean observed;

    private int lives;
    private int crashes;
    /** Those of them that came in the middle of a client's operation. */
    private int amidClients;

    private String failure;
    private boolean cleanBefore;
    /** Whether the log lost pages in a failed force, and was not opened since. */
    private boolean dropped;
    /** Whether the log said that it had kept what it had not, and was not opened since. */
    private boolean logIsAstray;

    /**
     * How a history went.
     *
     * @param lives       before it had to come into sync
     * @param crashes     crashes that count: work was in flight, and the mirror was opened on what survived and was judged
     * @param amidClients those of them in which a client's operation was in flight
     * @param operations  of clients and the operator
     * @param hash        of everything that happened
     * @param coverage    what it went through
     * @param failure     what was wrong, or {@code null}
     */
    record Outcome(
            int lives, int crashes, int amidClients, int operations, long hash, Coverage coverage, String failure) {
        Outcome failedBy(String why) {
            return new Outcome(lives, crashes, amidClients, operations, hash, coverage, why);
        }
    }

    private History(long seed, Options options, Trace trace) {
        this.seed = seed;
        this.dice = new Dice(seed);
        this.observed = seed % OBSERVED == 0;
        this.shape = new Shape(dice, new Dice(~seed), new Dice(Dice.mix(~seed)), options);
        trace.note(shape.table() + ", medium " + shape.medium + ", crashes " + shape.crashes);
        this.world = new World(shape, options, dice, trace);
        this.tampering = new Tampering(world);
        this.legTampering = new LegTampering(world);
        this.faults = new Faults(world, seed, tampering, legTampering);
    }

    /**
     * Runs one.
     *
     * @param seed    which
     * @param options how
     * @param trace   hears of everything
     * @return how it went
     */
    static Outcome run(long seed, Options options, Trace trace) {
        History history = new History(seed, options, trace);
        history.run();
        return new Outcome(
                history.lives,
                history.crashes,
                history.amidClients,
                history.world.operations,
                trace.hash(),
                history.world.coverage,
                history.failure);
    }

    private void run() {
        boolean pending = false;
        boolean clients = false;
        for (int life = 0; failure == null && crashes < shape.crashes && life < MOST_LIVES; life++) {
            lives = life + 1;
            if (world.options.cuts().has(Cuts.Kind.LIFE, life)) {
                continue;
            }
            failure = tampering.isLogForeign() ? null : LostRecord.maybe(world, seed, life);
            if (failure != null) {
                break;
            }
            Session session = live(life, false);
            // The crash before this life counts now that the mirror was opened on what it left, and was judged. Where
            // an opening is cut short in its turn, the two of them are one.
            if (pending && session.isOpened()) {
                crashes++;
                amidClients += clients ? 1 : 0;
            }
            boolean earlier = pending && !session.isOpened();
            clients = earlier && clients || session.clientsInFlight > 0;
            pending = failure == null && (earlier || session.inFlight > 0);
            survive(session);
        }
        if (failure == null) {
            comeIntoSync();
        }
    }

    /** A leg whose latch has ended is excluded once another is current, and comes back at the next start. */
    private void comeIntoSync() {
        Session session = null;
        for (int life = 0; failure == null && life < 3 && (session == null || !session.isSettled()); life++) {
            session = live(MOST_LIVES + life, true);
            survive(session);
        }
        if (failure == null) {
            failure = session.isSettled() ? session.checkRemains() : "R12: does not come into sync";
        }
    }

    private Session live(int life, boolean last) {
        dice = new Dice(Dice.mix(seed) + life);
        world.dice = dice;
        boolean calm = last || world.options.cuts().has(Cuts.Kind.FAULTS, life);
        Expectation expected = expect(faults.choose(life, calm), last);
        Scheduler scheduler = scheduler(life, last);
        int budget = last ? Math.max(3, LEAST_OPERATIONS - world.operations) : dice.from(2, 14);
        Session session = new Session(world, scheduler, expected, budget, last);
        session.leaveAlone(world.options.cuts().has(Cuts.Kind.OPERATOR, life));
        world.judge.begin(scheduler, session::states);
        if (observed) {
            scheduler.observe(session::observe);
        }
        if (!last) {
            scheduler.crashAt(1 + dice.below(dice.pick(60, 250, 400, 800, 1500)));
        }
        Scheduler.Ending ending = scheduler.run(session);
        world.lifeEnded();
        world.nanos = scheduler.time() + 1;
        world.trace.note("life " + life + ": " + ending + " after " + scheduler.steps() + " steps");
        if (ending == Scheduler.Ending.FAILED) {
            failure = scheduler.failure();
        } else if (last && !session.isOpened()) {
            failure = "R12: nothing is wrong any more, but the mirror does not open";
        }
        return session;
    }

    private Scheduler scheduler(int life, boolean last) {
        Scheduler.Pace[] paces = Scheduler.Pace.values();
        Scheduler.Pace pace = last ? Scheduler.Pace.SELDOM : paces[dice.below(paces.length)];
        return new Scheduler(world.options.carrier(), new Dice(~Dice.mix(seed) - life), world.trace, pace, world.nanos);
    }

    // ---- what is to be found
    // --------------------------------------------------------------------------------------------

    private Expectation expect(Faults.Chosen faults, boolean last) {
        boolean tampered = faults.tampered();
        boolean troubled = faults.troubled();
        RecordPeek record = world.record();
        troubled |= record.isLatched();
        Disk log = world.log();
        boolean known = record.isCompleted() && log != null;
        boolean allCurrent = true;
        for (int i = 0; i < world.legs().length; i++) {
            allCurrent &= record.isCurrent(i);
        }
        String found = !known ? "" : tampered ? "stale rewritten" : tampering.isLogForeign() ? "" : "recorded";
        long most = -1;
        if (known && !tampered && !tampering.isLogForeign() && !troubled && !shape.sync.equals("sync")) {
            boolean nothing = cleanBefore && allCurrent;
            most = nothing ? 0 : (long) world.countDirty(log.view()) * shape.regionBytes();
        }
        if (logIsAstray) {
            // The slot that says whether it is to be believed may be missing.
            found = "";
            most = -1;
        } else if (log != null && (dropped || log.hasDropped()) && found.equals("recorded")) {
            // The pair that an opening confirmed may have been a page that was dropped before: then all is dirty.
            found = "recorded stale";
            most = -1;
        }
        world.trace.note("expect " + found + ", at most " + most + (troubled ? ", troubled" : ""));
        boolean served = !tampered && !faults.ofOthers() && faults.ambush() == 0 && isSpared(record);
        return new Expectation(
                troubled,
                served,
                troubled && !last,
                found,
                most,
                last && record.isLatched(),
                faults.ambush(),
                faults.ofLog());
    }

    /** Whether a current leg has no trouble, nor is it called hung where it only takes its time. */
    private boolean isSpared(RecordPeek record) {
        boolean spared = false;
        for (int i = 0; record.isCompleted() && i < world.legs().length; i++) {
            spared |= record.isCurrent(i)
                    && !world.isReplaced(i)
                    && !world.legs()[i].troubles().isTroubled();
        }
        return spared && !record.isLatched() && shape.hungAfterNanos != Shape.HASTY_NANOS;
    }

    // ---- power fails
    // ----------------------------------------------------------------------------------------------------

    /** The power fails after every life, or the process is killed; also after a clean stop, which must not mind. */
    private void survive(Session session) {
        if (failure != null) {
            return;
        }
        cleanBefore = session.isStoppedCleanly();
        boolean killed = dice.percent(shape.killPercent);
        world.coverage.add(killed ? Coverage.Fault.KILLED : Coverage.Fault.POWER_FAILS, session.states());
        boolean lostNothing = killed && !world.judge.mayHaveLostPages();
        if (lostNothing) {
            world.model.killed();
        } else {
            world.model.crashed();
        }
        Disk log = world.log();
        dropped = log != null && (log.hasDropped() || dropped && !session.isOpened());
        logIsAstray = world.judge.takeLogAstray() | (logIsAstray && !session.isOpened());
        if (killed) {
            world.devices.kill(dice);
        } else {
            world.devices.crash(dice);
        }
        world.trace.note(killed ? "killed" : "power fails");
        tampering.remember(session.isOpened(), !killed);
        legTampering.remember(session.isOpened(), !killed);
        failure = world.judge.survived(lostNothing);
        if (failure != null) {
            failure = "after the crash: " + failure;
        }
    }
}
