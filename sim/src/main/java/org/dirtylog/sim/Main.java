// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.dirtylog.sim.world.Trace;

/** The command behind {@code sim/run}. */
public final class Main {
    private static final String USAGE = """
            sim/run FIRST LAST [OPTIONS]    run seeds, print one line; 1 if something is wrong
            sim/run --seed N [OPTIONS]      run one seed
              --notes              print what was done and decided in it, and not each step
              --without PARTS      leave out lives, operations, faults or the operator of lives: life3,op17,faults4,operator4
              --unshrunk           do not look for the least that fails
              --coverage           print in which states what failed; 1 if a required pair was never met
              --trace              print everything that happens in it
              --no-troubles        devices do not fail, nobody changes files
              --leg-troubles       legs fail or hang in every history
              --reshape            legs come and go and the mirror grows in every history
              --nbd                clients come over an NBD connection in every history
              --silent-faults      disks lose and misdirect writes and lie about forces in every history
              --only-crashes       judge what survives crashes, and not each write
              --crashes N          the most that count in a history, 1 to 10 (10)
              --until-crashes N    stop when so many have been counted
              --seconds N          stop after so long
              --first-failure      stop at the first failure

            sim/run --each FILE             run what its lines say, each a --seed N [OPTIONS]

            sim/run --small [PROGRAM…] [OPTIONS]    small programs in all schedules and all crashes; all programs if none is named
              --deviations N       the most in a schedule (1)
              --waits-are-free     only preemptions are deviations
              --crashes N          how often power may fail, 1 or 2 (1)
              --schedules N        the most of one program
              --one-in N           every so many of the programs
              --schedule CHOICES   only this one, as a failure shows it
              --list               print the programs
              --first-failure      stop at the first failure""";

    private Long seed;
    private final List<Long> range = new ArrayList<>();
    private boolean trace;
    private boolean firstFailure;
    private boolean coverage;
    private boolean notes;
    private boolean shrinks = true;
    private long untilCrashes = Long.MAX_VALUE;
    private long seconds = Long.MAX_VALUE / 2_000_000_000L;
    private Options options = Options.usual();

    private Main() {}

    /**
     * Runs.
     *
     * @param arguments see the usage, which is printed if they make no sense
     */
    public static void main(String[] arguments) {
        Deque<String> words = new ArrayDeque<>(List.of(arguments));
        IntSupplier command = null;
        try {
            if ("--small".equals(words.peek())) {
                words.pop();
                command = new SmallScopes(words)::run;
            } else if ("--each".equals(words.peek())) {
                words.pop();
                command = each(words);
            } else {
                command = new Main().command(words);
            }
        } catch (IllegalArgumentException e) {
            System.err.println("sim/run: " + e.getMessage() + "\n" + USAGE);
            System.exit(2);
        }
        System.exit(command.getAsInt());
    }

    private IntSupplier command(Deque<String> words) {
        read(words);
        return seed != null ? this::one : this::many;
    }

    /** What the lines of a file say, but for comments; 1 if one of them fails. */
    private static IntSupplier each(Deque<String> words) {
        String file = words.isEmpty() ? "nothing" : words.pop();
        List<IntSupplier> commands = new ArrayList<>();
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            lines.filter(line -> !line.startsWith("#"))
                    .forEach(line -> commands.add(new Main().command(new ArrayDeque<>(List.of(line.split(" "))))));
        } catch (IOException e) {
            throw new IllegalArgumentException("'" + file + "' where a file is expected: " + e, e);
        }
        return () -> commands.stream().mapToInt(IntSupplier::getAsInt).max().orElse(1);
    }

    private void read(Deque<String> words) {
        while (!words.isEmpty()) {
            String word = words.pop();
            switch (word) {
                case "--seed" -> seed = number(words);
                case "--trace" -> trace = true;
                case "--notes" -> notes = true;
                case "--without" -> options = options.withCuts(Cuts.of(words.isEmpty() ? "" : words.pop()));
                case "--unshrunk" -> shrinks = false;
                case "--coverage" -> coverage = true;
                case "--first-failure" -> firstFailure = true;
                case "--until-crashes" -> untilCrashes = number(words);
                case "--seconds" -> seconds = number(words);
                case "--no-troubles" -> options = options.withoutTroubles();
                case "--only-crashes" -> options = options.onlyCrashes();
                case "--crashes" -> options = options.withCrashes(crashes(words));
                default -> {
                    Optional<Options.Theme> theme = Options.Theme.of(word);
                    if (theme.isPresent()) {
                        options = options.withAlways(theme.get());
                    } else {
                        words.push(word);
                        range.add(number(words));
                    }
                }
            }
        }
        if (seed == null && range.size() != 2 || seed != null && !range.isEmpty()) {
            throw new IllegalArgumentException("give either --seed N or FIRST LAST");
        }
    }

    private static int crashes(Deque<String> words) {
        long count = number(words);
        if (count < 1 || count > 10) {
            throw new IllegalArgumentException("from 1 to 10 crashes a history, not " + count);
        }
        return (int) count;
    }

    static long number(Deque<String> words) {
        String word = words.isEmpty() ? "nothing" : words.pop();
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + word + "' where a number is expected", e);
        }
    }

    private int one() {
        Consumer<String> printer = trace || notes ? System.out::println : null;
        MessageTrace.printTo(printer);
        History.Outcome outcome = History.run(seed, options, new Trace(printer, trace));
        System.out.println("seed " + seed + options + ": " + outcome.crashes() + " crashes, " + outcome.operations()
                + " operations, trace " + Long.toHexString(outcome.hash()));
        System.out.println(outcome.failure() == null ? "nothing is wrong" : "FAILED: " + outcome.failure());
        return outcome.failure() == null ? 0 : 1;
    }

    private int many() {
        Tally tally = new Tally();
        long begun = System.nanoTime();
        long first = range.get(0);
        long end = new Runs(options, shrinks)
                .run(
                        first,
                        range.get(1) + 1,
                        tally,
                        () -> tally.crashes() >= untilCrashes
                                || firstFailure && tally.failed() > 0
                                || System.nanoTime() - begun > seconds * 1_000_000_000L);
        System.out.print(tally.failures());
        System.out.println(tally.line(first, end, (System.nanoTime() - begun) / 1e9, options));
        return tally.failed() == 0 && (!coverage || isCovered(tally.coverage())) ? 0 : 1;
    }

    private static boolean isCovered(Coverage met) {
        System.out.print(met.table());
        met.holes().forEach(hole -> System.out.println("NEVER MET: " + hole));
        return met.holes().isEmpty();
    }
}
