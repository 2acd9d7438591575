// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A rule in force, with its counters. Not safe for use by threads at once: guarded by the leg.
 *
 * <p>What is left to chance depends on the seed, the place of the rule and the number of the request among those that the
 * rule is about, on nothing else: threads that overtake each other change which request it is, not what becomes of it.
 */
final class ActiveRule {
    private static final long APART = 0x9E3779B97F4A7C15L;

    private final Rule rule;
    private final long seed;
    private final long sinceNanos;
    private long matched;
    private long fired;

    /** Begins to count. */
    ActiveRule(Rule rule, int place, long seed, long sinceNanos) {
        this.rule = rule;
        this.seed = seed + place * APART;
        this.sinceNanos = sinceNanos;
    }

    /**
     * What is to happen now.
     *
     * @param rule   that fired
     * @param chance decides what else is open, such as where a write is torn
     */
    record Firing(Rule rule, SplittableRandom chance) {
        /** A number between the ends of the rule's value. */
        long amount() {
            return rule.least() == rule.most() ? rule.least() : chance.nextLong(rule.least(), rule.most());
        }
    }

    Rule rule() {
        return rule;
    }

    long matched() {
        return matched;
    }

    long fired() {
        return fired;
    }

    /** Counts the request if the rule is about it, and decides. */
    Optional<Firing> fires(Access access, long positionBytes, long bytes, long nowNanos) {
        Limits limits = rule.limits();
        if (!rule.isAbout(access)
                || access.hasRange() && !limits.overlaps(positionBytes, bytes)
                || !limits.includesTime(nowNanos - sinceNanos)) {
            return Optional.empty();
        }
        matched++;
        SplittableRandom chance = new SplittableRandom(new SplittableRandom(seed + matched).nextLong());
        boolean due = matched >= limits.first() && matched <= limits.last() && fired < limits.times();
        if (!due || limits.probability() < 1 && chance.nextDouble() >= limits.probability()) {
            return Optional.empty();
        }
        fired++;
        return Optional.of(new Firing(rule, chance));
    }

    /** Whether a state lasts now. */
    boolean lasts(long nowNanos) {
        return rule.limits().includesTime(nowNanos - sinceNanos);
    }

    /** Counts a request that a state has ended. */
    void countState() {
        matched++;
        fired++;
    }
}
