// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Runs small programs of some threads in every order of their accesses to what they share. States that were met before (same memory,
 * and each thread has had the same answers) are not entered again. An access to a cell that only one thread uses, or that nobody
 * changes, is no step: which cells these are is assumed, and if it turns out wrong, the exploration begins anew.
 */
public final class Explorer {
    /** What is explored. */
    public interface Scene {
        /** Makes what is shared, anew, and answers the threads. */
        List<Program> begin();

        /** Throws if the state must not be. Called in every state. */
        void check();

        /** Throws if the state must not be the last one, with all threads done or, for good, waiting for work. */
        void checkEnd();

        /** What of the state counts as its outcome. */
        String outcome();
    }

    /**
     * A thread.
     *
     * @param endless whether it may wait for ever
     */
    public record Program(String name, boolean endless, Runnable body) {}

    /** What was found wrong, and how it came to be. */
    public static final class Found extends Exception {
        private static final long serialVersionUID = 1L;

        Found(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** How much was explored. */
    public record Result(long states, long steps, double interleavings, int longest, List<String> outcomes) {}

    private static final Explored.Stop STOP = new Explored.Stop();
    private static final int NOBODY = -1;
    /** More steps than that nobody takes: it would never end. */
    private static final int MOST_STEPS = 1_000;

    private static Explorer current;

    private final Scene scene;
    private final BitSet shared = new BitSet();
    /** By cell, the threads that have used it. */
    private int[] users = new int[64];

    private final BitSet written = new BitSet();
    private boolean assumedWrongly;

    private Memory memory;
    private Explored[] threads;
    private boolean[] endless;
    private int[][] blocks;
    private int[] blocksMade;

    private int running = NOBODY;
    private int at;
    private boolean fired;
    private boolean stopped;
    private int choice;

    private final Met met = new Met();
    private final List<String> outcomes = new ArrayList<>();
    private final List<Integer> path = new ArrayList<>();
    private long steps;
    private int longest;

    /** Whether threads run one after the other only. */
    private boolean sequential;

    private Explorer(Scene scene) {
        this.scene = scene;
    }

    /** Explores all orders. */
    public static Result explore(Scene scene) throws Found {
        return new Explorer(scene).run(false);
    }

    /** Runs the threads one after the other, in all orders: one goes on as long as it can. */
    public static Result sequential(Scene scene) throws Found {
        return new Explorer(scene).run(true);
    }

    private Result run(boolean oneAfterTheOther) throws Found {
        current = this;
        try {
            // Most of what is shared shows when one goes after the other.
            sequential = true;
            double interleavings = search();
            if (!oneAfterTheOther) {
                sequential = false;
                interleavings = search();
            }
            return new Result(
                    met.size(),
                    steps,
                    interleavings,
                    longest,
                    outcomes.stream().distinct().sorted().toList());
        } finally {
            current = null;
        }
    }

    private double search() throws Found {
        double orders;
        do {
            begin();
            orders = from(NOBODY);
        } while (assumedWrongly);
        return orders;
    }

    private void begin() throws Found {
        assumedWrongly = false;
        memory = new Memory();
        met.clear();
        outcomes.clear();
        steps = 0;
        longest = 0;
        running = NOBODY;
        List<Program> programs = scene.begin();
        threads = new Explored[programs.size()];
        endless = new boolean[programs.size()];
        blocks = new int[programs.size()][64];
        blocksMade = new int[programs.size()];
        for (int t = 0; t < threads.length; t++) {
            endless[t] = programs.get(t).endless();
            threads[t] = new Explored(programs.get(t).name(), programs.get(t).body());
        }
        for (int t = 0; t < threads.length; t++) {
            advance(t, true);
        }
    }

    // ---- the search -------------------------------------------------------------------------------------------------

    private double from(int last) throws Found {
        if (assumedWrongly) {
            return 0;
        }
        longest = Math.max(longest, path.size());
        long key = memory.hash();
        for (int t = 0; t < threads.length; t++) {
            key += Memory.mix(threads[t].hash * 31 + t);
        }
        if (sequential) {
            key = Memory.mix(key + last);
        }
        double before = met.get(key);
        if (before > 0) {
            return before;
        }
        verify(scene::check);
        double orders = 0;
        boolean stuck = true;
        for (int t = 0; t < threads.length; t++) {
            if (sequential && last != NOBODY && t != last && canGo(last)) {
                continue;
            }
            Explored thread = threads[t];
            if (!canGo(t)) {
                continue;
            }
            stuck = false;
            boolean woken = !thread.waits || isWoken(thread, t);
            if (woken) {
                orders += after(t, 1);
            }
            if (thread.waits && thread.timed) {
                orders += after(t, 0);
            }
        }
        if (stuck) {
            end();
            orders = 1;
        }
        met.put(key, orders);
        return orders;
    }

    private boolean canGo(int t) {
        Explored thread = threads[t];
        if (thread.done) {
            return false;
        }
        if (thread.waits) {
            return thread.timed || isWoken(thread, t);
        }
        return !thread.spins(memory.hash());
    }

    private boolean isWoken(Explored thread, int t) {
        return (memory.number(thread.nextCell) & 1L << t) == 0;
    }

    private double after(int t, int chosen) throws Found {
        Explored thread = threads[t];
        int changes = memory.changes();
        int length = thread.length;
        long hash = thread.hash;
        String kind = thread.nextKind;
        int cell = thread.nextCell;
        boolean waits = thread.waits;
        boolean timed = thread.timed;
        choice = chosen;
        path.add(t);
        if (path.size() > MOST_STEPS) {
            throw found("it takes more than " + MOST_STEPS + " steps", null);
        }
        advance(t, false);
        steps++;
        double orders = from(t);
        path.remove(path.size() - 1);
        memory.takeBack(changes);
        thread.length = length;
        thread.hash = hash;
        thread.nextKind = kind;
        thread.nextCell = cell;
        thread.waits = waits;
        thread.timed = timed;
        thread.done = false;
        return orders;
    }

    private void end() throws Found {
        for (int t = 0; t < threads.length; t++) {
            if (!threads[t].done && !endless[t]) {
                throw found(threads[t].name + " waits for ever", null);
            }
        }
        verify(scene::checkEnd);
        outcomes.add(scene.outcome());
    }

    private void verify(Runnable check) throws Found {
        running = NOBODY;
        try {
            check.run();
        } catch (RuntimeException | AssertionError e) {
            throw found(e.getMessage(), e);
        }
    }

    /** Runs a thread to its next step but one, of which the first is done. */
    private void advance(int t, boolean first) throws Found {
        Explored thread = threads[t];
        running = t;
        at = 0;
        fired = first;
        stopped = false;
        blocksMade[t] = 0;
        try {
            thread.program.run();
            thread.done = true;
            thread.waits = false;
            thread.hash = 0;
        } catch (Explored.Stop e) {
            // The next step.
        } catch (RuntimeException | AssertionError e) {
            throw found(thread.name + ": " + e, e);
        } finally {
            running = NOBODY;
        }
    }

    private Found found(String what, Throwable cause) {
        StringBuilder story = new StringBuilder(what == null ? String.valueOf(cause) : what);
        int[] seen = new int[threads.length];
        for (int t : path) {
            Explored thread = threads[t];
            if (seen[t] < thread.length) {
                int i = seen[t]++;
                while (i < thread.length && !shared.get(thread.cells[i])) {
                    i = seen[t]++;
                }
                if (i < thread.length) {
                    story.append(System.lineSeparator())
                            .append("    ")
                            .append(thread.name)
                            .append(": ");
                    story.append(thread.kinds[i]).append(' ').append(memory.name(thread.cells[i]));
                    story.append(" -> ")
                            .append(thread.references[i] != null ? "ref" : Long.toHexString(thread.numbers[i]));
                }
            }
        }
        return new Found(story.toString(), cause);
    }

    /** Where the running thread is: to be given to {@link #forgetSince}. */
    public static int place() {
        return current.at;
    }

    /**
     * What the running thread has seen since a place has no influence on what it does from now on: it need not be told apart from
     * one that has seen something else.
     */
    public static void forgetSince(int place) {
        if (current.running != NOBODY && isNow() && place < current.at) {
            Explored thread = current.thread();
            thread.hash = thread.hashes[place];
        }
    }

    /** The running thread has come to a point from which on nothing that it has seen matters; each point has a number. */
    public static void forgetAt(int point) {
        if (current.running != NOBODY && isNow()) {
            current.thread().hash = Memory.mix(point);
        }
    }

    /** What is looked at for a check only, also in the middle of a step. */
    public static long look(LongSupplier what) {
        int before = current.running;
        current.running = NOBODY;
        try {
            return what.getAsLong();
        } finally {
            current.running = before;
        }
    }

    // ---- accesses ---------------------------------------------------------------------------------------------------

    /** Whether the running thread has had the answer that it asks for now: then {@link #answer} has it. */
    static boolean isAnswered() {
        Explorer explorer = current;
        return explorer.running != NOBODY
                && explorer.at < explorer.threads[explorer.running].length
                && !explorer.stopped;
    }

    static long answer() {
        Explorer explorer = current;
        return explorer.threads[explorer.running].numbers[explorer.at++];
    }

    /** Something that a thread does to cells at once; the answer is all that it learns. */
    static long step(String kind, int cell, boolean writes, LongSupplier effect) {
        Explorer explorer = current;
        if (explorer.running == NOBODY) {
            return effect.getAsLong();
        }
        if (explorer.reached(kind, cell, writes)) {
            long before = explorer.memory.hash();
            long answer = effect.getAsLong();
            explorer.thread().append(kind, cell, answer, null, 0, before != explorer.memory.hash(), before);
        }
        return explorer.thread().numbers[explorer.at++];
    }

    /** The same for a reference, which is read. */
    static Object read(int cell) {
        Explorer explorer = current;
        if (explorer.running == NOBODY) {
            return explorer.memory.reference(cell);
        }
        if (explorer.reached("read", cell, false)) {
            Object value = explorer.memory.reference(cell);
            explorer.thread()
                    .append("read", cell, 0, value, explorer.memory.stamp(cell), false, explorer.memory.hash());
        }
        return explorer.thread().references[explorer.at++];
    }

    /** Waits until somebody takes this thread's bit out of a cell. Answers whether somebody did. */
    static boolean await(int cell, boolean timed) {
        Explorer explorer = current;
        Explored thread = explorer.thread();
        if (explorer.stopped) {
            throw STOP;
        }
        if (explorer.at == thread.length && explorer.fired) {
            explorer.noteAccess(cell, true);
            thread.waits = true;
            thread.timed = timed;
            explorer.stop("await", cell);
        }
        if (explorer.at == thread.length) {
            explorer.fired = true;
            thread.waits = false;
            thread.append("await", cell, explorer.choice, null, 0, true, explorer.memory.hash());
        }
        return thread.numbers[explorer.at++] != 0;
    }

    /** Whether the access is to be done now; else its answer is known. Ends the run where the step has been done already. */
    private boolean reached(String kind, int cell, boolean writes) {
        if (stopped) {
            throw STOP;
        }
        if (at < thread().length) {
            return false;
        }
        noteAccess(cell, writes);
        if (!shared.get(cell)) {
            return true;
        }
        if (fired) {
            stop(kind, cell);
        }
        fired = true;
        return true;
    }

    private void stop(String kind, int cell) {
        thread().nextKind = kind;
        thread().nextCell = cell;
        stopped = true;
        throw STOP;
    }

    private void noteAccess(int cell, boolean writes) {
        if (cell >= users.length) {
            users = Arrays.copyOf(users, Math.max(cell + 1, 2 * users.length));
        }
        users[cell] |= 1 << running;
        if (writes) {
            written.set(cell);
        }
        if (written.get(cell) && Integer.bitCount(users[cell]) > 1 && !shared.get(cell)) {
            shared.set(cell);
            assumedWrongly = true;
        }
    }

    private Explored thread() {
        return threads[running];
    }

    /** Whether what has no answer is to be done now, together with the step before it. */
    public static boolean isNow() {
        Explorer explorer = current;
        return explorer.running == NOBODY
                || explorer.fired && !explorer.stopped && explorer.at == explorer.thread().length;
    }

    /** The thread that runs. */
    public static int thisThread() {
        return current.running;
    }

    static Memory memory() {
        return current.memory;
    }

    /** New cells; when a thread is run anew, it gets the same. */
    static int allocate(int count, String name) {
        Explorer explorer = current;
        if (explorer.running == NOBODY) {
            return explorer.memory.allocate(count, name);
        }
        int t = explorer.running;
        int n = explorer.blocksMade[t]++;
        if (explorer.blocks[t][n] == 0) {
            explorer.blocks[t][n] = explorer.memory.allocate(count, name) + 1;
        }
        int first = explorer.blocks[t][n] - 1;
        if (isNow()) {
            for (int i = 0; i < count; i++) {
                explorer.memory.set(first + i, 0);
                if (explorer.memory.reference(first + i) != null) {
                    explorer.memory.set(first + i, null, 0);
                }
            }
        }
        return first;
    }

    /** Differs for each reference that is stored by some step. */
    static long stampOfNow() {
        Explorer explorer = current;
        return explorer.running == NOBODY
                ? 1
                : Memory.mix(explorer.thread().length * 64L + explorer.running + explorer.thread().hash) | 1;
    }
}
