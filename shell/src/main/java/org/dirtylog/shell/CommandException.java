// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.shell;

/** A command was not understood or not carried out. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
