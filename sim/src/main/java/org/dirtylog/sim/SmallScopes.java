// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.dirtylog.sim.world.Carrier;

/** The command behind {@code sim/run --small}. */
final class SmallScopes {
    private final List<SmallProgram> programs = new ArrayList<>();
    private int deviations = 1;
    private boolean waitsAreFree;
    private int crashes = 1;
    private long schedules = Long.MAX_VALUE;
    private long part = 1;
    private String schedule;
    private boolean firstFailure;
    private boolean lists;

    /**
     * Reads.
     *
     * @param words what comes after {@code --small}; taken out
     */
    SmallScopes(Deque<String> words) {
        while (!words.isEmpty()) {
            String word = words.pop();
            switch (word) {
                case "--deviations" -> deviations = (int) Main.number(words);
                case "--waits-are-free" -> waitsAreFree = true;
                case "--crashes" -> crashes = (int) Main.number(words);
                case "--schedules" -> schedules = Main.number(words);
                case "--one-in" -> part = Math.max(1, Main.number(words));
                case "--schedule" -> schedule = words.isEmpty() ? "usual" : words.pop();
                case "--first-failure" -> firstFailure = true;
                case "--list" -> lists = true;
                default -> programs.add(SmallProgram.of(word));
            }
        }
        if (schedule != null && programs.size() != 1) {
            throw new IllegalArgumentException("a schedule is that of one program");
        }
    }

    /** Runs. Answers the exit status. */
    int run() {
        if (programs.isEmpty()) {
            programs.addAll(SmallPrograms.all());
        }
        if (lists) {
            programs.forEach(System.out::println);
            return 0;
        }
        long sum = 0;
        int failed = 0;
        int done = 0;
        for (int i = 0; i < programs.size() && !(firstFailure && failed > 0); i++) {
            if (i % part != 0) {
                continue;
            }
            SmallScope scope = explore(programs.get(i));
            sum += scope.crashes();
            failed += scope.failure() == null ? 0 : 1;
            done++;
        }
        System.out.println("small scope: " + done + " of " + programs.size() + " programs, " + sum + " crashes, "
                + failed + " failures");
        return failed == 0 ? 0 : 1;
    }

    private SmallScope explore(SmallProgram program) {
        long begun = System.nanoTime();
        SmallScope.Bounds bounds = new SmallScope.Bounds(
                Carrier.best(), deviations, waitsAreFree, crashes, schedule == null ? schedules : 1);
        SmallScope scope =
                new SmallScope(program, bounds, schedule == null || schedule.equals("usual") ? "" : schedule);
        scope.explore();
        System.out.println(scope.line((System.nanoTime() - begun) / 1e9));
        return scope;
    }
}
