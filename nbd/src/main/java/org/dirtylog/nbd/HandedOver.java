// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.seams.BlockDevice.Successor;
import org.dirtylog.seams.LetGoException;

/** A request that is carried out while those behind it come in. */
final class HandedOver implements Successor {
    final Request request;
    private final HandOvers owner;
    private Payload payload;
    /** How it went: written by whoever carries it out, before it is queued for its reply. */
    int error = Wire.EIO;

    private final AtomicBoolean begun = new AtomicBoolean();

    HandedOver(Request request, Payload payload, HandOvers owner) {
        this.request = request;
        this.payload = payload;
        this.owner = owner;
    }

    Payload payload() {
        return payload;
    }

    /** The thread that fills the one before was let go, and may fill it still. */
    void replacePayload(Payload another) {
        payload = another;
    }

    /** Answers whether the caller is the one to carry it out. */
    boolean begin() {
        return begun.compareAndSet(false, true);
    }

    boolean hasData() {
        return error == 0 && request.type == Wire.CMD_READ;
    }

    /** Carries out what is left of it. */
    void carryOut(Commands commands, Successor successor) throws LetGoException {
        error = switch (request.type) {
            case Wire.CMD_WRITE -> commands.write(request, payload, successor);
            case Wire.CMD_READ -> commands.read(request, payload, successor);
            default -> commands.carryOut(request, successor);
        };
    }

    @Override
    public void goOn(long doneBytes, IOException failure) {
        owner.goOn(this, doneBytes, failure);
    }
}
