// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The programs that are done in small scope when nobody names one. */
final class SmallPrograms {
    /** What is done at once by one, two or three clients: each combination of these, once. */
    private static final String AT_ONCE = "ABZRF";
    /** What has an order. */
    private static final List<String> IN_ORDER = List.of("AF+B", "AF+R", "RF+B", "AS+B", "AF+Z", "AB+F", "AFS", "A+SF");
    /** What is done while something fails, or while the operator does something. */
    private static final List<String> TROUBLED = List.of("AF+B", "A+S+F", "A+B+F", "AS+C");

    private SmallPrograms() {}

    /** All of them, the smallest first. */
    static List<SmallProgram> all() {
        Set<String> texts = new LinkedHashSet<>();
        for (int legs = 2; legs <= 3; legs++) {
            List<String> starts = List.of(legs + ":synced:", legs + ":fresh:", legs + ":different:");
            List<String> done = new ArrayList<>(atOnce());
            done.addAll(IN_ORDER);
            starts.forEach(start -> done.forEach(clients -> texts.add(start + clients + ":none:none")));
            for (String clients : TROUBLED) {
                for (String ending : List.of("cleaned", "stop", "suspend")) {
                    starts.forEach(start -> texts.add(start + clients + ":" + ending + ":none"));
                }
                for (SmallProgram.Fault fault : SmallProgram.Fault.values()) {
                    starts.forEach(start -> texts.add(start + clients + ":cleaned:" + fault));
                }
            }
        }
        return texts.stream().map(SmallProgram::of).distinct().collect(Collectors.toList());
    }

    private static List<String> atOnce() {
        List<String> combinations = new ArrayList<>();
        for (int clients = 1; clients <= 3; clients++) {
            combine("", 0, clients, combinations);
        }
        return combinations;
    }

    private static void combine(String chosen, int from, int left, List<String> combinations) {
        if (left == 0) {
            combinations.add(chosen);
            return;
        }
        for (int i = from; i < AT_ONCE.length(); i++) {
            combine(chosen + (chosen.isEmpty() ? "" : "+") + AT_ONCE.charAt(i), i, left - 1, combinations);
        }
    }
}
