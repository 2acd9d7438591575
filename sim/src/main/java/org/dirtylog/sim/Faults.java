// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.sim.world.Dice;
import org.dirtylog.sim.world.Disk;

/** Chooses by the dice what is to go wrong in a life. */
final class Faults {
    /**
     * What was chosen, as far as it matters to what may be expected.
     *
     * @param tampered whether the log was changed behind the mirror's back, in a way that must be noticed
     * @param troubled whether something may be refused
     * @param ofOthers whether log or record are to fail
     * @param ofLog    whether the log is to fail, or to take longer than it may
     * @param ambush   after how many reads the leg that was read fails; 0 for never
     */
    record Chosen(boolean tampered, boolean troubled, boolean ofOthers, boolean ofLog, int ambush) {}

    private final World world;
    private final Shape shape;
    private final long seed;
    private final Tampering tampering;
    private final LegTampering legTampering;
    /** Whether a leg of this life is to drop pages. */
    private boolean forceFails;

    Faults(World world, long seed, Tampering tampering, LegTampering legTampering) {
        this.world = world;
        this.shape = world.shape;
        this.seed = seed;
        this.tampering = tampering;
        this.legTampering = legTampering;
    }

    /**
     * Chooses, and prepares it.
     *
     * @param calm whether nothing is to go wrong
     */
    Chosen choose(int life, boolean calm) {
        boolean tampered = !calm && tampering.maybe();
        heal();
        if (calm) {
            return new Chosen(false, false, false, false, 0);
        }
        legTampering.maybe();
        forceFails = false;
        boolean missing = false;
        int spared = spared();
        for (int i = 0; i < world.legs().length; i++) {
            missing |= i != spared && troubleLeg(world.legs()[i], spared >= 0);
        }
        boolean more = shape.legTroubles && !forceFails;
        int ambush = more && world.dice.percent(30) ? world.dice.from(1, 4) : 0;
        boolean allFail = more && world.dice.percent(15) && troubleAllLegs();
        boolean log = troubleLog() | hangLog(life);
        boolean others = log | troubleRecord();
        beSilentlyWrong();
        boolean troubled = missing || allFail || ambush > 0 || others || shape.hungAfterNanos > 0;
        return new Chosen(tampered, troubled, others, log, ambush);
    }

    /**
     * A current leg that is to have no trouble while others may drop what they had taken, or -1. Of one of which an earlier force
     * failed others may be left alone: it is excluded as soon as it can be.
     */
    private int spared() {
        RecordPeek record = world.record();
        int current = 0;
        int spared = -1;
        for (int i = 0; record.isCompleted() && i < world.legs().length; i++) {
            if (record.isCurrent(i) && !world.isReplaced(i)) {
                current++;
                spared = spared < 0 || world.dice.oneIn(current) ? i : spared;
            }
        }
        return current > 1 && !record.isLatched() && world.dice.percent(60) ? spared : -1;
    }

    /**
     * Answers whether it may be missing. Where the only current leg drops pages that it had taken, what was acknowledged is
     * gone and nobody can bring it back: a force fails only while another leg is current, and then that one has no trouble.
     */
    private boolean troubleLeg(Disk leg, boolean forceMayFail) {
        if (!shape.legTroubles || !world.dice.percent(35)) {
            return false;
        }
        switch (world.dice.below(shape.hungAfterNanos > 0 ? 12 : 9)) {
            case 0 -> leg.troubles().failWrite(world.dice.from(1, 40));
            case 1 -> leg.troubles().failRead(world.dice.from(1, 12));
            case 2, 3 -> {
                forceFails |= forceMayFail;
                if (forceMayFail) {
                    leg.troubles().failForce(world.dice.from(1, 6));
                } else {
                    leg.troubles().failWrite(world.dice.from(1, 40));
                }
            }
            case 4 -> leg.troubles().goAt(world.dice.below(400));
            case 5 -> {
                int at = world.offsetBytes() + world.dice.below(shape.targetBytes());
                leg.troubles().failRange(at, at + 512);
            }
            case 6 -> leg.troubles().absent(true);
            case 7, 8 -> {
                int first = world.offsetBytes() / Disk.SECTOR + world.dice.below(shape.targetSectors);
                leg.troubles().rot(first, world.dice.pick(1, 3, 12));
            }
            default -> {
                long millis = world.dice.pick(90, 700, 2_100) * (long) world.dice.pick(1, 1, 4, 1_000);
                leg.troubles().hangAt(world.dice.below(300), millis * 1_000_000);
            }
        }
        world.trace.note("trouble for " + leg.name());
        return true;
    }

