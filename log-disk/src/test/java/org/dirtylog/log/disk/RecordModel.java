// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.util.Optional;
import java.util.Random;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;

/** What a mirror's record says of its log, by P28 to P30 and P33; every change of it is atomic. */
final class RecordModel implements Opening {
    private final Random random;
    private Optional<LogPair> confirmed = Optional.empty();
    private Optional<LogPair> announced = Optional.empty();
    private long generation;
    boolean completed;
    InitialSync word = InitialSync.AS_RECORDED;
    OtherWriter policy = OtherWriter.DIRTY;
    boolean adoptForeign;

    /** What {@link #closedCleanly} told since the last completed opening. */
    Optional<Boolean> closedCleanly = Optional.empty();

    RecordModel(long seed) {
        this.random = new Random(seed);
    }

    /** A mirror whose only opening of this log was completed. */
    void complete() {
        confirmed = announced;
        announced = Optional.empty();
        completed = true;
        adoptForeign = false;
    }

    @Override
    public InitialSync initialSync() {
        return completed && word == InitialSync.ASSUME_IN_SYNC ? InitialSync.AS_RECORDED : word;
    }

    @Override
    public OtherWriter otherWriter() {
        return policy;
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        if (found.isPresent() && (found.equals(confirmed) || found.equals(announced))) {
            return Found.RECORDED;
        }
        if (found.isPresent() || confirmed.isPresent()) {
            return Found.STALE;
        }
        if (!completed) {
            return Found.FRESH;
        }
        // An opening that was cut short found it stale or unidentified; nobody knows which.
        return announced.isPresent() ? Found.STALE : Found.UNIDENTIFIED;
    }

    @Override
    public boolean compareDigest() {
        return announced.isEmpty();
    }

    @Override
    public LogPair announce(Optional<LogPair> accepted) {
        confirmed = accepted;
        announced = Optional.of(new LogPair(++generation, random.nextLong()));
        return announced.get();
    }

    @Override
    public boolean adoptForeign() {
        return adoptForeign;
    }

    @Override
    public void closedCleanly(boolean legsAgree) {
        closedCleanly = Optional.of(legsAgree);
    }

    /** As if a log of another type had been confirmed meanwhile, and let go. */
    void forget() {
        confirmed = Optional.empty();
        announced = Optional.empty();
    }
}
