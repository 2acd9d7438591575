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
    private final LegFlush legFlush;
    private final Devices.Missing missing;
    private final Runnable recover;

    /**
     * Wires.
     *
     * @param legFlush brings what was written to the legs' media
     * @param missing what to do about a log file that is not there
     * @param recover asks for a look at what there is to copy
     */
    MirrorHost(MirrorState mirror, LegFlush legFlush, Devices.Missing missing, Runnable recover) {
        this.mirror = mirror;
        this.legFlush = legFlush;
        this.missing = missing;
        this.recover = recover;
    }

    @Override
    public void flushLegs() throws IOException {
        legFlush.flush();
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
