// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;

/** A test log behind its guard. */
final class Rig {
    static final long REGIONS = 10;
    static final Duration PATIENCE = Duration.ofMillis(300);

    final TestTasks tasks = new TestTasks();
    final TestHost host = new TestHost();
    final TestOpening opening = new TestOpening();
    final LogSpec spec =
            LogSpec.of(new UUID(1, 2), new RegionGeometry(REGIONS * 8, 8)).withPatience(PATIENCE);
    /** Of the log made last, also if making it failed. */
    volatile TestLog log;
    /** What the log has as its host. */
    volatile LogHost seenHost;

    final GuardedLog guard;

    Rig() throws DirtyLogException {
        guard = create((theSpec, theHost) -> new TestLog(theSpec));
    }

    private Rig(GuardedLog none) {
        guard = none;
    }

    /** For tests of what goes wrong in the making. */
    static Rig withoutLog() {
        return new Rig(null);
    }

    GuardedLog create(BiFunction<LogSpec, LogHost, DirtyLog> maker) throws DirtyLogException {
        TypeRegistry registry = new TypeRegistry(tasks, tasks);
        registry.add(type("test", maker), Map.of());
        return registry.create("test", spec, host);
    }

    private DirtyLogType type(String name, BiFunction<LogSpec, LogHost, DirtyLog> maker) {
        return new DirtyLogType() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public List<String> parameters() {
                return List.of();
            }

            @Override
            public DirtyLog create(LogSpec theSpec, LogHost theHost) {
                seenHost = theHost;
                DirtyLog made = maker.apply(theSpec, theHost);
                log = made instanceof TestLog testLog ? testLog : null;
                return made;
            }
        };
    }

    Rig running() throws DirtyLogException {
        guard.resume(opening);
        return this;
    }

    /** Returns when no task of the guard runs any more. */
    void awaitNoTask() throws InterruptedException {
        for (int i = 0; i < 2000 && tasks.running() > 0; i++) {
            Thread.sleep(5);
        }
        if (tasks.running() > 0) {
            throw new AssertionError(tasks.running() + " tasks are left behind");
        }
    }
}
