// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a mirror's record says, read as text ({@code docs/record-format.md}). It is asked at each write, and read once. */
final class RecordPeek {
    private final boolean torn;
    private final boolean completed;
    private final boolean latched;
    private final boolean replacing;
    private final String confirmed;
    private final String announced;
    private final int source;
    private final int sectors;
    private final Leg[] legs;

    private record Leg(String path, String state, List<String> epochs) {}

    /**
     * Reads.
     *
     * @param bytes the record, or {@code null} if there is none
     */
    RecordPeek(byte[] bytes) {
        Map<String, String> fields = fields(bytes);
        torn = bytes != null && !fields.containsKey("crc32c");
        if (torn) {
            fields.clear();
        }
        completed = "true".equals(fields.get("completed"));
        latched = fields.entrySet().stream()
                .anyMatch(field -> field.getKey().endsWith(".forceFailed")
                        && field.getValue().equals("true"));
        replacing = fields.entrySet().stream()
                .anyMatch(field -> field.getKey().endsWith(".replaces")
                        && !field.getValue().equals("none"));
        confirmed = fields.getOrDefault("confirmed", "none");
        announced = fields.getOrDefault("announced", "none");
        source = Integer.parseInt(fields.getOrDefault("source", "0"));
        sectors = Integer.parseInt(fields.getOrDefault("sectors", "0"));
        legs = new Leg[Integer.parseInt(fields.getOrDefault("legs", "0"))];
        Arrays.setAll(legs, i -> leg(fields, "leg." + i));
    }

    private static Map<String, String> fields(byte[] bytes) {
        Map<String, String> fields = new HashMap<>();
        if (bytes != null) {
            for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
                int at = line.indexOf('=');
                if (at > 0) {
                    fields.put(line.substring(0, at), line.substring(at + 1));
                }
            }
        }
        return fields;
    }

    private static Leg leg(Map<String, String> fields, String name) {
        return new Leg(
                fields.get(name + ".path"),
                fields.getOrDefault(name + ".state", "CURRENT"),
                List.of(fields.getOrDefault(name + ".epochs", "none").split(",")));
    }

    /** Whether only a part of it is there, which P20 rules out. */
    boolean isTorn() {
        return torn;
    }

    /** Whether an opening was ever completed. */
    boolean isCompleted() {
        return completed;
    }

    /** Whether a leg's failed force is remembered: until an operator's resume its flushes are refused (P13). */
    boolean isLatched() {
        return latched;
    }

    String confirmed() {
        return confirmed;
    }

    String announced() {
        return announced;
    }

    int source() {
        return source;
    }

    /** Length of the target, or what is given where the record does not say it. */
    int sectors(int otherwise) {
        return completed ? sectors : otherwise;
    }

    /** Whether a leg is about to replace another one. */
    boolean isReplacing() {
        return replacing;
    }

    int legs() {
        return legs.length;
    }

    String pathOf(int leg) {
        return legs[leg].path;
    }

    /** A leg of which the record says nothing is current. */
    String stateOf(int leg) {
        return leg < legs.length ? legs[leg].state : "CURRENT";
    }

    /** What the label of a leg may say. */
    List<String> epochsOf(int leg) {
        return leg < legs.length ? legs[leg].epochs : List.of("none");
    }

    boolean isCurrent(int leg) {
        return stateOf(leg).equals("CURRENT");
    }

    boolean isAttached(int leg) {
        return isCurrent(leg) || stateOf(leg).equals("STALE");
    }
}
