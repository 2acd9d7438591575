// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogMedium;
import org.dirtylog.log.LogSpec;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.runtime.DirtyLogs;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.FileReason;
import org.dirtylog.seams.InUseException;
import org.dirtylog.seams.Surroundings;

/** What a mirror that is not open leaves behind: its record, and its name on the legs and the log that the record speaks of. */
final class Remains {
    private final MirrorConfig config;
    private final Surroundings world;
    private final DirtyLogs logs;
    private final MirrorRecords records;

    Remains(MirrorConfig config, Surroundings world, DirtyLogs logs, MirrorRecords records) {
        this.config = config;
        this.world = world;
        this.logs = logs;
        this.records = records;
    }

    /** Removes both as far as it can, and tells what is left. */
    void dissolve() throws MirrorException {
        String left = "";
        try {
            String labelled = unlabel();
            left = labelled.isEmpty()
                    ? ""
                    : "; its label may still be on " + labelled + ". mirror:create --adopt-legs takes such a leg over";
        } catch (IOException e) {
            left = "; its legs may still carry its label: " + FileReason.of(e);
        }
        try {
            disown();
        } catch (IOException | DirtyLogException e) {
            left += "; its log may still carry its name: " + reason(e)
                    + ". If it does, mirror:create --adopt-log takes that log over";
        }
        try {
            records.remove();
        } catch (IOException e) {
            left += "; its record cannot be removed: " + FileReason.of(e)
                    + ". Delete it before a mirror of that name is made";
        }
        if (!left.isEmpty()) {
            throw new MirrorException("mirror " + config.name() + " is removed" + left);
        }
    }

    /** Removes both, or neither: a log that carries a name is of no use without the record (P34). */
    void takeBack() throws MirrorException {
        try {
            String labelled = unlabel();
            if (!labelled.isEmpty()) {
                throw new IOException("its label is still on " + labelled);
            }
            disown();
            records.remove();
        } catch (IOException | DirtyLogException e) {
            throw new MirrorException(
                    "its record is kept, creating it again goes on with it and with the log: " + reason(e), e);
        }
    }

    /** Takes the labels off the legs, as far as they are this mirror's. Answers which legs may still carry one. */
    private String unlabel() throws IOException {
        Optional<MirrorRecord> found = records.load();
        if (found.isEmpty()) {
            return "";
        }
        List<String> left = new ArrayList<>();
        for (int i = 0; i < found.get().legs().size(); i++) {
            MirrorRecord.LegRecord leg = found.get().legs().get(i);
            if (leg.label() == LabelPlace.NONE) {
                continue;
            }
            try {
                unlabel(i, leg, found.get());
            } catch (NoSuchFileException e) {
                // What is gone needs no name taken off; if it comes back, its label says what it was.
                continue;
            } catch (IOException | RuntimeException e) {
                left.add(leg.path() + " (" + (e instanceof IOException io ? FileReason.of(io) : e) + ")");
            }
        }
        return String.join(", ", left);
    }

    private void unlabel(int index, MirrorRecord.LegRecord leg, MirrorRecord record) throws IOException {
        BlockDevice device = world.devices().openLeg(leg.path());
        try {
            long offset = leg.offset() * RegionGeometry.SECTOR_BYTES;
            long bytes = record.targetSectors() * RegionGeometry.SECTOR_BYTES;
            LabelStore store = new LabelStore(new Leg(index, device, offset, bytes, world.tasks()));
            boolean ours = store.find()
                    .filter(found -> found.label().mirrorId().equals(record.mirrorId()))
                    .isPresent();
            if (ours) {
                store.erase();
            }
        } finally {
            device.close();
        }
    }

    private static String reason(Exception e) {
        return e instanceof IOException io ? FileReason.of(io) : e.getMessage();
    }

    /** Takes the name off. A log without a record never got one: the record comes first (P30). */
    private void disown() throws IOException, DirtyLogException {
        Optional<MirrorRecord> found = records.load();
        if (found.isEmpty()) {
            return;
        }
        MirrorRecord record = found.get();
        LogSpec spec = LogSpec.of(record.mirrorId(), config.table().geometry())
                .withArguments(record.log().arguments())
                .withPatience(config.patience());
        DirtyLog log = logs.create(record.log().type(), spec, new Host());
        try {
            log.disown();
        } finally {
            log.close();
        }
    }

    /** Of a log that is opened alone: it is never resumed, so it asks for its medium only. */
    private final class Host implements LogHost {
        @Override
        public LogMedium openMedium(String path, long needBytes) throws DirtyLogException {
            try {
                return new MediumView(world.devices().openMedium(path, needBytes, Devices.Missing.REFUSE));
            } catch (InUseException e) {
                throw new DirtyLogException.Rejected("log device " + path + " is locked: " + e.getMessage(), e);
            } catch (IOException e) {
                throw new DirtyLogException.Rejected("log device " + FileReason.of(e), e);
            }
        }

        @Override
        public void flushLegs() throws IOException {
            throw new IOException("the legs of mirror " + config.name() + " are not open");
        }

        @Override
        public boolean legsAgree() {
            return false;
        }

        @Override
        public void statusChanged() {}

        @Override
        public void recoveryChanged() {}

        @Override
        public void release(RegionSet regions) {}
    }
}
