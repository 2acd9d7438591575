// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.dirtylog.sim.world.Disk;
import org.dirtylog.sim.world.DiskWatch;
import org.dirtylog.sim.world.Scheduler;

/**
 * Holds disks and records against the invariants R1 to R5: each write when it is made, for what any crash could leave, and the
 * images that a crash did leave.
 */
final class Judge implements DiskWatch {
    private final World world;
    private final Shape shape;
    private Scheduler scheduler;
    private Supplier<Set<Coverage.State>> states;

    /** Whether the bits on the log are this mirror's: not while somebody else's file lies in their place. */
    private boolean logIsOurs = true;

    /** Whether the log does not hold what it said that it does. */
    private boolean logIsAstray;

    Judge(World world) {
        this.world = world;
        this.shape = world.shape;
    }

    /** A new life begins. */
    void begin(Scheduler newScheduler, Supplier<Set<Coverage.State>> newStates) {
        scheduler = newScheduler;
        states = newStates;
    }

    /** The log was changed behind the mirror's back. */
    void logIsForeign() {
        logIsOurs = false;
    }

    /** The mirror has opened the log, and made it its own. */
    void logIsOpened() {
        logIsOurs = true;
    }

    // ---- while a machine runs
    // -----------------------------------------------------------------------------------------

    @Override
    public void writing(Disk disk, int start, int bytes, ByteBuffer data) {
        if (!shape.hasMedium()) {
            return;
        }
        if (disk == world.log()) {
            writingLog(disk, start, bytes, data);
        } else {
            writingLeg(disk, start, bytes);
        }
    }

    @Override
    public void fails(Failure failure, Disk disk) {
        world.coverage.add(Coverage.Fault.of(failure, disk != null && disk == world.log()), states.get());
    }

    @Override
    public void astray(Disk disk, int start, int bytes) {
        world.trace.note(bytes + " bytes at " + start + " of " + disk.name() + " are not what they should be");
        if (disk == world.log()) {
            logIsAstray = true;
            return;
        }
        int from = Math.max(0, start - world.offsetBytes());
        int end = start + bytes - world.offsetBytes();
        if (from < end) {
            world.model.astray(from / DataModel.CELL, (end + DataModel.CELL - 1) / DataModel.CELL);
        }
    }

    /** Whether the log lost a write in this life. */
    boolean takeLogAstray() {
        boolean was = logIsAstray;
        logIsAstray = false;
        return was;
    }

    /** R2: a leg's cache gets a byte only while the region is dirty in whatever a crash leaves of the log. */
    private void writingLeg(Disk leg, int start, int bytes) {
        if (start >= world.roomAt()) {
            // A label.
            return;
        }
        int from = start - world.offsetBytes();
        int end = from + bytes;
        if (from < 0 || end > world.targetBytes()) {
            scheduler.fail("leg " + leg.name() + " is written outside of the mirror: " + bytes + " bytes at " + start);
        }
        if (!world.options.online() || !List.of(world.legs()).contains(leg)) {
            // What hung in a leg may come to it when it is none any more.
            return;
        }
        Disk log = world.log();
        for (int region = from / shape.regionBytes(); region <= (end - 1) / shape.regionBytes(); region++) {
            if (region < world.coveredBy(log.medium()) && log.maySurvive(KernelLog.BITS_AT + region / 8, region % 8)) {
                scheduler.fail("R2: " + scheduler.currentName() + " writes region " + region + " of " + leg.name()
                        + ", which may be clean in the log after a crash");
            }
        }
    }

    /** R3: a bit may become clean only when all legs hold the region safely, and the same of it. */
    private void writingLog(Disk log, int start, int bytes, ByteBuffer data) {
        int end = start + bytes;
        for (int at = Math.max(start, KernelLog.BITS_AT); at < end; at++) {
            int now = data == null ? 0 : data.get(data.position() + at - start);
            int fresh = now & ~log.view()[at];
            if (fresh != 0 && at < KernelLog.BITS_AT + (world.regions() + 63) / 64 * 8) {
                becomeClean((at - KernelLog.BITS_AT) * 8, fresh & 0xFF);
            }
        }
    }

    private void becomeClean(int firstRegion, int bits) {
        for (int bit = 0; bit < 8; bit++) {
            int region = firstRegion + bit;
            if ((bits >> bit & 1) == 0) {
                continue;
            }
            if (region >= world.regions()) {
                scheduler.fail("I13: bit " + region + " of " + world.regions() + " regions is set");
            } else if (world.options.online()) {
                becomesClean(region);
            }
        }
    }

    private void becomesClean(int region) {
        int from = world.offsetBytes() + region * shape.regionBytes();
        int end = from + world.bytesIn(region);
        for (Disk leg : world.legs()) {
            if (!world.isAstray(region) && leg.isCached(from, end)) {
                scheduler.fail("R3: region " + region + " becomes clean while " + leg.name()
                        + " has writes to it that were not forced");
            }
        }
        int differs = firstDifference(region);
        if (differs > 0) {
            scheduler.fail("R3: region " + region + " becomes clean, but legs 0 and " + differs + " differ in it");
        }
    }

