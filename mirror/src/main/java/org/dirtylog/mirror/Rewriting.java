// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes bytes to one leg and believes it only when they can be read again. */
final class Rewriting {
    private final LegForces forces;

    Rewriting(LegForces forces) {
        this.forces = forces;
    }

    /** The bytes of a leg that is believed. */
    ByteBuffer read(Leg leg, long position, int bytes) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(bytes);
        forces.one(leg, one -> one.read(position, read));
        return read.flip();
    }

    /** Answers why the leg is to be excluded, or {@code null}. */
    IOException write(Leg leg, long position, ByteBuffer right) {
        try {
            forces.one(leg, one -> one.write(position, right.duplicate()));
            if (!read(leg, position, right.remaining()).equals(right)) {
                throw new IOException("bytes " + position + " to " + (position + right.remaining() - 1)
                        + " read otherwise than they have just been written");
            }
            return null;
        } catch (IOException e) {
            return e;
        }
    }
}
