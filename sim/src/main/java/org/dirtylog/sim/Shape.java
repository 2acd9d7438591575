// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import org.dirtylog.log.LogSpec;
import org.dirtylog.sim.world.Dice;

/** What a history is about: sizes, log, and what may go wrong. Everything by the dice. */
final class Shape {
    /** How the medium of the log looks before the first opening. */
    enum Medium {
        MISSING,
        ZEROES,
        ONES,
        RANDOM
    }

    /** Where legs can keep a label. */
    enum Labels {
        BEHIND,
        NOTE,
        NOWHERE
    }

    /** What a leg that is in order may take longer than. */
    static final int HASTY_NANOS = 60_000_000;
    /** What a log that is in order does not take, but a leg that hangs may (P43). */
    static final int IMPATIENT_NANOS = 300_000_000;

    final int regions;
    final int regionSectors;
    final int targetSectors;
    final int legs;
    final int offsetSectors;
    final String logType;
    final Medium medium;
    final String sync;
    final boolean equalLegs;
    final long cleanAfterNanos;
    final int hotRegions;
    final boolean failOnLogLoss;
    final boolean legTroubles;
    final boolean logTroubles;
    final boolean recordTroubles;
    final boolean tampering;
    final Labels labels;
    final boolean legsReplaced;
    /** When a leg is given up on; 0 for never. The shortest is shorter than what a leg in order may take. */
    final long hungAfterNanos;

    /** MiB a second while no client does anything, which is a region each millisecond; 0 for as fast as can be. */
    final int recoveryCeiling;

    /** Whether the operator adds, removes and replaces legs, and makes the mirror longer. */
    final boolean reshaped;

    /** Whether clients come over an NBD connection. */
    final boolean overNbd;

    /** Whether legs lose or misdirect writes or lie about forces, and the log loses writes, without a word. */
    final boolean silentFaults;

    /** How long the log may take for a call. */
    final long patienceNanos;

    /** Whether the log does not answer now and then. */
    final boolean logHangs;

    /** Whether time passes between a suspension and its end. */
    final boolean staysSuspended;

    final int crashes;
    /** How often a process is killed where else the power fails. */
    final int killPercent;

    /**
     * Throws the dice.
     *
     * @param more decides what came into the simulator later, so that the histories of earlier seeds are what they were
     * @param newer likewise, what came later still
     */
    Shape(Dice dice, Dice more, Dice newer, Options options) {
        regions = dice.percent(70) ? dice.from(8, 16) : dice.percent(85) ? dice.from(17, 64) : dice.from(65, 200);
        regionSectors = regions > 32 ? 2 : dice.pick(2, 2, 4);
        targetSectors = regions * regionSectors - (dice.percent(30) ? dice.below(regionSectors) : 0);
        legs = dice.percent(75) ? 2 : dice.percent(70) ? 3 : dice.from(4, 9);
        offsetSectors = dice.pick(0, 0, 3);
        logType = dice.percent(94) ? "disk" : "core";
        medium = dice.percent(40) ? Medium.MISSING : Medium.values()[dice.from(1, 3)];
        int word = dice.below(100);
        sync = word < 45 ? "nosync" : word < 50 ? "sync" : "";
        equalLegs = sync.equals("nosync") || dice.percent(30);
        cleanAfterNanos = dice.pick(2_000_000, 100_000_000, 1_000_000_000, 2_000_000_000);
        hotRegions = dice.pick(2, 4, 1000);
        failOnLogLoss = dice.oneIn(3);
        boolean troubled = options.troubles() && dice.percent(45);
        boolean legsFail = troubled && dice.percent(70);
        legTroubles = legsFail || options.has(Options.Theme.LEG_TROUBLES);
        logTroubles = troubled && dice.percent(30);
        recordTroubles = troubled && dice.percent(30);
        tampering = options.troubles() && dice.percent(12);
        labels = dice.percent(60) ? Labels.NOTE : dice.percent(70) ? Labels.BEHIND : Labels.NOWHERE;
        legsReplaced = options.troubles() && labels != Labels.NOWHERE && dice.percent(15);
        hungAfterNanos = legTroubles ? dice.pick(0, HASTY_NANOS, 400_000_000, 2_000_000_000) : 0;
        recoveryCeiling = dice.pick(0, 1);
        killPercent = dice.pick(0, 20, 40, 70);
        reshaped = legs < 9 && (options.has(Options.Theme.RESHAPE) || options.troubles() && more.percent(15));
        overNbd = more.percent(20) || options.has(Options.Theme.NBD);
        silentFaults = options.has(Options.Theme.SILENT_FAULTS) || options.troubles() && more.percent(8);
        staysSuspended = more.oneIn(4);
        logHangs = options.troubles() && hasMedium() && newer.percent(12);
        patienceNanos = logHangs || newer.percent(20) ? IMPATIENT_NANOS : LogSpec.DEFAULT_PATIENCE.toNanos();
        crashes = dice.percent(90) ? options.crashes() : dice.from(1, options.crashes());
    }

    /**
     * Says everything: the least that has all parts.
     *
     * @param legs how many, each with a note for its label
     * @param sync word of the table, or empty; the legs are different then
     */
    Shape(int legs, String sync) {
        regions = 2;
        regionSectors = 2;
        targetSectors = regions * regionSectors;
        this.legs = legs;
        offsetSectors = 0;
        logType = "disk";
        medium = Medium.ZEROES;
        this.sync = sync;
        equalLegs = !sync.isEmpty();
        cleanAfterNanos = 2_000_000;
        hotRegions = 1;
        failOnLogLoss = false;
        legTroubles = false;
        logTroubles = false;
        recordTroubles = false;
        tampering = false;
        labels = Labels.NOTE;
        legsReplaced = false;
        hungAfterNanos = 0;
        recoveryCeiling = 0;
        killPercent = 0;
        reshaped = false;
        overNbd = false;
        silentFaults = false;
        logHangs = false;
        patienceNanos = LogSpec.DEFAULT_PATIENCE.toNanos();
        staysSuspended = false;
        crashes = 1;
    }

    int regionBytes() {
        return regionSectors * 512;
    }

    int targetBytes() {
        return targetSectors * 512;
    }

    int cells() {
        return targetBytes() / DataModel.CELL;
    }

    boolean hasMedium() {
        return logType.equals("disk");
    }

    static String leg(int index) {
        return "/sim/leg" + index;
    }

    static final String LOG = "/sim/log";

    /** How many more disks there are than legs in the beginning. */
    int spareDisks() {
        return reshaped ? 2 : 0;
    }

    /** How much longer the mirror can become. Legs that keep labels elsewhere must have no room for one behind it. */
    int spareSectors() {
        return !reshaped ? 0 : labels == Labels.BEHIND ? 24 : 5;
    }

    String table() {
        StringBuilder line = new StringBuilder("0 " + targetSectors + " mirror " + logType + " ");
        line.append(1 + (hasMedium() ? 1 : 0) + (sync.isEmpty() ? 0 : 1));
        line.append(hasMedium() ? " " + LOG : "").append(' ').append(regionSectors);
        line.append(sync.isEmpty() ? "" : " " + sync).append(' ').append(legs);
        for (int i = 0; i < legs; i++) {
            line.append(' ').append(leg(i)).append(' ').append(offsetSectors);
        }
        return line.toString();
    }
}
