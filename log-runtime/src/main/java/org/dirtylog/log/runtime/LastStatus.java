// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.LogStatus.Health;

/** What a log said of itself last, so that an answer is at hand when it is busy or hangs. Safe for use by many threads. */
final class LastStatus {
    private volatile LogStatus last;
    private volatile boolean wanted;

    LastStatus(LogStatus first) {
        last = first;
    }

    /** Somebody asked, and the log was busy. */
    void want() {
        wanted = true;
    }

    /** Asks the log within a call, if that is worth it. */
    void refresh(Call self, DirtyLog log, boolean changed) {
        if (changed || wanted) {
            wanted = false;
            ask(self, log);
        }
    }

    /** Asks the log within a call. Whatever it throws says nothing about the rest of that call. */
    void ask(Call self, DirtyLog log) {
        Method before = self.inside();
        self.goInside(Method.STATUS);
        try {
            LogStatus now = log.status();
            last = now == null ? last : now;
        } catch (Throwable thrown) {
            // What was known stays the answer.
        } finally {
            self.goInside(before);
        }
    }

    LogStatus get() {
        return last;
    }

    /** Of a log that nobody asks any more. As in the kernel, F outranks D. */
    LogStatus dead() {
        LogStatus now = last;
        if (now.health() == Health.FLUSH_FAILED) {
            return now;
        }
        List<String> details = new ArrayList<>(now.details());
        int letter = details.size() - 1;
        if (letter >= 0 && details.get(letter).equals(letterOf(now.health()))) {
            details.set(letter, letterOf(Health.DEAD));
        }
        return new LogStatus(now.typeName(), Health.DEAD, details, now.arguments());
    }

    private static String letterOf(Health health) {
        return String.valueOf(health.letter());
    }
}