    /** Whether all legs read the same, also where one of them was not what it said. */
    boolean areAllEqual() {
        boolean equal = true;
        for (int region = 0; region < world.regions(); region++) {
            equal &= trulyFirstDifference(region, Disk::view) == 0;
        }
        return equal;
    }

    /** A leg that differs from the first in a region, as they would survive; 0 if none does. */
    private int firstDifference(int region) {
        return firstDifference(region, Disk::medium);
    }

    /** A leg that reads differently from the first in a region; 0 if none does. */
    int firstDifferenceRead(int region) {
        return firstDifference(region, Disk::view);
    }

    /** Copies that were put in the place of a leg do not count: they are not legs before they were copied fully. */
    private int firstDifference(int region, Function<Disk, byte[]> image) {
        return world.isAstray(region) ? 0 : trulyFirstDifference(region, image);
    }

    private int trulyFirstDifference(int region, Function<Disk, byte[]> image) {
        int from = world.offsetBytes() + region * shape.regionBytes();
        int end = from + world.bytesIn(region);
        int first = 0;
        while (world.isReplaced(first)) {
            first++;
        }
        byte[] one = image.apply(world.legs()[first]);
        for (int i = first + 1; i < world.legs().length; i++) {
            if (!world.isReplaced(i) && !Arrays.equals(one, from, end, image.apply(world.legs()[i]), from, end)) {
                return i;
            }
        }
        return 0;
    }

    /** A copy that was put back, and that the mirror was told to overwrite, is a leg again once it is attached. */
    void legsAreBack() {
        RecordPeek record = world.record();
        for (int i = 0; i < world.legs().length; i++) {
            if (world.isReplaced(i) && record.isAttached(i) && world.overwritten.contains(world.legs()[i].name())) {
                world.replaced.remove(world.legs()[i].name());
                world.overwritten.remove(world.legs()[i].name());
            }
        }
    }

    /** P23, when an opening has been completed. Answers what is wrong, or {@code null}. */
    String attachedReplaced() {
        legsAreBack();
        for (int i = 0; i < world.legs().length; i++) {
            if (world.isReplaced(i) && world.record().isAttached(i)) {
                return "P23: leg " + i + ", in the place of which an older copy was put, is attached";
            }
        }
        return null;
    }

    /** Counts the regions that read the same on all legs. */
    int countEqualViews() {
        int equal = 0;
        for (int region = 0; region < world.regions(); region++) {
            equal += firstDifferenceRead(region) == 0 ? 1 : 0;
        }
        return equal;
    }

    // ---- after a crash
    // --------------------------------------------------------------------------------------------------

    /** Whether a leg that the record calls current reads what its medium does not hold, and nobody knows it any more. */
    boolean mayHaveLostPages() {
        RecordPeek record = world.record();
        boolean lost = false;
        for (int i = 0; i < world.legs().length; i++) {
            lost |= record.isCurrent(i) && !world.isReplaced(i) && world.legs()[i].hasDropped();
        }
        return lost;
    }

    /**
     * Judges what survived; what the system still caches is there. Answers what is wrong, or {@code null}.
     *
     * @param lostNothing whether every acknowledged write has to be on every current leg
     */
    String survived(boolean lostNothing) {
        legsAreBack();
        RecordPeek record = world.record();
        String wrong = record.isTorn() ? "P20: only a part of the record is there" : regionsWrong(record);
        for (int i = 0; wrong == null && i < world.legs().length; i++) {
            boolean must = (record.isCompleted() ? record.isCurrent(i) : i == 0) && !world.isReplaced(i);
            if (must) {
                String lost = world.model.survived(
                        world.legs()[i].view(), world.offsetBytes(), i == record.source(), lostNothing);
                wrong = lost == null ? null : "R4, R5: on current leg " + i + ", " + lost;
            }
        }
        return wrong;
    }

    /** R1, for all configured legs (P17): what the log calls clean is the same on all of them. */
    private String regionsWrong(RecordPeek record) {
        Disk log = world.log();
        if (log == null || !logIsOurs || !record.isCompleted() || !KernelLog.isRecord(log.view())) {
            return null;
        }
        for (int region = 0; region < world.regions(); region++) {
            if (region < world.coveredBy(log.view()) && KernelLog.isClean(log.view(), region)) {
                int differs = firstDifferenceRead(region);
                if (differs > 0) {
                    return "R1: region " + region + " is clean in the log, but legs 0 and " + differs + " differ in it";
                }
            }
        }
        return null;
    }

    /** Judges the bits when an opening has been completed. Answers what is wrong, or {@code null}. */
    String opened() {
        String wrong = attachedReplaced();
        return wrong != null || world.log() == null ? wrong : regionsWrong(world.record());
    }
}
