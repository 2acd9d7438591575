// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.seams.Clock;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;

/**
 * The life of one guarded log: its state, how it fails, and how a call is passed to it. What the single methods mean is in
 * {@link GuardedLog}.
 */
final class LogLife {
    private static final String SAFE =
            " What was flushed before is safe; what was marked since counts as dirty, and no write that waits for it is"
                    + " sent. The log is given up: its medium is not used again until the log has let go of it.";

    /** Asks a log. */
    @FunctionalInterface
    interface Question<T> {
        /** Asks it. */
        T ask(DirtyLog log) throws DirtyLogException;
    }

    private final String typeName;
    private final Lane lane;
    private final Tasks tasks;
    private final HostGate host;
    private final AtomicReference<LogState> state = new AtomicReference<>(LogState.SUSPENDED);
    private final AtomicReference<DirtyLogException.Failed> failure = new AtomicReference<>();

    private final AtomicBoolean closing = new AtomicBoolean();
    private final Signal closed;
    private volatile boolean closeDone;

    private volatile DirtyLog log;
    private volatile LogStatus lastStatus;
    private volatile boolean statusWanted;

    LogLife(String typeName, LogSpec spec, HostGate host, Tasks tasks, Clock clock) {
        this.typeName = typeName;
        this.host = host;
        this.tasks = tasks;
        String name = "log/" + typeName + "/" + spec.mirrorId();
        lastStatus = new LogStatus(typeName, LogStatus.Health.ALIVE, List.of(), spec.tableArguments());
        closed = tasks.signal(name + "/closed");
        lane = new Lane(name, tasks, clock, spec.patience(), this::hung);
        host.serve(lane);
    }

    LogState state() {
        return state.get();
    }

    DirtyLogException.Failed failure() {
        return failure.get();
    }

    /** Makes a log. */
    @FunctionalInterface
    interface Maker {
        /** Makes it. */
        DirtyLog make() throws DirtyLogException;
    }

