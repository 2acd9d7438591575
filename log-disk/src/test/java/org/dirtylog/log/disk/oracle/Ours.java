// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.disk.oracle.KernelLog.Word;

/** Our side: a log under a mirror that believes every record that it has signed, and adopts what others wrote into it. */
final class Ours implements LogHost, Opening {
    static final String NAME = "log";

    private final Platter medium;
    private final Set<LogPair> signed = new HashSet<>();
    private Word word;
    private boolean completed;
    private int forcesBefore;
    private boolean announced;
    /** Whether the last resume forced before it announced itself, as it does with a record that it accepts. */
    boolean forcedFirst;

    boolean legsFail;
    boolean cutAtLegs;
    int legFlushes;
    int events;
    DirtyLog log;

    Ours(Platter medium) {
        this.medium = medium;
    }

    boolean isFirst() {
        return !completed;
    }

    /** Makes a log. */
    void create(DirtyLogType type, RegionGeometry geometry, Word newWord) throws DirtyLogException {
        word = newWord;
        events = 0;
        LogSpec spec = LogSpec.of(new UUID(1, 2), geometry).withInitialSync(told());
        log = type.create(type.parameters().isEmpty() ? spec : spec.withArguments(List.of(NAME)), this);
    }

    void resume() throws DirtyLogException {
        forcesBefore = medium.forceCalls;
        announced = false;
        forcedFirst = false;
        try {
            log.resume(this);
            completed = true;
        } finally {
            if (!announced) {
                forcedFirst = medium.forceCalls > forcesBefore;
            }
        }
    }

    private InitialSync told() {
        return switch (word) {
            case DEFAULT -> InitialSync.AS_RECORDED;
            case SYNC -> InitialSync.FORCE_RESYNC;
            case NOSYNC -> InitialSync.ASSUME_IN_SYNC;
        };
    }

    @Override
    public InitialSync initialSync() {
        // P33: once.
        return completed && word == Word.NOSYNC ? InitialSync.AS_RECORDED : told();
    }

    @Override
    public OtherWriter otherWriter() {
        return OtherWriter.ADOPT;
    }

    @Override
    public Found judge(Optional<LogPair> found) {
        return found.isEmpty() ? Found.FRESH : signed.contains(found.get()) ? Found.RECORDED : Found.STALE;
    }

    @Override
    public boolean compareDigest() {
        return true;
    }

    @Override
    public LogPair announce(Optional<LogPair> pair) {
        announced = true;
        forcedFirst = medium.forceCalls > forcesBefore;
        LogPair next = new LogPair(signed.size() + 1L, 7);
        signed.add(next);
        return next;
    }

    /** As {@link KernelLog.Legs}. */
    @Override
    public void flushLegs() throws IOException {
        legFlushes++;
        if (cutAtLegs) {
            throw new Platter.PowerCut();
        }
        if (legsFail) {
            throw new IOException("a leg is gone");
        }
    }

    @Override
    public boolean legsAgree() {
        return false;
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) throws DirtyLogException.Rejected {
        if (medium.sizeBytes() < needBytes) {
            throw new DirtyLogException.Rejected("too small");
        }
        return medium;
    }

    @Override
    public void statusChanged() {
        events++;
    }

    @Override
    public void recoveryChanged() {}

    @Override
    public void release(RegionSet regions) {}
}
