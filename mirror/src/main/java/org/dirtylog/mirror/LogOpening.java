// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;

/**
 * Opens a log, decides what the legs are, and fills the region table from both (P24, P25, P30 to P33, P45). Nobody reads or
 * writes meanwhile.
 */
final class LogOpening {
    /** How many regions one snapshot speaks of where the dirt is scattered: what it lists is garbage a moment later. */
    private static final long SCATTERED_REGIONS = 1L << 17;

    /** And where it is not, so that a large volume takes few calls. */
    private static final long UNIFORM_REGIONS = 1L << 22;

    /** So many runs are few. */
    private static final int FEW_RUNS = 1 << 10;

    private final MirrorState mirror;
    private final MirrorConfig config;
    private final RecordKeeper keeper;
    private final Labels labels;
    private final LogKey key;
    private final RegionSet equal;

    /**
     * Prepares.
     *
     * @param equal regions that are known to be the same on all legs, whatever the log says; these are dirty at most
     */
    LogOpening(MirrorState mirror, MirrorConfig config, RecordKeeper keeper, Labels labels, RegionSet equal) {
        this.mirror = mirror;
        this.config = config;
        this.keeper = keeper;
        this.labels = labels;
        this.equal = equal;
        this.key = new LogKey(config.table().logType(), config.table().logArguments());
    }

    /** What an opening is to make of the legs. */
    private record Plan(List<LegRecord> announced, int source, int returning) {}

    /**
     * Opens.
     *
     * @param log  suspended
     * @param open all legs that are there. Those that cannot take their label are latched as failing
     * @return what the log found
     * @throws MirrorException if nobody can be the source, or a leg has to be waited for; nothing was written
     */
    Found open(DirtyLog log, OpenLegs open) throws DirtyLogException, IOException, MirrorException {
        Leg[] legs = open.legs();
        Plan plan = plan(open, legs);
        // The log may force the legs while it opens.
        mirror.legs(new LegSet(legs, plan.announced, plan.source));
        OpeningSteps steps =
                new OpeningSteps(keeper, config, key, mirror.world.randomness(), plan.announced, plan.source);
        boolean first = !keeper.record().completed();
        Found found = log.resume(steps);
        if (!steps.isAnnounced()) {
            // A log without a medium: the run counts all the same (P28), and the legs are recorded before the first
            // write.
            steps.announce(Optional.empty());
        }
        if (first && config.legs().adopt()) {
            for (Leg leg : legs) {
                new LabelStore(leg).erase();
            }
        }
        // Two rounds over the log: what the legs are depends on whether anything is dirty, and the words on what the
        // legs are.
        // To keep in between which regions are would cost more memory than the words themselves.
        boolean apart = first && !eachPart(log, part -> part.dirty().isEmpty());
        List<LegRecord> after = after(plan, apart, legs);
        LegSet set = new LegSet(legs, after, plan.source);
        // Also where there is one leg only: what it shows may be pages that a failed force has left behind (P19).
        boolean doubt = !first && !steps.closedAgreeing();
        fill(set, log, doubt);
        // Step 5. From here on nosync is used up. If we crash between this and the labels, the record knows of both
        // epochs.
        MirrorRecord completed =
                keeper.change(before -> before.completing(key, mirror.geometry.targetSectors(), after, plan.source));
        labels.settle(labels.write(set, completed));
        mirror.legs(set);
        return found;
    }

    /** P24: who is there, and who can be the source; those missing are excluded, those back lack what is dirty. */
    private Plan plan(OpenLegs open, Leg[] legs) throws MirrorException {
        MirrorRecord record = keeper.record();
        List<LegRecord> announced = new ArrayList<>();
        List<String> awaited = new ArrayList<>();
        int returning = 0;
        int source = -1;
        for (int i = 0; i < legs.length; i++) {
            LegRecord leg = record.legs().get(i);
            if (legs[i] == null) {
                announced.add(leg.isAttached() ? leg.in(State.MISSING) : leg);
                if (leg.isAttached()) {
                    awaited.add("leg " + i + " (" + leg.path() + "): " + open.trouble(i));
                }
                continue;
            }
            announced.add(leg);
            returning |= leg.isAttached() ? 0 : 1 << i;
            boolean better = source < 0 || i == record.source();
            source = leg.state() == State.CURRENT && better ? i : source;
        }
        if (source < 0) {
            throw MirrorException.waiting(
                    "no current leg of mirror " + config.name() + " is there; waiting for " + currentNames(record)
                            + reasons(open)
                            + ". The other legs lack acknowledged writes. Nothing was written. If none of them comes back:"
                            + " mirror:rebuild " + config.name(),
                    null);
        }
        if (!awaited.isEmpty() && !config.legs().startDegraded()) {
            throw MirrorException.waiting(
                    "mirror " + config.name() + " waits, as startDegraded=false says, for " + String.join("; ", awaited)
                            + ". Nothing was written",
                    null);
        }
        return new Plan(announced, source, returning);
    }

