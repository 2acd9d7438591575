// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A question on a thread of its own. */
final class Asked {
    private static final long LIMIT_SECONDS = 15;

    private final FutureTask<Object> task;

    Asked(Callable<Object> question) {
        task = new FutureTask<>(question);
        Thread thread = new Thread(task, "asked");
        thread.setDaemon(true);
        thread.start();
    }

    boolean isUnderWay() {
        return !task.isDone();
    }

    /** Its answer, or what it threw. */
    Object answer() throws Exception {
        try {
            return task.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception exception) {
                throw exception;
            }
            throw new AssertionError(e.getCause());
        }
    }
}
