// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

/** Whether a server keeps a rule cannot be seen from outside. */
final class NotTried extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotTried() {
        super("that takes a device that can fail or wait");
    }
}
