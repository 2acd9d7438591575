// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.OptionalInt;
import java.util.Set;
import org.dirtylog.mirror.Mirror;
import org.dirtylog.mirror.MirrorException;
import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.Fingerprint;
import org.dirtylog.sim.world.Scheduler;

/**
 * Somebody loses the mirror's record between two lives. The mirror must refuse to open and touch nothing, as long as a label or the
 * log tells whose they are; made anew from the labels, with the leg for its source that was the source, it holds all that it held
 * (P34). It happens to a copy of the world: the history goes on as if nothing had been.
 */
final class LostRecord {
    /** One life in so many. */
    private static final int SELDOM = 40;
    /** What an operator is to understand. */
    private static final String REFUSAL = "belongs to mirror";

    private static final int MOST_LIVES = 3;

    private final World world;
    private final Dice dice;

    private LostRecord(World copy, Dice dice) {
        this.world = copy;
        this.dice = dice;
        copy.dice = dice;
    }

    /** Perhaps tries it, before a life. Answers what is wrong, or {@code null}. */
    static String maybe(World world, long seed, int life) {
        // Dice of its own, so that the histories of earlier seeds are what they were.
        Dice dice = new Dice(Dice.mix(seed ^ 0x6C6F7374L) + life);
        // With other legs or another length than the table line says, what the mirror looks for is somewhere else.
        boolean known = world.record().isCompleted() && !world.shape.reshaped && world.replaced.isEmpty();
        if (!known || !world.options.troubles() || !dice.oneIn(SELDOM) || hasAnyDropped(world)) {
            return null;
        }
        return new LostRecord(world.copy(), dice).judge();
    }

    private static boolean hasAnyDropped(World world) {
        boolean dropped = world.log() != null && world.log().hasDropped();
        for (Disk leg : world.legs()) {
            dropped |= leg.hasDropped();
        }
        return dropped;
    }

    private String judge() {
        int source = world.record().source();
        boolean labelled = false;
        for (Disk leg : world.legs()) {
            labelled |= LegImage.isLabelled(leg, world.roomAt());
        }
        if (!labelled && (world.log() == null || !KernelLog.isSigned(world.log().view()))) {
            // P24: an unlabelled leg without a log is anybody's.
            return null;
        }
        boolean whole = LegImage.isLabelled(world.legs()[source], world.roomAt());
        world.devices.folder().lose(World.MIRROR + ".record");
        world.trace.note("the record is lost");
        long before = fingerprint();
        String wrong = refuse();
        if (wrong == null && fingerprint() != before) {
            wrong = "without its record the mirror does not open, but something was written";
        }
        if (wrong == null && whole) {
            wrong = comeBack(source);
        }
        world.trace.note("the record is back");
        return wrong == null ? null : "P34: " + wrong;
    }

    private long fingerprint() {
        Fingerprint print = new Fingerprint();
        world.devices.addTo(print);
        return print.value();
    }

    private String refuse() {
        Scheduler scheduler = scheduler();
        return run(scheduler, () -> {
            Mirror mirror = MirrorOn.disks(world, scheduler, 0);
            try {
                mirror.open();
                scheduler.fail("the mirror opens without its record");
            } catch (MirrorException e) {
                if (!e.getMessage().contains(REFUSAL)) {
                    scheduler.fail("it is refused without its record, but not for that: " + e.getMessage());
                }
            }
        });
    }

    /** An operator has the record made anew; then all comes into sync, and nothing is lost. */
    private String comeBack(int source) {
        Scheduler rebuilding = scheduler();
        String wrong = run(rebuilding, () -> {
            try {
                MirrorOn.disks(world, rebuilding, 0).rebuild(OptionalInt.of(source));
            } catch (MirrorException e) {
                rebuilding.fail("the record is not made anew: " + e.getMessage());
            }
        });
        Session session = null;
        for (int life = 0; wrong == null && life < MOST_LIVES && (session == null || !session.isSettled()); life++) {
            Scheduler scheduler = scheduler();
            String found = life == 0 && world.shape.hasMedium() ? "stale" : "";
            Expectation expected = new Expectation(false, false, false, found, -1, false, 0, true);
            session = new Session(world, scheduler, expected, 0, true);
            wrong = run(scheduler, session);
            world.lifeEnded();
        }
        return wrong == null && !session.isSettled() ? "it does not come into sync" : wrong;
    }

    private Scheduler scheduler() {
        return new Scheduler(world.options.carrier(), dice, world.trace, Scheduler.Pace.SELDOM, world.nanos);
    }

    private String run(Scheduler scheduler, Runnable body) {
        world.judge.begin(scheduler, Set::of);
        Scheduler.Ending ending = scheduler.run(body);
        world.nanos = scheduler.time() + 1;
        return ending == Scheduler.Ending.FAILED ? scheduler.failure() : null;
    }
}
