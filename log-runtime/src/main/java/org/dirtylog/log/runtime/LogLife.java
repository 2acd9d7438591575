// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

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

    /** So many messages may wait; whoever adds one more waits until they have been passed. */
    private static final int MOST_MESSAGES = 1024;

    /** So long may a caller stay who does not want to wait. */
    private static final long MOMENT_NANOS = 5_000_000;

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
    private final Messages messages = new Messages();
    private final LastStatus status;
    private final AtomicReference<LogState> state = new AtomicReference<>(LogState.SUSPENDED);
    private final AtomicReference<DirtyLogException.Failed> failure = new AtomicReference<>();

    private final AtomicBoolean closing = new AtomicBoolean();
    private final Signal closed;
    private volatile boolean closeDone;

    private volatile DirtyLog log;

    LogLife(String typeName, LogSpec spec, HostGate host, Tasks tasks, Clock clock) {
        this.typeName = typeName;
        this.host = host;
        this.tasks = tasks;
        String name = "log/" + typeName + "/" + spec.mirrorId();
        status = new LastStatus(new LogStatus(typeName, LogStatus.Health.ALIVE, List.of(), spec.tableArguments()));
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
        AtomicReference<Object> covers = new AtomicReference<>();
        Call call = new Call(Method.CREATE, self -> {
            DirtyLog made = maker.make();
            // First of all, so that it is closed whatever it does next.
            log = made;
            if (made != null) {
                covers.set(geometryOf(made));
                status.ask(self, made);
            }
            return made;
        });
        lane.take(call);
        boolean done = false;
        try {
            lane.runBounded(call);
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

    private static Object geometryOf(DirtyLog made) {
        try {
            return made.geometry();
        } catch (Throwable thrown) {
            return "no geometry, it threw " + thrown;
        }
    }

    // ---- calls ------------------------------------------------------------------------------------------------------

    /** Passes a call that may block, and judges the answer: {@code wrong} says what is wrong with it, or {@code null}. */
    <T> T ask(Method method, Question<T> question, Function<T, String> wrong) throws DirtyLogException {
        Call call = new Call(method, self -> {
            try {
                passMessages(self);
                return self.isOver() ? null : question.ask(log);
            } finally {
                // A log that was given up is asked nothing more.
                if (!self.isOver()) {
                    status.refresh(self, log, host.takeStatusChanged());
                }
            }
        });
        if (!enter(call)) {
            throw again(method);
        }
        lane.runBounded(call);
        return ending(call, wrong);
    }

    /**
     * Says something to the log, before the next question. On a log that has failed it has no effect: the flush that follows
     * will say so.
     */
    void tell(Method method, Consumer<DirtyLog> content) {
        lane.refuseReentry(method);
        LogState now = state.get();
        if (!method.allowedIn(now)) {
            if (now.hasFailed()) {
                return;
            }
            throw wrongState(method, now);
        }
        if (messages.add(new Messages.Message(method, content)) >= MOST_MESSAGES) {
            passNow(method);
        }
    }

    private void passNow(Method method) {
        Call call = new Call(method, self -> {
            passMessages(self);
            return null;
        });
        if (!enter(call)) {
            return;
        }
        lane.runBounded(call);
        try {
            ending(call, answer -> null);
        } catch (DirtyLogException e) {
            // Latched by ending; callers learn it from the next flush, or from failed().
            status.want();
        }
    }

    /**
     * Within a call. A message is passed in a state that allows it: what was said while the log was being suspended, or has
     * failed meanwhile, is dropped.
     */
    private void passMessages(Call self) {
        for (Messages.Message message : messages.takeAll()) {
            if (message.method().allowedIn(state.get())) {
                self.goInside(message.method());
                message.content().accept(log);
            }
        }
        self.goInside(self.method());
    }

    /** Asks and waits for a moment only: {@code null} if the log is busy, has gone, or gives no answer at once. */
    <T> T askNow(Method method, Function<DirtyLog, T> question) {
        if (!messages.isEmpty()) {
            // It does not know yet what it would answer.
            return null;
        }
        AtomicReference<T> answer = new AtomicReference<>();
        passLoosely(new Call(method, self -> {
            answer.set(question.apply(log));
            return null;
        }));
        return answer.get();
    }

    /** Passes a call if nobody else is inside, and tells whether it was passed. */
    private boolean passLoosely(Call call) {
        LogState now = state.get();
        if (now == LogState.LOST || now == LogState.CLOSED || !lane.takeNow(call)) {
            return false;
        }
        lane.runLoosely(call, MOMENT_NANOS);
        return true;
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
        throw wrongState(method, now);
    }

    private IllegalStateException wrongState(Method method, LogState now) {
        return new IllegalStateException("log type " + typeName + ": " + method + " in state " + now + ", allowed in "
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
                throw judged(call, outcome.thrown());
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

    private DirtyLogException judged(Call call, Throwable thrown) {
        Method method = call.inside();
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
                "log type " + typeName + ": " + call.inside() + " has not returned within the log's patience of "
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
        host.closeMedia();
    }

    /** On a task of its own, for the last call may be stuck. */
    private void beginClosing() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        DirtyLog last = log;
        if (last == null) {
            host.closeMedia();
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
                host.closeMedia();
                closeDone = true;
                closed.raise();
            }
        });
    }

    // ---- status -----------------------------------------------------------------------------------------------------

    LogStatus status() {
        Call call = new Call(Method.STATUS, self -> {
            status.ask(self, log);
            return null;
        });
        if (!passLoosely(call)) {
            status.want();
        }
        return state.get() == LogState.LOST ? status.dead() : status.get();
    }
}
