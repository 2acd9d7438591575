// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs a command on a thread that the shell does not know. The shell interrupts its own threads, at Ctrl-C and at the end
 * of a session, and an interrupt would close the channel of a leg under whoever reads or writes it (P44).
 */
final class OwnThread {
    private OwnThread() {}

    static <T> T call(String command, Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "command/" + command);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(
                    command + " goes on in the background, it cannot be called off; look with mirror:status", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception exception) {
                throw exception;
            }
            throw e;
        }
    }
}
