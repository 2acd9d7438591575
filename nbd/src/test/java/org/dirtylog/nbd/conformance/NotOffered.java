// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd.conformance;

/** A server does not have what a rule is about, and need not. */
final class NotOffered extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotOffered(String what) {
        super("the server does not offer " + what);
    }
}