    /** Each leg fails a write, and soon after each other; or all of them hang for a while. */
    private boolean troubleAllLegs() {
        int first = world.dice.from(1, 30);
        boolean hang = shape.hungAfterNanos > 0 && world.dice.oneIn(2);
        for (Disk leg : world.legs()) {
            if (hang) {
                leg.troubles().hangAt(10 * first + world.dice.below(20), 3 * shape.hungAfterNanos);
            } else {
                leg.troubles().failWrite(first + world.dice.below(3));
            }
        }
        world.trace.note("trouble for all legs");
        return true;
    }

    /** Disks that do something else than they say: of the log only what tells whether it is to be believed. */
    private void beSilentlyWrong() {
        if (!shape.silentFaults) {
            return;
        }
        int start = world.offsetBytes();
        int end = start + world.targetBytes();
        for (Disk leg : world.legs()) {
            switch (world.dice.below(6)) {
                case 0 -> leg.troubles().loseWrite(start, end, world.dice.from(1, 20));
                case 1 -> leg.troubles().misdirectWrite(start, end, world.dice.from(1, 20));
                case 2 -> leg.troubles().lie(start, end, world.dice.from(1, 5));
                default -> {}
            }
        }
        if (world.log() != null && world.dice.oneIn(4)) {
            world.log().troubles().loseWrite(0, KernelLog.BITS_AT, world.dice.from(1, 3));
        }
    }

    private boolean troubleLog() {
        Disk log = world.log();
        if (log == null) {
            return false;
        }
        if (!shape.logTroubles || !world.dice.percent(40)) {
            return false;
        }
        switch (world.dice.below(3)) {
            case 0 -> log.troubles().failWrite(world.dice.from(1, world.dice.pick(12, 60)));
            case 1 -> log.troubles().failForce(world.dice.from(1, world.dice.pick(8, 40)));
            default -> log.troubles().failRead(world.dice.from(1, 3));
        }
        world.trace.note("trouble for the log");
        return true;
    }

    /** Answers whether it hangs for longer than it may; else whoever needs it just waits. */
    private boolean hangLog(int life) {
        Disk log = world.log();
        // Dice of its own, so that the histories of earlier seeds are what they were.
        Dice own = new Dice(Dice.mix(seed ^ 0x68616E67L) + life);
        if (log == null || !shape.logHangs || !own.percent(40)) {
            return false;
        }
        long nanos = own.pick(200, 600, 1_500, 6_000, 30_000) * 1_000_000L;
        log.troubles().hangAt(own.below(300), nanos);
        world.trace.note("the log hangs for " + nanos / 1_000_000 + " ms");
        return nanos > shape.patienceNanos;
    }

    private boolean troubleRecord() {
        if (!shape.recordTroubles || !world.dice.percent(40)) {
            return false;
        }
        if (world.dice.oneIn(2)) {
            world.devices.folder().failWrites(world.dice.from(1, world.dice.pick(4, 12)), world.dice.from(1, 3));
        } else {
            world.devices.folder().failForce(world.dice.from(1, world.dice.pick(4, 12)));
        }
        world.trace.note("trouble for the record");
        return true;
    }

    private void heal() {
        for (Disk leg : world.legs()) {
            leg.troubles().heal();
        }
        world.spares().forEach(disk -> disk.troubles().heal());
        if (world.log() != null) {
            world.log().troubles().heal();
        }
        world.devices.folder().heal();
    }
}
