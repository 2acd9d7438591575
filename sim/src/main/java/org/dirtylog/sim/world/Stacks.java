// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Prints what was thrown. */
public final class Stacks {
    private Stacks() {}

    /**
     * Prints an exception with its stack.
     *
     * @param thrown what was thrown
     * @return several lines
     */
    public static String text(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
