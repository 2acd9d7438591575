// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only writer to standard output: one line for each mirror that clients can connect to. */
final class ReadyLines implements Consumer<String> {
    private static final Logger LOG = LoggerFactory.getLogger(ReadyLines.class);

    private final OutputStream standardOutput;

    ReadyLines(OutputStream standardOutput) {
        this.standardOutput = standardOutput;
    }

    @Override
    public synchronized void accept(String line) {
        if (!line.startsWith("ready ") || line.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not a ready line: " + Failures.printable(line));
        }
        try {
            standardOutput.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            standardOutput.flush();
        } catch (IOException e) {
            // Whoever started us no longer listens; that is no reason to stop serving.
            LOG.warn("Standard output is closed; not told there: {}", line);
        }
    }
}
