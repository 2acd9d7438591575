// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import org.dirtylog.seams.BlockDevice.Successor;
import org.dirtylog.seams.LetGoException;

/**
 * For callers that wait until their own thread comes back, however long that takes. What was answered in their place meanwhile is
 * their answer.
 */
final class LateAnswer implements Successor {
    private volatile long doneBytes;
    private volatile IOException failure;

    /** A call, without what was done of it before. */
    @FunctionalInterface
    interface Call {
        void make(long doneBytes, Successor late) throws IOException;
    }

    static void await(long bytes, Call call) throws IOException {
        long done = 0;
        do {
            LateAnswer late = new LateAnswer();
            try {
                call.make(done, late);
                return;
            } catch (LetGoException e) {
                // By now it was answered.
                if (late.failure != null) {
                    throw late.failure;
                }
                done += late.doneBytes;
            }
        } while (done < bytes);
    }

    @Override
    public void goOn(long newDoneBytes, IOException newFailure) {
        doneBytes = newDoneBytes;
        failure = newFailure;
    }
}
