// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.util.concurrent.atomic.AtomicBoolean;

/** A request that is carried out while those behind it come in. */
final class HandedOver {
    final Request request;
    final Payload payload;
    /** How it went: written by whoever carries it out, before it is queued for its reply. */
    int error = Wire.EIO;

    private final AtomicBoolean begun = new AtomicBoolean();

    HandedOver(Request request, Payload payload) {
        this.request = request;
        this.payload = payload;
    }

    /** Answers whether the caller is the one to carry it out. */
    boolean begin() {
        return begun.compareAndSet(false, true);
    }

    boolean hasData() {
        return error == 0 && request.type == Wire.CMD_READ;
    }

    void carryOut(Commands commands) {
        error = switch (request.type) {
            case Wire.CMD_WRITE -> commands.write(request, payload);
            case Wire.CMD_READ -> commands.read(request, payload);
            default -> commands.carryOut(request);
        };
    }
}
