// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Randomness;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * One life of a simulated machine: tasks of which exactly one runs, and a time that jumps. At each call through a seam the one
 * that runs may be left for any other, by the dice. It ends when its main task has ended, when it was told to crash, when
 * something was found to be wrong, or when all tasks wait for each other.
 */
public final class Scheduler implements Tasks, Clock, Randomness {
    /** Every so many steps it is checked that no monitor is held; it costs as much as fifty steps. */
    private static final int MONITOR_CHECK = 4096;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** How a life ended. */
    public enum Ending {
        /** The main task returned. */
        DONE,
        /** At the step it was told to. */
        CRASHED,
        /** {@link Scheduler#failure()} says why. */
        FAILED
    }

    private final Carrier carrier;
    private final Dice dice;
    private final Dice randomness;
    private final Trace trace;
    private final long firstNanos;

    private final Order ready;
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final ArrayDeque<SimTask> live = new ArrayDeque<>();
    private SimTask current;
    private SimTask main;
    private Ending ending;
    private String failure;
    private boolean judging;
    private long now;
    private long steps;
    private long crashAt = Long.MAX_VALUE;
    private Runnable observer;
    private long stepLimit = 400_000;
    private long sequence;
    private int taskCount;

    /**
     * Starts a life.
     *
     * @param carrier    what coroutines run on
     * @param dice       decides everything
     * @param trace      hears of everything
     * @param pace       how often to leave a task
     * @param firstNanos the time at which it begins
     */
    public Scheduler(Carrier carrier, Dice dice, Trace trace, Pace pace, long firstNanos) {
        this(carrier, dice, dice, trace, new DiceOrder(dice, pace), firstNanos);
    }

    /**
     * Starts a life in which nothing is left to the dice: devices do what they are told, at once.
     *
     * @param carrier    what coroutines run on
     * @param randomness gives the code under test its random numbers
     * @param trace      hears of everything
     * @param order      says who runs
     * @param firstNanos the time at which it begins
     */
    public Scheduler(Carrier carrier, Dice randomness, Trace trace, ChosenOrder order, long firstNanos) {
        this(carrier, Dice.still(), randomness, trace, order, firstNanos);
    }

    private Scheduler(Carrier carrier, Dice dice, Dice randomness, Trace trace, Order order, long firstNanos) {
        this.carrier = carrier;
        this.dice = dice;
        this.randomness = randomness;
        this.trace = trace;
        this.firstNanos = firstNanos;
        this.now = firstNanos;
        this.ready = order;
    }

    /** How often tasks are left for others. */
    public enum Pace {
        /** One seam call in fifty. */
        SELDOM,
        /** One in six. */
        OFTEN,
        /** Every second one. */
        ALWAYS,
        /** Each task has a rank by the dice, the highest runs; now and then ranks change. */
        RANKED
    }

