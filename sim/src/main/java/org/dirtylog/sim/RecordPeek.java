// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what a mirror's record says, as text ({@code docs/record-format.md}). */
final class RecordPeek {
    private final Map<String, String> fields = new HashMap<>();
    private final boolean torn;

    /**
     * Reads.
     *
     * @param bytes the record, or {@code null} if there is none
     */
    RecordPeek(byte[] bytes) {
        if (bytes != null) {
            for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
                int at = line.indexOf('=');
                if (at > 0) {
                    fields.put(line.substring(0, at), line.substring(at + 1));
                }
            }
        }
        torn = bytes != null && !isThere();
        if (torn) {
            fields.clear();
        }
    }

    /** Whether only a part of it is there, which P20 rules out. */
    boolean isTorn() {
        return torn;
    }

    boolean isThere() {
        return fields.containsKey("crc32c");
    }

    /** Whether an opening was ever completed. */
    boolean isCompleted() {
        return "true".equals(fields.get("completed"));
    }

    /** Whether a leg's failed force is remembered: until an operator's resume its flushes are refused (P13). */
    boolean isLatched() {
        return fields.entrySet().stream()
                .anyMatch(field -> field.getKey().endsWith(".forceFailed")
                        && field.getValue().equals("true"));
    }

    String confirmed() {
        return fields.getOrDefault("confirmed", "none");
    }

    String announced() {
        return fields.getOrDefault("announced", "none");
    }

    int source() {
        return Integer.parseInt(fields.getOrDefault("source", "0"));
    }

    /** Length of the target, or what is given where the record does not say it. */
    int sectors(int otherwise) {
        return isCompleted() ? Integer.parseInt(fields.get("sectors")) : otherwise;
    }

    /** Whether a leg is about to replace another one. */
    boolean isReplacing() {
        return fields.entrySet().stream()
                .anyMatch(field -> field.getKey().endsWith(".replaces")
                        && !field.getValue().equals("none"));
    }

    int legs() {
        return Integer.parseInt(fields.getOrDefault("legs", "0"));
    }

    String pathOf(int leg) {
        return fields.get("leg." + leg + ".path");
    }

    String stateOf(int leg) {
        return fields.getOrDefault("leg." + leg + ".state", "CURRENT");
    }

    /** What the label of a leg may say. */
    List<String> epochsOf(int leg) {
        return List.of(fields.getOrDefault("leg." + leg + ".epochs", "none").split(","));
    }

    boolean isCurrent(int leg) {
        return stateOf(leg).equals("CURRENT");
    }

    boolean isAttached(int leg) {
        return isCurrent(leg) || stateOf(leg).equals("STALE");
    }
}
