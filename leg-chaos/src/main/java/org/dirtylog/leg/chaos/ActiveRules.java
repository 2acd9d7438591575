// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.dirtylog.leg.chaos.ActiveRule.Firing;

/** The rules in force, in their order, and the seed of what they leave to chance. Guarded by the leg. */
final class ActiveRules {
    private final long seed;
    private final List<ActiveRule> rules = new ArrayList<>();

    ActiveRules(long seed) {
        this.seed = seed;
    }

    long seed() {
        return seed;
    }

    boolean isEmpty() {
        return rules.isEmpty();
    }

    void add(List<Rule> more, long nowNanos) {
        more.forEach(rule -> rules.add(new ActiveRule(rule, rules.size(), seed, nowNanos)));
    }

    /** Decides about a request, and counts it. */
    Verdict decide(Access access, long positionBytes, long bytes, long nowNanos) {
        if (rules.isEmpty()) {
            return Verdict.PASS;
        }
        List<Firing> waits = new ArrayList<>();
        Optional<Firing> ending = Optional.empty();
        for (ActiveRule active : rules) {
            Fault.Kind kind = active.rule().fault().kind();
            if (kind == Fault.Kind.WAITS) {
                active.fires(access, positionBytes, bytes, nowNanos).ifPresent(waits::add);
            } else if (kind == Fault.Kind.ENDS && ending.isEmpty()) {
                ending = active.fires(access, positionBytes, bytes, nowNanos);
            }
        }
        boolean lie = false;
        List<Firing> rot = new ArrayList<>();
        for (ActiveRule active : rules) {
            if (active.rule().fault().kind() != Fault.Kind.ALTERS || ending.isPresent()) {
                continue;
            }
            Optional<Firing> firing = active.fires(access, positionBytes, bytes, nowNanos);
            if (firing.isPresent() && active.rule().fault() == Fault.LIE) {
                lie = true;
            } else {
                firing.ifPresent(rot::add);
            }
        }
        return new Verdict(waits, ending, lie, rot);
    }

    /** Whether one may hold up such requests. */
    boolean mayWait(Access access) {
        return rules.stream()
                .map(ActiveRule::rule)
                .anyMatch(rule -> rule.fault().kind() == Fault.Kind.WAITS && rule.isAbout(access));
    }

    /** The state that the leg is in by one of them, if it is. */
    Optional<ActiveRule> lasting(Fault fault, long nowNanos) {
        return rules.stream()
                .filter(active -> active.rule().fault() == fault && active.lasts(nowNanos))
                .findFirst();
    }

    /** How much the cache may hold; 0 without one. A leg that lies about forces has one. */
    long cacheBytes() {
        long lying = 0;
        for (ActiveRule active : rules) {
            if (active.rule().fault() == Fault.CACHE) {
                return active.rule().least();
            }
            if (active.rule().fault() == Fault.LIE) {
                lying = RuleText.CACHE_BYTES;
            }
        }
        return lying;
    }

    List<LegReport.RuleReport> reports() {
        return rules.stream()
                .map(active -> new LegReport.RuleReport(active.rule().text(), active.matched(), active.fired()))
                .toList();
    }

    /** Text that makes the same rules, with the same chance. */
    @Override
    public String toString() {
        return rules.stream().map(active -> active.rule().text() + ";").collect(Collectors.joining()) + "seed=" + seed;
    }
}
