// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.OutputStream;

/** Runs the commands that come through the control socket. Called by many threads at once. */
@FunctionalInterface
interface CommandRunner {
    /**
     * Runs one command to its end.
     *
     * @param command a line for the shell
     * @param out     for results
     * @param err     for what went wrong
     * @return the exit code
     */
    int run(String command, OutputStream out, OutputStream err);
}
