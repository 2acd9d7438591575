// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

/** A table line is not one. The message names the word by its place, what was found, and the rule. */
public class TableException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * Refuses a line.
     *
     * @param message for the operator
     */
    public TableException(String message) {
        super(message);
    }
}
