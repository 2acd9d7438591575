// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.dirtylog.log.DirtyLog;

/**
 * What a log is to be told before its next question, in the order in which it was said. So who marks a region waits neither
 * for the turn nor for a log that hangs, and a turn of marks, cleanings and flush costs one task. Safe for use by many
 * threads.
 */
final class Messages {

    /** One of the methods that ask nothing, with what is to be said. */
    record Message(Method method, Consumer<DirtyLog> content) {}

    private List<Message> waiting = new ArrayList<>();

    /** Adds one. Answers how many wait now. */
    synchronized int add(Message message) {
        waiting.add(message);
        return waiting.size();
    }

    synchronized List<Message> takeAll() {
        List<Message> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    synchronized boolean isEmpty() {
        return waiting.isEmpty();
    }
}
