// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.util.Set;

/**
 * One thing that goes wrong with a leg.
 *
 * @param text     as it was written
 * @param fault    what happens
 * @param words    what the value says in words: the error of {@code error}, the manner of {@code tear}
 * @param least    what the value says in numbers: nanoseconds of {@code delay} and {@code hang}, bytes of {@code cache} and
 *                 {@code shrink}
 * @param most     the other end where a value is a span, else the same
 * @param accesses what it happens to
 * @param limits   when
 */
record Rule(String text, Fault fault, Set<String> words, long least, long most, Set<Access> accesses, Limits limits) {

    /** Whether it is about that; setting an attribute is a force as well. */
    boolean isAbout(Access access) {
        return accesses.contains(access) || access == Access.SETATTR && accesses.contains(Access.FORCE);
    }

    @Override
    public String toString() {
        return text;
    }
}
