// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.util.List;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.LogStatus;
import org.dirtylog.log.LogStatus.Health;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.log.bits.RegionBits;
import org.dirtylog.log.bits.RegionFacts;
import org.dirtylog.log.disk.IdentitySlot.State;

/**
 * A log on a medium, in the kernel's format. Clean is what the medium says, or will say after the next {@link #flush()}; in
 * sync is in memory only. The guard calls it by one thread at a time, so it has no locks; what other threads may ask is in
 * volatile fields.
 */
final class DiskLog implements DirtyLog {
    private static final byte[] NO_DIGEST = new byte[IdentitySlot.DIGEST_BYTES];

    private final LogSpec spec;
    private final LogHost host;
    private final LogMedium medium;
    private final RecordLayout layout;
    private final String path;

    private volatile RegionFacts facts;
    private volatile Health health = Health.ALIVE;
    private DirtyLogException.Failed failure;

    /** Regions whose bit in memory is not the one that was last written. */
    private RegionBits pending;

    /** Whether cleanings were written and not forced. */
    private boolean unforced;

    private RecordImage image;
    private LogPair pair;

    DiskLog(LogSpec spec, LogHost host, LogMedium medium, RecordLayout layout) {
        this.spec = spec;
        this.host = host;
        this.medium = medium;
        this.layout = layout;
        this.path = spec.arguments().get(0);
        this.facts = RegionFacts.of(RegionBits.zeros(layout.regions()));
        this.pending = RegionBits.zeros(layout.regions());
    }

    @Override
    public RegionGeometry geometry() {
        return spec.geometry();
    }

    // ---- life -------------------------------------------------------------------------------------------------------

    /** The order is that of P30; a record that is refused is not touched. */
    @Override
    public Found resume(Opening opening) throws DirtyLogException {
        requireUsable();
        Verdict verdict;
        RegionBits clean;
        RecordImage found;
        try {
            RecordReader reader = new RecordReader(medium, path);
            verdict = Verdict.of(reader, spec.mirrorId(), geometry(), opening);
            clean = verdict.load(reader, layout.regions());
            found = new RecordImage(medium, layout, verdict.head(), clean);
        } catch (IOException e) {
            throw unreadable(e);
        }
        if (verdict.accepted().isPresent()) {
            // What names the log may be in the system's cache only: from an opening that was killed before it forced.
            // The
            // record is not to confirm a pair that a crash can take back, or everything is copied for nothing.
            force();
        }
        pair = opening.announce(verdict.accepted());
        image = found;
        write("write all bits", image::writeAllBits);
        // If we crash here, any part of the bits may be there, under the head as it was: what was believed is written
        // unchanged, and what was not believed is named by no accepted pair. New regions are beyond the old count
        // (I14).
        force();
        RecordHead head = nextHead(State.OPEN, false, NO_DIGEST);
        write("write header and identity", () -> image.writeHead(head));
        // If we crash here, the other slot still names the opening before, whose pair the record has, or none.
        force();
        facts = RegionFacts.of(clean);
        pending = RegionBits.zeros(layout.regions());
        unforced = false;
        return verdict.found();
    }

    private RecordHead nextHead(State state, boolean legsAgree, byte[] digest) throws DirtyLogException.Corrupt {
        RecordHead head = image.head().copy();
        long sequence = head.newest().map(IdentitySlot::sequence).orElse(0L) + 1;
        head.putHeader(RecordHeader.forRegions(layout.regions()));
        head.putSlot(new IdentitySlot(spec.mirrorId(), geometry(), pair, sequence, state, legsAgree, digest));
        return head;
    }

    @Override
    public void preSuspend() {
        facts.recovery().releaseAll();
    }

    /** The order is that of P32. */
    @Override
    public void postSuspend() throws DirtyLogException {
        flush();
        if (unforced) {
            // The digest vouches for the bits, so cleanings count from here on: the legs were flushed before them.
            force();
        }
        RegionBits clean = facts.clean();
        boolean legsAgree = clean.countOnes() == clean.size() || host.legsAgree();
        RecordHead head = nextHead(State.CLOSED, legsAgree, digest(clean));
        write("write identity", () -> image.writeHead(head));
        // If we crash here, the slot is whole, or torn and the other one says open: an unclean stop.
        force();
    }

    private byte[] digest(RegionBits clean) {
        RecordReader.RecordDigest digest = new RecordReader.RecordDigest(RecordHeader.forRegions(layout.regions()));
        for (long word = 0; word < layout.words(); word++) {
            digest.add(clean.word(word));
        }
        return digest.finish();
    }

    @Override
    public void disown() throws DirtyLogException {
        requireUsable();
        RecordHead head;
        try {
            RecordReader reader = new RecordReader(medium, path);
            head = reader.head();
            if (head.newest().isEmpty() || !head.newest().get().mirrorId().equals(spec.mirrorId())) {
                return;
            }
            image = new RecordImage(medium, layout, head, reader.bits(layout.regions()));
        } catch (IOException e) {
            throw unreadable(e);
        }
        RecordHead without = head.copy();
        without.eraseSlots();
        write("erase identity", () -> image.writeHead(without));
        force();
    }

