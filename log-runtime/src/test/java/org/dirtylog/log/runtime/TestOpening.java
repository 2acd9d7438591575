// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.Optional;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening;

/** A first opening. */
final class TestOpening implements Opening {
    volatile Runnable onAnnounce = () -> {};

    @Override
    public LogSpec.InitialSync initialSync() {
        return LogSpec.InitialSync.AS_RECORDED;
    }

    @Override
    public OtherWriter otherWriter() {
        return OtherWriter.DIRTY;
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        return Found.FRESH;
    }

    @Override
    public boolean compareDigest() {
        return true;
    }

    @Override
    public LogPair announce(Optional<LogPair> accepted) {
        onAnnounce.run();
        return new LogPair(1, 2);
    }
}