    private static String reasons(OpenLegs open) {
        List<String> troubles = open.troubles();
        return troubles.isEmpty() ? "" : " (" + String.join("; ", troubles) + ")";
    }

    private static String currentNames(MirrorRecord record) {
        List<String> names = new ArrayList<>();
        for (LegRecord leg : record.legs()) {
            if (leg.state() == State.CURRENT) {
                names.add(leg.path());
            }
        }
        return String.join(" or ", names);
    }

    /**
     * P33: at the first activation leg 0 is the source, and the others are current only if the log says that all is equal. Legs
     * without a label get a place for one.
     */
    private List<LegRecord> after(Plan plan, boolean apart, Leg[] legs) throws IOException {
        List<LegRecord> after = new ArrayList<>();
        for (int i = 0; i < plan.announced.size(); i++) {
            LegRecord leg = plan.announced.get(i);
            if (legs[i] == null) {
                after.add(leg);
                continue;
            }
            boolean stale = (plan.returning & 1 << i) != 0 || apart && i != plan.source;
            LegRecord next = stale ? leg.in(State.STALE).withForceFailed(false) : leg;
            if (leg.label() == LabelPlace.NONE) {
                LabelPlace place = new LabelStore(legs[i]).choose();
                next = next.labelled(place, place == LabelPlace.NONE ? List.of() : List.of(MirrorRecord.NO_LABEL));
            }
            // Else all epochs that the record names stay: what was read may be in the system's cache only.
            after.add(next);
        }
        return after;
    }

    /** Shows all that the log knows, part by part, as long as the answer is {@code true}. Answers whether it was every time. */
    private boolean eachPart(DirtyLog log, Predicate<Snapshot> part) throws DirtyLogException {
        long count = mirror.geometry.regionCount();
        long step = SCATTERED_REGIONS;
        for (long from = 0; from < count; ) {
            Snapshot next = log.snapshot(from, Math.min(from + step, count));
            if (!part.test(next)) {
                return false;
            }
            from = next.end();
            step = next.dirty().runCount() > FEW_RUNS ? SCATTERED_REGIONS : Math.min(2 * step, UNIFORM_REGIONS);
        }
        return true;
    }

    /** P45: a stale leg lacks what is not durably clean. After anything but a clean stop, current legs may differ there too. */
    private void fill(LegSet set, DirtyLog log, boolean doubt) throws DirtyLogException {
        long flags = RegionWord.lacking(set.staleMask()) | (doubt ? RegionWord.IN_DOUBT : 0);
        boolean together = set.staleMask() == 0 && set.isComplete();
        boolean settled = flags == 0 && together;
        long word = flags | (settled ? RegionWord.DIRTY : RegionWord.OUT_OF_SYNC);
        mirror.table.fill(0, mirror.geometry.regionCount(), RegionWord.CLEAN);
        eachPart(log, part -> {
            // What is out of sync is dirty (I6); one set is enough.
            part.dirty().forEachRun((first, end) -> mirror.table.fill(first, end, word));
            RegionSet known = settled
                    ? part.dirty()
                    : together ? part.dirty().minus(part.dirty().minus(equal)) : RegionSet.none();
            if (!known.isEmpty()) {
                known.forEachRun((first, end) -> mirror.table.fill(first, end, RegionWord.DIRTY));
                // Nobody will copy them, and the log cleans only what is in sync.
                log.setInSync(known);
            }
            return true;
        });
    }
}
