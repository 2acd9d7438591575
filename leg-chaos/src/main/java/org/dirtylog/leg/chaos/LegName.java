// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

/**
 * The name of a leg behind {@code chaos:}, taken apart at its last question mark.
 *
 * @param below what the leg stands on: a path, or a name with a scheme of its own
 * @param rules as text; empty if there are none
 */
record LegName(String below, String rules) {
    static final String SCHEME = "chaos";

    static LegName of(String rest) {
        int mark = rest.lastIndexOf('?');
        return mark < 0 ? new LegName(rest, "") : new LegName(rest.substring(0, mark), rest.substring(mark + 1));
    }
}