    private record Timer(long at, long order, SimTask task, long ticket) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
        }
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    /**
     * Tells when to crash.
     *
     * @param newCrashAt how many steps from the beginning
     */
    public void crashAt(long newCrashAt) {
        crashAt = newCrashAt;
    }

    /**
     * Has somebody look at every step.
     *
     * @param newObserver calls no seam
     */
    public void observe(Runnable newObserver) {
        observer = newObserver;
    }

    /** Something was made to fail: the machine crashes soon after, now and then, while that is dealt with. */
    void hasFailed() {
        if (crashAt != Long.MAX_VALUE && dice.oneIn(4)) {
            crashAt = Math.min(crashAt, steps + 1 + dice.below(dice.pick(10, 40, 150)));
        }
    }

    /**
     * Runs until the end.
     *
     * @param body the main task
     * @return how it ended; all tasks are gone
     */
    public Ending run(Runnable body) {
        main = begin("main", body);
        while (ending == null && !main.ended) {
            SimTask next = ready.take();
            if (next != null) {
                resume(next);
            } else if (timers.isEmpty()) {
                fail("all tasks wait for each other");
            } else {
                fire(timers.poll());
            }
        }
        Ending how = ending == null ? Ending.DONE : ending;
        ending = how;
        for (SimTask task : live) {
            if (!task.ended) {
                task.coroutine.abandon();
            }
        }
        return how;
    }

    private void resume(SimTask task) {
        current = task;
        trace.step(task.number);
        task.coroutine.resume();
        current = null;
    }

    private void fire(Timer timer) {
        if (timer.task.ticket == timer.ticket && !timer.task.ended) {
            now = Math.max(now, timer.at);
            wake(timer.task);
        }
    }

    private void wake(SimTask task) {
        task.ticket++;
        if (task.waitsAt != null) {
            task.waitsAt.remove(task);
            task.waitsAt = null;
        }
        ready.add(task);
    }

    private SimTask begin(String name, Runnable body) {
        SimTask task = new SimTask(name, taskCount++, dice.next());
        task.coroutine = carrier.create(() -> runTask(task, body));
        live.add(task);
        ready.add(task);
        if (live.size() > 64) {
            live.removeIf(other -> other.ended);
        }
        return task;
    }

    private void runTask(SimTask task, Runnable body) {
        try {
            body.run();
        } catch (Carrier.Abandoned e) {
            throw e;
        } catch (RuntimeException | Error e) {
            if (ending == null) {
                fail("task " + task.name + " threw " + Stacks.text(e));
            }
        }
        task.ended = true;
    }

    /**
     * Ends the life because something is wrong. May be called by a task, which then does not go on, or by who watches it.
     *
     * @param why what is wrong
     */
    public void fail(String why) {
        if (ending == null) {
            ending = Ending.FAILED;
            failure = why + waiting();
        }
        if (current != null && !judging) {
            stopHere();
        }
    }

    private String waiting() {
        StringBuilder text = new StringBuilder();
        for (SimTask task : live) {
            if (!task.ended) {
                text.append("\n    task ").append(task.number).append(' ').append(task.name);
                text.append(task == current ? " runs" : task.waitsAt == null ? " is ready or sleeps" : " waits at ");
                text.append(task.waitsAt == null ? "" : task.waitsAt.name);
            }
        }
        return text.toString();
    }

    private void stopHere() {
        while (true) {
            carrier.suspend();
        }
    }

    // ---- seams ------------------------------------------------------------------------------------------------------

    /**
     * A call through a seam: the baton may go elsewhere, and the machine may crash here.
     *
     * @param what for the trace
     * @param a    a number that matters
     * @param b    another one
     */
    public void point(String what, long a, long b) {
        mustBeInside(what);
        trace.point(current.number, current.name, what, a, b, now);
        steps++;
        if (observer != null) {
            observer.run();
        }
        if (steps >= crashAt) {
            ending = Ending.CRASHED;
            stopHere();
        }
        if (steps >= stepLimit) {
            fail("no end after " + steps + " steps");
        }
        if (steps % MONITOR_CHECK == 0) {
            checkMonitors(what);
        }
        if (ready.leaves(current, steps)) {
            ready.add(current);
            carrier.suspend();
            mustBeInside(what);
        }
    }

    private void mustBeInside(String what) {
        if (ending != null) {
            stopHere();
        }
        if (judging) {
            failure = "a condition called a seam: " + what;
            ending = Ending.FAILED;
            judging = false;
            stopHere();
        }
    }

    /** In the simulator another task would wait for the monitor while nobody runs who could leave it. */
    private void checkMonitors(String what) {
        ThreadInfo self = THREADS.getThreadInfo(new long[] {ThreadIds.current()}, true, false)[0];
        if (self.getLockedMonitors().length > 0) {
            fail(what + " is called while a monitor is held: " + self.getLockedMonitors()[0]);
        }
    }

    /**
     * Lets the task that runs sleep.
     *
     * @param nanos how long
     */
    public void sleep(long nanos) {
        point("sleep", nanos, 0);
        timers.add(new Timer(now + nanos, sequence++, current, current.ticket));
        carrier.suspend();
        mustBeInside("sleep");
    }

    @Override
    public void start(String name, Runnable task) {
        point("start", taskCount, 0);
        begin(name, task);
        point("started", taskCount, 0);
    }

    @Override
    public void startAfter(long delayNanos, String name, Runnable task) {
        point("startAfter", delayNanos, 0);
        SimTask later = new SimTask(name, taskCount++, dice.next());
        later.coroutine = carrier.create(() -> runTask(later, task));
        live.add(later);
        timers.add(new Timer(now + delayNanos, sequence++, later, later.ticket));
    }

    @Override
    public Signal signal(String name) {
        return new SimSignal(this, name);
    }

    @Override
    public long nanos() {
        point("nanos", 0, 0);
        return now;
    }

    @Override
    public long epochMillis() {
        return 1_700_000_000_000L + (now - firstNanos) / 1_000_000;
    }

    @Override
    public long next() {
        return randomness.next();
    }

    // ---- waiting, for signals ---------------------------------------------------------------------------------------

    boolean holds(java.util.function.BooleanSupplier condition) {
        judging = true;
        try {
            return condition.getAsBoolean();
        } finally {
            judging = false;
        }
    }

    /** Leaves the current task until it is woken, or the deadline comes. */
    void waitAt(SimSignal signal, long deadlineNanos) {
        SimTask task = current;
        task.waitsAt = signal;
        signal.add(task);
        if (deadlineNanos != Signal.NEVER) {
            timers.add(new Timer(deadlineNanos, sequence++, task, task.ticket));
        }
        carrier.suspend();
        mustBeInside("await");
    }

    void wakeAll(SimSignal signal) {
        while (!signal.isEmpty()) {
            wake(signal.last());
        }
    }

    // ---- what others see --------------------------------------------------------------------------------------------

    /**
     * The dice, for those who decide on behalf of the world.
     *
     * @return the same on every call
     */
    public Dice dice() {
        return dice;
    }

    /**
     * The time, for those outside the seams.
     *
     * @return nanoseconds
     */
    public long time() {
        return now;
    }

    /**
     * Steps done.
     *
     * @return 0 or more
     */
    public long steps() {
        return steps;
    }

    /**
     * What was wrong.
     *
     * @return the reason, or {@code null}
     */
    public String failure() {
        return failure;
    }

    /**
     * Names the task that runs.
     *
     * @return its name
     */
    public String currentName() {
        return current == null ? "nobody" : current.name;
    }

    /**
     * Tells whether a task of this name is there.
     *
     * @param suffix how its name ends
     * @return whether one has begun or is about to, and has not ended
     */
    public boolean isThere(String suffix) {
        for (SimTask task : live) {
            if (!task.ended && task.name.endsWith(suffix)) {
                return true;
            }
        }
        return false;
    }
}
