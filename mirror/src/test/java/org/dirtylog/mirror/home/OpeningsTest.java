// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.Queue;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;
import org.junit.jupiter.api.Test;

class OpeningsTest {
    private static final int AT_ONCE = 16;

    /** Tasks that begin when the test says so. */
    private static final class Begun implements Tasks {
        final Queue<Runnable> tasks = new ArrayDeque<>();
        final Queue<Runnable> alarms = new ArrayDeque<>();

        @Override
        public void start(String name, Runnable task) {
            tasks.add(task);
        }

        @Override
        public void startAfter(long delayNanos, String name, Runnable task) {
            alarms.add(task);
        }

        @Override
        public Signal signal(String name) {
            throw new UnsupportedOperationException(name);
        }
    }

    private final Begun begun = new Begun();
    private final Openings openings = new Openings(begun);

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            openings.add("m" + i, () -> {});
        }
    }

    @Test
    void a_few_are_opened_at_a_time_and_the_next_when_one_has_ended() {
        add(AT_ONCE + 2);
        assertEquals(AT_ONCE, begun.tasks.size());
        begun.tasks.remove().run();
        assertEquals(AT_ONCE, begun.tasks.size(), "one has ended, and the next has begun");
        begun.tasks.remove().run();
        begun.tasks.remove().run();
        assertEquals(AT_ONCE - 1, begun.tasks.size());
    }

    @Test
    void one_that_hangs_holds_up_the_others_for_a_while_only_and_counts_once() {
        add(2 * AT_ONCE);
        Runnable hung = begun.tasks.remove();
        begun.alarms.remove().run();
        assertEquals(AT_ONCE, begun.tasks.size(), "the hung one no longer counts");
        hung.run();
        assertEquals(AT_ONCE, begun.tasks.size(), "it has counted already");
        for (int i = begun.alarms.size(); i > 0; i--) {
            begun.alarms.remove().run();
        }
        assertEquals(2 * AT_ONCE - 1, begun.tasks.size());
    }
}
