// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.dirtylog.log.LogMedium;

/**
 * A medium as its log has it: of no more use once the log was given up or closed (P41). It goes back to the host when no call
 * is inside any more, and not before: a thread that is stuck in a write still holds it (P42).
 */
final class FencedMedium implements LogMedium {
    private final LogMedium medium;
    private final String path;
    private final BooleanSupplier open;

    // Guarded by this.
    private int inside;
    private boolean closing;
    private boolean givenBack;

    /**
     * Fences a medium.
     *
     * @param open whether its log may still use it; once {@code false}, never {@code true} again
     */
    FencedMedium(LogMedium medium, String path, BooleanSupplier open) {
        this.medium = medium;
        this.path = path;
        this.open = open;
    }

    @Override
    public long sizeBytes() {
        return medium.sizeBytes();
    }

    @Override
    public int blockBytes() {
        return medium.blockBytes();
    }

    @Override
    public void read(long positionBytes, ByteBuffer into) throws IOException {
        enter();
        try {
            medium.read(positionBytes, into);
        } finally {
            leave();
        }
    }

    @Override
    public void write(long positionBytes, ByteBuffer from) throws IOException {
        enter();
        try {
            medium.write(positionBytes, from);
        } finally {
            leave();
        }
    }

    @Override
    public void force() throws IOException {
        enter();
        try {
            medium.force();
        } finally {
            leave();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closing = true;
        }
        giveBack();
    }

    /** Counts itself first and looks then, as whoever takes it away looks at the count last: one of the two sees the other. */
    private void enter() throws IOException {
        boolean closed;
        synchronized (this) {
            inside++;
            closed = closing;
        }
        if (closed || !open.getAsBoolean()) {
            leave();
            throw new IOException("medium " + path + " was "
                    + (closed
                            ? "closed"
                            : "taken away from its log, which was given up or closed, and was not touched"));
        }
    }

    private void leave() {
        synchronized (this) {
            inside--;
        }
        giveBack();
    }

    synchronized boolean isGivenBack() {
        return givenBack;
    }

    private void giveBack() {
        synchronized (this) {
            if (!closing || inside > 0 || givenBack) {
                return;
            }
            givenBack = true;
        }
        medium.close();
    }
}
