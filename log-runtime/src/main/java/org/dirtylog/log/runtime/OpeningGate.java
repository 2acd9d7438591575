// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.Opening;

/**
 * An opening as a log sees it: its steps in order and once, none after the log was given up, and with the time they take
 * kept from the log's account.
 */
final class OpeningGate implements Opening {
    private final Opening opening;
    private final HostGate host;
    private final AtomicBoolean closedTold = new AtomicBoolean();
    private final AtomicBoolean announced = new AtomicBoolean();
    private volatile boolean over;

    OpeningGate(Opening opening, HostGate host) {
        this.opening = opening;
        this.host = host;
    }

    /** The call it was for has returned. */
    void end() {
        over = true;
    }

    @Override
    public LogSpec.InitialSync initialSync() {
        return opening.initialSync();
    }

    @Override
    public OtherWriter otherWriter() {
        return opening.otherWriter();
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        return opening.judge(Objects.requireNonNull(found, "found"));
    }

    @Override
    public boolean adoptForeign() {
        return opening.adoptForeign();
    }

    @Override
    public void closedCleanly(boolean legsAgree) {
        refuseLate("closedCleanly");
        if (announced.get() || closedTold.getAndSet(true)) {
            throw new IllegalStateException("closedCleanly is called once, and before announce");
        }
        opening.closedCleanly(legsAgree);
    }

    @Override
    public boolean compareDigest() {
        return opening.compareDigest();
    }

    @Override
    public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
        Objects.requireNonNull(accepted, "accepted");
        refuseLate("announce");
        host.refuseGivenUp("announce");
        if (announced.getAndSet(true)) {
            throw new IllegalStateException("announce is called once in an opening");
        }
        LogPair pair = host.off(() -> opening.announce(accepted));
        // Given up while the pair was journalled: the log must not write under it any more.
        host.refuseGivenUp("announce");
        return pair;
    }

    private void refuseLate(String step) {
        if (over) {
            throw new IllegalStateException(step + " was called after the opening was over");
        }
    }
}
