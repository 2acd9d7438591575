// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.RegionSet;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.InUseException;

/** What a mirror does for its log. */
final class MirrorHost implements LogHost {
    private final MirrorState mirror;
    private final LegFailures failures;
    private final LegForces forces;
    private final Devices.Missing missing;
    private final Runnable recover;

    /**
     * Wires.
     *
     * @param missing what to do about a log file that is not there
     * @param recover asks for a look at what there is to copy
     */
    MirrorHost(MirrorState mirror, LegFailures failures, Devices.Missing missing, Runnable recover) {
        this.mirror = mirror;
        this.failures = failures;
        this.forces = new LegForces(mirror.world.tasks(), mirror.name);
        this.missing = missing;
        this.recover = recover;
    }

    /** P17: every configured leg, attached before and after without a change of the set, and none failing. */
    @Override
    public void flushLegs() throws IOException {
        LegSet legs = mirror.legs();
        if (!legs.isComplete()) {
            throw new IOException("a leg of mirror " + mirror.name + " is not attached");
        }
        LegForces.Outcome outcome = forces.forceAttached(legs);
        if (outcome.failed() != 0) {
            IOException why = outcome.cause() == null ? new IOException("a leg is failing") : outcome.cause();
            legs.latchFailing(outcome.failed());
            // It throws at step 0 of P14 and waits for no later one: that closes a gate for which writers must leave.
            mirror.world.tasks().start(mirror.name + "/exclusion", () -> exclude(why));
            throw why;
        }
        if (legs != mirror.legs() || legs.failingMask() != 0) {
            throw new IOException("the legs of mirror " + mirror.name + " changed meanwhile");
        }
    }

    private void exclude(IOException why) {
        try {
            failures.exclude(why);
        } catch (IOException stopped) {
            // The mirror stops; who waits for the exclusion is told by the gate.
            mirror.regionsChanged.raise();
        }
    }

    /** Called in a clean stop: nobody writes any more. */
    @Override
    public boolean legsAgree() {
        if (mirror.legs().failingMask() != 0) {
            return false;
        }
        boolean[] doubt = new boolean[1];
        mirror.table.forEach((first, end, word) -> {
            doubt[0] = RegionWord.has(word, RegionWord.IN_DOUBT);
            return !doubt[0];
        });
        return !doubt[0];
    }

    /** Whether what is wrong with a log may be gone at the next attempt, without a command. */
    static boolean mayCome(DirtyLogException e) {
        return e instanceof DirtyLogException.Unavailable
                || e.getCause() instanceof InUseException
                || e.getCause() instanceof NoSuchFileException;
    }

    @Override
    public LogMedium openMedium(String path, long needBytes) throws DirtyLogException {
        try {
            return new MediumView(mirror.world.devices().openMedium(path, needBytes, missing));
        } catch (InUseException e) {
            throw new DirtyLogException.Rejected("log device " + path + " is locked: " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            if (missing == Devices.Missing.CREATE) {
                throw new DirtyLogException.Rejected(
                        "log device " + FileReason.of(e) + ". Make the folder, or name another file", e);
            }
            throw new DirtyLogException.Rejected(
                    "log device " + path + " is missing. Put it back; or, if it is lost, make an empty file of "
                            + needBytes + " bytes in its place: everything is then copied from the source leg",
                    e);
        } catch (IOException e) {
            throw new DirtyLogException.Rejected("log device " + path + ": " + FileReason.of(e), e);
        }
    }

    @Override
    public void statusChanged() {}

    @Override
    public void recoveryChanged() {
        recover.run();
    }

    @Override
    public void release(RegionSet regions) {
        recover.run();
    }
}
