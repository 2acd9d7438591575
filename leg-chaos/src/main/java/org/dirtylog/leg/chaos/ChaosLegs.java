// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Randomness;

/** The legs that were asked for in this process, by what they stand on. Safe for use by many threads. */
final class ChaosLegs {
    private final ConcurrentSkipListMap<String, ChaosLeg> legs = new ConcurrentSkipListMap<>();
    private final Clock clock;
    private final Randomness randomness;

    ChaosLegs(Clock clock, Randomness randomness) {
        this.clock = clock;
        this.randomness = randomness;
    }

    /**
     * Opens a leg.
     *
     * @param rest the name without {@code chaos:}
     */
    BlockDevice open(String rest, Devices devices) throws IOException {
        LegName name = LegName.of(rest);
        if (name.below().isEmpty()) {
            throw new IOException(
                    "the leg " + shown(rest) + " names nothing to stand on; write chaos:PATH or" + " chaos:PATH?RULES");
        }
        Rules rules;
        try {
            rules = Rules.parse(name.rules());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the leg " + shown(rest) + " has rules that are not understood: " + e.getMessage()
                            + ". The leg was not touched; docs/chaos.md has the grammar. If the '?' belongs to the path,"
                            + " end the name with another",
                    e);
        }
        return legs.computeIfAbsent(name.below(), below -> new ChaosLeg(below, clock, randomness))
                .open(rules, name.rules(), devices);
    }

    private static String shown(String rest) {
        return LegName.SCHEME + ":" + rest;
    }

    List<ChaosLeg> all() {
        return List.copyOf(legs.values());
    }

    /**
     * Finds a leg.
     *
     * @param named its name in the table line, with or without rules, or what it stands on
     * @throws IllegalArgumentException if there is none
     */
    ChaosLeg find(String named) {
        Optional<ChaosLeg> found = Optional.ofNullable(legs.get(named));
        if (found.isEmpty() && named.startsWith(LegName.SCHEME + ":")) {
            String rest = named.substring(LegName.SCHEME.length() + 1);
            found = Optional.ofNullable(legs.get(rest))
                    .or(() -> Optional.ofNullable(legs.get(LegName.of(rest).below())));
        }
        return found.orElseThrow(() -> new IllegalArgumentException("there is no chaos leg '" + named + "' (there are: "
                + names(legs.values())
                + "). One is there from the first time that a mirror opens it: name it chaos:PATH"
                + " in the table line"));
    }

    private static String names(Collection<ChaosLeg> legs) {
        return legs.isEmpty()
                ? "none"
                : String.join(", ", legs.stream().map(ChaosLeg::name).toList());
    }
}