    /** The first call: it makes the log. If it fails, nothing is left of this life. */
    void create(Maker maker, RegionGeometry geometry) throws DirtyLogException {
        AtomicReference<RegionGeometry> covers = new AtomicReference<>();
        Call call = new Call(Method.CREATE, () -> {
            DirtyLog made = maker.make();
            if (made != null) {
                covers.set(made.geometry());
                lastStatus = statusOf(made);
            }
            return made;
        });
        lane.take(call);
        lane.runBounded(call);
        log = (DirtyLog) call.outcome().answer();
        boolean done = false;
        try {
            ending(call, answer -> {
                if (answer == null) {
                    return "null";
                }
                return geometry.equals(covers.get()) ? null : "a log of " + covers.get() + ", asked for " + geometry;
            });
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    // ---- calls ------------------------------------------------------------------------------------------------------

    /** Passes a call that may block, and judges the answer: {@code wrong} says what is wrong with it, or {@code null}. */
    <T> T ask(Method method, Question<T> question, Function<T, String> wrong) throws DirtyLogException {
        Call call = new Call(method, () -> {
            try {
                return question.ask(log);
            } finally {
                refreshStatus();
            }
        });
        if (!enter(call)) {
            throw again(method);
        }
        lane.runBounded(call);
        return ending(call, wrong);
    }

    /** Passes a call that does not block. On a log that has failed it has no effect: the flush that follows will say so. */
    void tell(Method method, Consumer<DirtyLog> message) {
        Call call = new Call(method, () -> {
            message.accept(log);
            return null;
        });
        if (!enter(call)) {
            return;
        }
        lane.runHere(call);
        try {
            ending(call, answer -> null);
        } catch (DirtyLogException e) {
            // Latched by ending; callers learn it from the next flush, or from failed().
            statusWanted = true;
        }
    }

    /** Asks without waiting: {@code null} if the log is busy, has gone, or gives no answer. */
    <T> T askNow(Method method, Function<DirtyLog, T> question) {
        LogState now = state.get();
        if (now == LogState.LOST || now == LogState.CLOSED) {
            return null;
        }
        AtomicReference<T> answer = new AtomicReference<>();
        Call call = new Call(method, () -> {
            answer.set(question.apply(log));
            return null;
        });
        if (!lane.takeNow(call)) {
            return null;
        }
        lane.runHere(call);
        lane.give(call);
        return call.outcome().thrown() == null ? answer.get() : null;
    }

    /** Takes the turn in a state that allows the call; {@code false} if the log has failed. */
    private boolean enter(Call call) {
        Method method = call.method();
        boolean turn = !state.get().equals(LogState.LOST) && lane.take(call);
        LogState now = state.get();
        if (turn && method.allowedIn(now)) {
            return true;
        }
        if (turn) {
            lane.give(call);
        }
        if (now.hasFailed()) {
            lane.refuseReentry(method);
            return false;
        }
        throw new IllegalStateException("log type " + typeName + ": " + method + " in state " + now + ", allowed in "
                + new TreeSet<>(method.states()));
    }

    /** Judges how a call ended, changes the state, gives the turn back. */
    private <T> T ending(Call call, Function<T, String> wrong) throws DirtyLogException {
        Call.Outcome outcome = call.outcome();
        if (outcome.givenUp()) {
            // The log is still inside and keeps the turn.
            throw (DirtyLogException) outcome.thrown();
        }
        try {
            Method method = call.method();
            if (outcome.thrown() != null) {
                throw judged(method, outcome.thrown());
            }
            @SuppressWarnings("unchecked")
            T answer = (T) outcome.answer();
            String breach = wrong.apply(answer);
            if (breach != null) {
                throw broken(method, "answered " + breach, null);
            }
            move(method.after(true));
            return answer;
        } finally {
            lane.give(call);
        }
    }

    private DirtyLogException judged(Method method, Throwable thrown) {
        if (!(thrown instanceof DirtyLogException declared) || !method.mayThrow(declared)) {
            return broken(method, "threw " + thrown, thrown);
        }
        if (declared instanceof DirtyLogException.Failed failed) {
            failure.compareAndSet(null, failed);
            boolean used = state.get() == LogState.RUNNING || state.get() == LogState.DRAINING;
            if (used) {
                move(LogState.FAILED);
            } else if (state.get() != LogState.FAILED) {
                lose(failed);
            }
        } else if (method == Method.RESUME_FROM) {
            lose(new DirtyLogException.Failed("log type " + typeName + ": resumeFrom was not completed", declared));
        } else {
            move(method.after(false));
        }
        return declared;
    }

    private void move(LogState to) {
        if (to != null) {
            state.updateAndGet(from -> from.next().contains(to) ? to : from);
        }
    }

    // ---- failure ----------------------------------------------------------------------------------------------------

    private DirtyLogException.Failed broken(Method method, String what, Throwable cause) {
        DirtyLogException.Failed why = new DirtyLogException.Failed(
                "log type " + typeName + " broke its contract: " + method + " " + what + "." + SAFE, cause);
        lose(why);
        return why;
    }

    private void hung(Call call) {
        lose(new DirtyLogException.Failed(
                "log type " + typeName + ": " + call.method() + " has not returned within the log's patience of "
                        + lane.patienceNanos() / 1_000_000 + " ms." + SAFE));
    }

    private void lose(DirtyLogException.Failed why) {
        failure.compareAndSet(null, why);
        state.updateAndGet(from -> from.next().contains(LogState.LOST) ? LogState.LOST : from);
        host.giveUp();
        lane.bar(why);
    }

    private DirtyLogException.Failed again(Method method) {
        DirtyLogException.Failed first = failure.get();
        return new DirtyLogException.Failed(
                "log type " + typeName + ": " + method + " was not passed on, for the log failed before: "
                        + first.getMessage(),
                first);
    }

    // ---- end --------------------------------------------------------------------------------------------------------

    void abandon() {
        if (state.get() != LogState.CLOSED) {
            lose(new DirtyLogException.Failed("log type " + typeName + " was abandoned by its mirror." + SAFE));
        }
        beginClosing();
    }

    void close() {
        lane.refuseReentry(Method.CLOSE);
        LogState before = state.getAndSet(LogState.CLOSED);
        if (before == LogState.CLOSED) {
            return;
        }
        if (before != LogState.LOST) {
            // What is under way may end; a call that hangs is left behind.
            lane.drain();
        }
        lane.bar(new DirtyLogException.Failed(
                "log type " + typeName + " was closed while the call was under way." + SAFE));
        beginClosing();
        host.close();
        closed.await(() -> closeDone, lane.clock().nanos() + lane.patienceNanos());
    }

    /** On a task of its own, for the last call may be stuck. */
    private void beginClosing() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        DirtyLog last = log;
        if (last == null) {
            closeDone = true;
            return;
        }
        tasks.start(lane.name() + "/close", () -> {
            try {
                last.close();
            } catch (Throwable thrown) {
                failure.compareAndSet(
                        null,
                        new DirtyLogException.Failed(
                                "log type " + typeName + " broke its contract: close threw " + thrown, thrown));
            } finally {
                closeDone = true;
                closed.raise();
            }
        });
    }

    // ---- status -----------------------------------------------------------------------------------------------------

    LogStatus status() {
        LogStatus now = askNow(Method.STATUS, DirtyLog::status);
        if (now != null) {
            lastStatus = now;
        } else {
            statusWanted = true;
        }
        return state.get() == LogState.LOST ? dead(lastStatus) : lastStatus;
    }

    /** Within a call, so that a status is at hand when the log is busy or hangs later. */
    private void refreshStatus() {
        if (host.takeStatusChanged() || statusWanted) {
            statusWanted = false;
            lastStatus = statusOf(log);
        }
    }

    private LogStatus statusOf(DirtyLog from) {
        try {
            LogStatus now = from.status();
            return now == null ? lastStatus : now;
        } catch (RuntimeException e) {
            return lastStatus;
        }
    }

    private static LogStatus dead(LogStatus last) {
        List<String> details = new ArrayList<>(last.details());
        int letter = details.size() - 1;
        if (letter >= 0
                && details.get(letter).equals(String.valueOf(last.health().letter()))) {
            details.set(letter, String.valueOf(LogStatus.Health.DEAD.letter()));
        }
        return new LogStatus(last.typeName(), LogStatus.Health.DEAD, details, last.arguments());
    }
}
