// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import java.io.IOException;
import java.util.Optional;
import org.dirtylog.seams.NoSpaceException;

/**
 * A request as errors name it.
 *
 * @param what          what was asked, such as {@code read}
 * @param positionBytes where
 * @param bytes         how many; 0 if it is not about bytes
 * @param name          of the device
 */
record Failure(String what, long positionBytes, long bytes, String name) {

    /** The error that a rule injects in the words of the system; empty if the rule does part of the request first. */
    Optional<IOException> by(Rule rule) {
        if (rule.words().contains("ENOSPC")) {
            IOException reason = new IOException("No space left on device");
            return Optional.of(new NoSpaceException(message(reason.getMessage(), rule), reason));
        }
        if (rule.fault() == Fault.READ_ONLY || rule.words().contains("EROFS")) {
            return Optional.of(new IOException(message("Read-only file system", rule)));
        }
        return rule.fault() == Fault.ERROR
                ? Optional.of(new IOException(message("Input/output error", rule)))
                : Optional.empty();
    }

    IOException tornOff(Rule rule) {
        return new IOException(message("only a part was done", rule));
    }

    private String message(String reason, Rule rule) {
        return this + ": " + reason + " (rule '" + rule + "')";
    }

    @Override
    public String toString() {
        return "cannot " + what + " " + (bytes == 0 ? "" : bytes + " bytes at " + positionBytes + " of ") + name;
    }
}
