// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.seams.real;

import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dirtylog.seams.LegType;

/** The leg types that are there at the moment. Of several with one scheme the best ranked counts, then the oldest. */
final class LegTypes {
    private static final Pattern SCHEME_AND_REST = Pattern.compile("([a-z][a-z0-9]+):(.*)", Pattern.DOTALL);

    private final ConcurrentMap<LegType, Rank> ranks = new ConcurrentHashMap<>();

    private record Rank(int ranking, long serviceId) implements Comparable<Rank> {
        @Override
        public int compareTo(Rank other) {
            return ranking != other.ranking
                    ? Integer.compare(ranking, other.ranking)
                    : Long.compare(other.serviceId, serviceId);
        }
    }

    /** A name taken apart. */
    record Named(LegType type, String rest) {}

    void add(LegType type, int ranking, long serviceId) {
        ranks.put(type, new Rank(ranking, serviceId));
    }

    void remove(LegType type) {
        ranks.remove(type);
    }

    /** Takes {@code scheme:rest} apart; empty if the name has no scheme, or one that nobody has. */
    Optional<Named> find(String name) {
        Matcher matcher = SCHEME_AND_REST.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        return ranks.entrySet().stream()
                .filter(entry -> entry.getKey().scheme().equals(matcher.group(1)))
                .max(java.util.Map.Entry.comparingByValue())
                .map(entry -> new Named(entry.getKey(), matcher.group(2)));
    }

    /** Tells, after no file of that name was found, what else the name may have meant; empty if nothing. */
    String hint(String name) {
        Matcher matcher = SCHEME_AND_REST.matcher(name);
        if (!matcher.matches()) {
            return "";
        }
        List<String> schemes = List.copyOf(
                new TreeSet<>(ranks.keySet().stream().map(LegType::scheme).toList()));
        return "; and no bundle with a leg type '" + matcher.group(1) + "' is running (there are: "
                + (schemes.isEmpty() ? "none" : String.join(", ", schemes)) + ")";
    }
}
