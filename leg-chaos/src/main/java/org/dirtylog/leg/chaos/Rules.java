// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The rules of a leg, as written: {@code RULE;RULE;…}, of which one may be {@code seed=NUMBER}.
 *
 * @param rules in the order written
 * @param seed  of what is left to chance; if empty, one is drawn
 */
record Rules(List<Rule> rules, OptionalLong seed) {
    static final Rules NONE = new Rules(List.of(), OptionalLong.empty());

    private static final Pattern SEED = Pattern.compile("seed=(\\d{1,18})");

    /**
     * Reads rules.
     *
     * @throws IllegalArgumentException if they are not understood; the message says which and what would be
     */
    static Rules parse(String text) {
        List<Rule> rules = new ArrayList<>();
        OptionalLong seed = OptionalLong.empty();
        if (text.isEmpty()) {
            return NONE;
        }
        for (String part : text.split(";", -1)) {
            if (!part.startsWith("seed")) {
                rules.add(RuleText.parse(part));
                continue;
            }
            if (seed.isPresent()) {
                throw new IllegalArgumentException("the rules have two seeds; write one: seed=NUMBER");
            }
            if (!SEED.matcher(part).matches()) {
                throw new IllegalArgumentException(
                        "'" + part + "' is no seed; write seed=NUMBER with 1 to 18 decimal digits");
            }
            seed = OptionalLong.of(Long.parseLong(part.substring("seed=".length())));
        }
        return new Rules(List.copyOf(rules), seed);
    }
}
