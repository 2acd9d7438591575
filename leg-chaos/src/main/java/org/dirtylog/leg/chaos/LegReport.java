// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How it stands with a leg, for people and for programs.
 *
 * @param name          as in the table line, without rules
 * @param open          whether somebody has it
 * @param vanished      whether it is not there at the moment
 * @param seed          of what the rules leave to chance
 * @param hung          how many requests hang
 * @param cachedBytes   what would be lost if the power failed
 * @param snapshotBytes what a rollback would put back, if there is a snapshot
 * @param rules         in force
 */
record LegReport(
        String name,
        boolean open,
        boolean vanished,
        long seed,
        int hung,
        long cachedBytes,
        Optional<Long> snapshotBytes,
        List<RuleReport> rules) {

    /**
     * A rule and its counters.
     *
     * @param text    as it was written
     * @param matched how many requests it was about, within its range and time
     * @param fired   how often it fired
     */
    record RuleReport(String text, long matched, long fired) {}

    /** One line for the leg, one for each rule. */
    List<String> lines() {
        StringBuilder head = new StringBuilder(name);
        head.append(open ? " open" : " closed");
        head.append(vanished ? ", vanished" : "");
        head.append(hung > 0 ? ", " + hung + " hung" : "");
        head.append(cachedBytes > 0 ? ", " + cachedBytes + " bytes cached" : "");
        snapshotBytes.ifPresent(bytes -> head.append(", ").append(bytes).append(" bytes to roll back"));
        head.append(rules.isEmpty() ? "" : ", seed " + seed);
        List<String> lines = new ArrayList<>(List.of(head.toString()));
        rules.forEach(rule -> lines.add("  " + rule.text + " fired " + rule.fired + " of " + rule.matched));
        return lines;
    }

    void write(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("leg", name);
        json.writeBooleanField("open", open);
        json.writeBooleanField("vanished", vanished);
        json.writeNumberField("hung", hung);
        json.writeNumberField("cachedBytes", cachedBytes);
        if (snapshotBytes.isPresent()) {
            json.writeNumberField("snapshotBytes", snapshotBytes.get());
        } else {
            json.writeNullField("snapshotBytes");
        }
        json.writeNumberField("seed", seed);
        json.writeArrayFieldStart("rules");
        for (RuleReport rule : rules) {
            json.writeStartObject();
            json.writeStringField("rule", rule.text);
            json.writeNumberField("matched", rule.matched);
            json.writeNumberField("fired", rule.fired);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
