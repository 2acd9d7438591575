// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.Randomness;

/** One opening of a log, as the record sees it (P28 to P30, P33). For one thread. */
final class OpeningSteps implements Opening {
    private final RecordKeeper keeper;
    private final MirrorConfig config;
    private final LogKey log;
    private final Randomness randomness;
    private final List<LegRecord> legs;
    private final int source;

    private boolean announced;
    private boolean closedAgreeing;

    /**
     * Begins.
     *
     * @param log    the log that is opened
     * @param legs   what the legs are from now on: those that are missing are recorded before the first write (P24)
     * @param source a current one
     */
    OpeningSteps(
            RecordKeeper keeper,
            MirrorConfig config,
            LogKey log,
            Randomness randomness,
            List<LegRecord> legs,
            int source) {
        this.keeper = keeper;
        this.config = config;
        this.log = log;
        this.randomness = randomness;
        this.legs = legs;
        this.source = source;
    }

    @Override
    public InitialSync initialSync() {
        InitialSync asked = config.table().initialSync();
        boolean usedUp = keeper.record().completed() && asked == InitialSync.ASSUME_IN_SYNC;
        return usedUp ? InitialSync.AS_RECORDED : asked;
    }

    @Override
    public OtherWriter otherWriter() {
        return config.otherWriter();
    }

    @Override
    public boolean adoptForeign() {
        return config.adoptLog() && !keeper.record().completed();
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        MirrorRecord record = keeper.record();
        if (found.isEmpty()) {
            if (record.confirmed().isPresent()) {
                return Found.STALE;
            }
            if (!record.completed()) {
                return Found.FRESH;
            }
            // An opening that was cut short had found something it did not accept: that is not adopted as a stranger's
            // now.
            return record.announced().isPresent() ? Found.STALE : Found.UNIDENTIFIED;
        }
        boolean known = found.equals(record.confirmed()) || found.equals(record.announced());
        return known && record.log().equals(log) ? Found.RECORDED : Found.STALE;
    }

    @Override
    public boolean compareDigest() {
        return keeper.record().announced().isEmpty();
    }

    @Override
    public void closedCleanly(boolean legsAgree) {
        closedAgreeing = legsAgree;
    }

    /** Whether the log was closed cleanly, with the current legs equal (P32). */
    boolean closedAgreeing() {
        return closedAgreeing;
    }

    boolean isAnnounced() {
        return announced;
    }

    @Override
    public LogPair announce(Optional<LogPair> accepted) throws DirtyLogException.Unavailable {
        if (announced) {
            throw new IllegalStateException("an opening is announced once");
        }
        LogPair next = new LogPair(keeper.record().generation() + 1, randomness.next());
        try {
            // If we crash after this, the log may be found as it was or with the new pair; both are accepted.
            keeper.change(before -> before.announcing(accepted, next, legs, source));
        } catch (IOException e) {
            throw new DirtyLogException.Unavailable(
                    "the record of mirror " + config.name() + " cannot be written, the log was not touched: "
                            + FileReason.of(e),
                    e);
        }
        announced = true;
        return next;
    }
}
