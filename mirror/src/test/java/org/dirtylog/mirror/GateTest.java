// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GateTest {
    private final ThreadTasks tasks = new ThreadTasks();
    private final Gate gate = new Gate(tasks, "gate");

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    @Test
    void p3_whoeverClosesWaitsForThoseInside() throws Exception {
        gate.enter(0);
        gate.close();
        CompletableFuture<Void> empty = CompletableFuture.runAsync(gate::awaitEmpty);
        TimeUnit.MILLISECONDS.sleep(20);
        assertFalse(empty.isDone());
        gate.leave(0);
        empty.get(20, TimeUnit.SECONDS);
    }

    /** An exclusion that is given up shuts the gate, and opens it: nobody may come in between that and the stop. */
    @Test
    void whatWasShutLetsNobodyInWhoeverOpensIt() throws Exception {
        gate.close();
        CompletableFuture<Void> waiting =
                CompletableFuture.runAsync(() -> assertThrows(IOException.class, () -> gate.enter(1)));
        gate.shut();
        gate.open();
        waiting.get(20, TimeUnit.SECONDS);
        assertThrows(IOException.class, () -> gate.enter(0));
        assertFalse(gate.isOpen());
        assertDoesNotThrow(gate::awaitEmpty);
    }
}
