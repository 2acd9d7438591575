// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

/** An invariant does not hold. */
public final class Broken extends AssertionError {
    private static final long serialVersionUID = 1;

    /**
     * Says so.
     *
     * @param what which one, and what was found
     */
    public Broken(String what) {
        super(what);
    }

    /**
     * Requires something.
     *
     * @param holds whether it is so
     * @param what  which invariant, and what was found; put together only if it does not hold
     */
    public static void unless(boolean holds, Object... what) {
        if (!holds) {
            StringBuilder text = new StringBuilder();
            for (Object part : what) {
                text.append(part);
            }
            throw new Broken(text.toString());
        }
    }

    /**
     * Requires two things to be the same.
     *
     * @param expected by the invariant
     * @param found    what the parser made of it
     * @param what     which invariant
     */
    public static void unlessEqual(Object expected, Object found, String what) {
        if (!expected.equals(found)) {
            throw new Broken(what + ": expected " + expected + ", found " + found);
        }
    }
}
