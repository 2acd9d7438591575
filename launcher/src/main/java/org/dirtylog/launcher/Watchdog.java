// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets an end to stopping. A leg or a log that hangs must not keep the process for ever; what it did not finish is what a
 * crash would leave, and the next start copies it.
 */
final class Watchdog {
    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    /** The promise is 20 s; the rest is for what stands before and after. */
    private static final long MOST_SECONDS = 18;

    private static final int HALTED = 3;
    private static final int FRAMES = 6;

    private final AtomicBoolean awake = new AtomicBoolean();

    /** Counts from the first call. */
    void watch() {
        if (awake.compareAndSet(false, true)) {
            Thread thread = new Thread(this::run, "watchdog");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        try {
            // The one place that waits for time itself: there is nothing else to wait for when all else hangs.
            java.util.concurrent.TimeUnit.SECONDS.sleep(MOST_SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            LOG.error(
                    "Not everything stopped within {} s, the process ends now. This is safe: what was being written is"
                            + " recorded as dirty and is copied at the next start. Still busy:",
                    MOST_SECONDS);
            Thread.getAllStackTraces().entrySet().stream()
                    .filter(Watchdog::isTelling)
                    .forEach(entry -> LOG.error("  {}: {}", entry.getKey().getName(), top(entry.getValue())));
        } finally {
            Runtime.getRuntime().halt(HALTED);
        }
    }

    /** Threads of the mirrors, and whoever waits for them. */
    private static boolean isTelling(Map.Entry<Thread, StackTraceElement[]> entry) {
        boolean ours = false;
        for (StackTraceElement frame : entry.getValue()) {
            ours |= frame.getClassName().startsWith("org.dirtylog.")
                    && !frame.getClassName().startsWith("org.dirtylog.launcher.");
        }
        return ours;
    }

    private static String top(StackTraceElement[] trace) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(FRAMES, trace.length); i++) {
            text.append(i == 0 ? "" : " < ").append(trace[i]);
        }
        return text.toString();
    }
}