    @Override
    public void close() {
        medium.close();
    }

    // ---- the write path ---------------------------------------------------------------------------------------------

    @Override
    public void markDirty(RegionSet regions) {
        pending.flip(facts.markDirty(regions));
    }

    @Override
    public void markClean(RegionSet regions) {
        pending.flip(facts.markClean(regions));
    }

    @Override
    public FlushResult flush() throws DirtyLogException {
        requireUsable();
        if (pending.countOnes() == 0) {
            return FlushResult.COMPLETE;
        }
        RegionSet dropped = flushLegsFor(facts.clean().onesAmong(pending.onesIn(0, pending.size())));
        if (pending.countOnes() > 0) {
            boolean marks =
                    facts.clean().onesAmong(pending.onesIn(0, pending.size())).count() < pending.countOnes();
            write("write bits", () -> image.writeBitsOf(pending));
            // If we crash here, any mixture of old and new bits may be there. Each stands alone: a mark that is lost
            // has not
            // been acknowledged, and the legs hold what a cleaning vouches for.
            unforced = true;
            if (marks) {
                force();
            }
            pending.clear(0, pending.size());
        }
        return FlushResult.dropped(dropped);
    }

    /** Returns the cleanings that had to be dropped: none, or all. */
    private RegionSet flushLegsFor(RegionSet cleanings) {
        if (cleanings.isEmpty()) {
            return cleanings;
        }
        try {
            host.flushLegs();
            return RegionSet.none();
        } catch (IOException e) {
            // A leg has failed, not the log: the mirror knows already, and may clean these again (P18).
            markDirty(cleanings);
            return cleanings;
        }
    }

    // ---- recovery ---------------------------------------------------------------------------------------------------

    @Override
    public RegionSet nextRecovery(int max) {
        return facts.recovery().claim(max);
    }

    @Override
    public RegionSet nextRecovery(int max, RegionSet wanted) {
        return facts.recovery().claim(max, wanted);
    }

    @Override
    public void setInSync(RegionSet regions) {
        facts.setInSync(regions);
    }

    @Override
    public void setOutOfSync(RegionSet regions) {
        pending.flip(facts.setOutOfSync(regions));
    }

    // ---- questions --------------------------------------------------------------------------------------------------

    @Override
    public boolean isClean(long region) {
        return facts.clean().get(region);
    }

    @Override
    public boolean isInSync(long region) {
        return facts.inSync().get(region);
    }

    @Override
    public SyncAnswer peekInSync(long region) {
        return facts.inSync().get(region) ? SyncAnswer.IN_SYNC : SyncAnswer.OUT_OF_SYNC;
    }

    @Override
    public long inSyncCount() {
        return facts.inSync().countOnes();
    }

    @Override
    public Snapshot snapshot(long first, long end) {
        RegionFacts now = facts;
        return new Snapshot(
                first, end, now.clean().zerosIn(first, end), now.inSync().zerosIn(first, end));
    }

    @Override
    public LogStatus status() {
        Health now = health;
        return new LogStatus("disk", now, List.of(path, String.valueOf(now.letter())), spec.tableArguments());
    }

    // ---- the medium -------------------------------------------------------------------------------------------------

    @FunctionalInterface
    private interface MediumWork {
        void run() throws IOException;
    }

    /** A failed write is final: a later one that succeeds would say nothing about what this one lost (P35, I8). */
    private void write(String what, MediumWork work) throws DirtyLogException.Failed {
        try {
            work.run();
        } catch (IOException e) {
            throw fail(Health.DEAD, "could not " + what, e);
        }
    }

    /** A failed force is final: the next one may succeed over pages that were dropped (P35). */
    private void force() throws DirtyLogException.Failed {
        try {
            medium.force();
        } catch (IOException e) {
            throw fail(Health.FLUSH_FAILED, "could not force", e);
        }
        unforced = false;
    }

    private DirtyLogException.Failed fail(Health reached, String what, IOException e) {
        failure = new DirtyLogException.Failed(
                "log " + path + ": " + what + ": " + e.getMessage()
                        + "; it is not used any more. What is on it is safe to open again once the medium works",
                e);
        turn(reached);
        return failure;
    }

    /** A read that fails changes nothing and may be tried again; the letter stays, as in the kernel. */
    private DirtyLogException.Failed unreadable(IOException e) {
        turn(Health.DEAD);
        return new DirtyLogException.Failed(
                "log " + path + ": could not be read: " + e.getMessage() + "; it was not changed", e);
    }

    /** As in the kernel, F outranks D, and neither goes back to A. */
    private void turn(Health reached) {
        if (health == Health.ALIVE || health == Health.DEAD && reached == Health.FLUSH_FAILED) {
            health = reached;
            host.statusChanged();
        }
    }

    private void requireUsable() throws DirtyLogException.Failed {
        if (failure != null) {
            throw new DirtyLogException.Failed(failure.getMessage(), failure);
        }
    }
}
