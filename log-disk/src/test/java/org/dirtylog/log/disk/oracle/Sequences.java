// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.dirtylog.log.disk.oracle.Step.Verb;

/** Draws sequences: mostly what a mirror would do, with everything that goes wrong around it. */
final class Sequences {
    private static final int STEPS = 24;

    private final SplittableRandom dice;
    private final List<Step> steps = new ArrayList<>();
    /** Bits in more than one block. */
    private final boolean large;
    /** Bits in more than one of the slices in which a log is read and written. */
    private final boolean huge;

    private long target;
    private long regionSize;

    private Sequences(long seed) {
        dice = new SplittableRandom(seed);
        large = dice.nextInt(60) == 0;
        huge = large && dice.nextInt(400) == 0;
    }

    static List<Step> draw(long seed) {
        return new Sequences(seed).all();
    }

    private List<Step> all() {
        long bytes = dice.nextInt(6) == 0 ? 0 : huge ? 1 << 19 : large ? 8192 : 4096;
        add(Verb.MEDIUM, bytes, dice.nextInt(4) == 0 ? 4096 : 512);
        if (bytes > 0 && dice.nextInt(3) > 0) {
            image();
        }
        shape();
        // Mostly the operator gives the same word each time.
        long word = dice.nextInt(3) > 0 ? 0 : 1 + dice.nextInt(2);
        add(Verb.OPEN, target, regionSize, word);
        for (int i = 0; i < STEPS; i++) {
            step(word);
        }
        add(Verb.FLUSH);
        return steps;
    }

    private void add(Verb verb, long... numbers) {
        steps.add(Step.of(verb, numbers));
    }

    private void shape() {
        regionSize = 2L << dice.nextInt(3);
        long regions = large
                ? 3_900 + dice.nextInt(dice.nextInt(4) > 0 ? 9_000 : 45_000)
                : 1 + dice.nextInt(dice.nextInt(3) > 0 ? 12 : 200);
        target = regions * regionSize - (dice.nextBoolean() ? 0 : dice.nextInt((int) regionSize));
    }

    private void reshape() {
        switch (dice.nextInt(5)) {
            case 0 -> shape();
            case 1 -> target = Math.max(regionSize, target + dice.nextInt(300) - 100);
            case 2 -> target = Math.max(regionSize, target + dice.nextInt(9) - 4);
            default -> {}
        }
    }

    private void image() {
        long magic = dice.nextInt(6) == 0 ? 1L << dice.nextInt(32) : 0;
        long version = dice.nextInt(5) == 0 ? dice.nextInt(4) : 2;
        long count = switch (dice.nextInt(8)) {
            case 0 -> -1;
            case 1 -> 1L << 40;
            case 2 -> (1L << 32) + dice.nextInt(100);
            case 3 -> 0;
            default -> dice.nextInt(huge ? 4_000_000 : large ? 13_000 : 210);
        };
        add(Verb.IMAGE, magic, version, count, dice.nextInt(3), dice.nextInt(1000));
    }

    private void step(long word) {
        int choice = dice.nextInt(100);
        if (choice < 22) {
            runs(Verb.MARK);
            flushMostly();
        } else if (choice < 38) {
            runs(Verb.CLEAR);
            flushMostly();
        } else if (choice < 48) {
            add(Verb.WORK, 1 + dice.nextInt(dice.nextBoolean() ? 3 : 100));
        } else if (choice < 58) {
            runs(Verb.IN_SYNC);
        } else if (choice < 63) {
            runs(Verb.OUT_OF_SYNC);
        } else if (choice < 68) {
            add(Verb.FLUSH);
        } else if (choice < 75) {
            stop(word);
        } else if (choice < 79) {
            add(Verb.FAIL, dice.nextInt(5));
        } else if (choice < 83) {
            add(Verb.HEAL);
        } else if (choice < 88) {
            add(Verb.CUT, dice.nextInt(3), dice.nextInt(1000));
        } else if (choice < 91) {
            add(Verb.CRASH, dice.nextInt(1000));
        } else if (choice < 93) {
            add(Verb.KILL);
        } else if (choice < 95) {
            add(Verb.KERNEL, target, regionSize, dice.nextInt(4) == 0 ? 1 + dice.nextInt(2) : 0, dice.nextInt(1000));
        }
        if (choice >= 88) {
            reshape();
        }
        // Has no effect where a log is open.
        if (choice >= 68) {
            add(Verb.OPEN, target, regionSize, word);
        }
    }

    private void stop(long word) {
        add(Verb.PRESUSPEND);
        if (dice.nextInt(3) == 0) {
            runs(dice.nextBoolean() ? Verb.CLEAR : Verb.MARK);
        }
        add(Verb.POSTSUSPEND);
        if (dice.nextBoolean()) {
            add(Verb.RESUME);
        } else {
            reshape();
            add(Verb.KILL);
            if (dice.nextInt(3) == 0) {
                add(Verb.KERNEL, target, regionSize, 0, dice.nextInt(1000));
            }
            add(Verb.OPEN, target, regionSize, word);
        }
    }

    private void flushMostly() {
        if (dice.nextInt(4) > 0) {
            add(Verb.FLUSH);
        }
    }

    private void runs(Verb verb) {
        long most = huge ? 3_500_000 : large ? 50_000 : 200;
        long length = dice.nextInt(4) == 0 ? dice.nextLong(most) : dice.nextInt(3);
        if (dice.nextBoolean()) {
            add(verb, dice.nextLong(most), length);
        } else {
            add(verb, dice.nextLong(most), length, dice.nextLong(most), dice.nextInt(3));
        }
    }
}
