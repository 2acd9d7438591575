// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.bits.RegionBits;

/**
 * What a record is worth to a mirror that opens it (P29). Made by reading only.
 *
 * @param found    what was found
 * @param accepted the pair, if the record is the last one of this mirror
 * @param head     the first bytes as they are
 * @param bits     which bits to start from
 * @param covered  with {@link Bits#RECORDED}: how many regions they speak of
 */
record Verdict(Found found, Optional<LogPair> accepted, RecordHead head, Bits bits, long covered) {

    /** Stands for a mirror that has no id yet. */
    static final UUID NEW_MIRROR = new UUID(0, 0);

    /** Which bits to start from. */
    enum Bits {
        /** Those of the record. */
        RECORDED,
        /** None is believed. */
        ALL_DIRTY,
        /** There is no record, and the operator vouches for the legs. */
        ALL_CLEAN
    }

    /**
     * Reads and decides.
     *
     * @throws DirtyLogException.Rejected if the record has a name and it is not ours (P34), or by policy
     * @throws DirtyLogException.Corrupt  if its version is not known
     * @throws IOException                if it cannot be read
     */
    static Verdict of(RecordReader reader, UUID mirrorId, RegionGeometry geometry, Opening opening)
            throws DirtyLogException.Rejected, DirtyLogException.Corrupt, IOException {
        RecordHead head = reader.head();
        requireKnownVersion(head.header(), reader.path());
        Optional<IdentitySlot> slot = head.newest();
        if (slot.isPresent() && !slot.get().mirrorId().equals(mirrorId)) {
            requireAdoption(slot.get(), mirrorId, opening, reader.path());
            return dirty(Found.STALE, head);
        }
        Found found = opening.judge(slot.map(IdentitySlot::pair));
        return switch (found) {
            case FRESH -> fresh(head, opening);
            case RECORDED -> recorded(head, slot.orElseThrow(), reader, geometry, opening);
            case STALE -> dirty(Found.STALE, head);
            case REWRITTEN, UNIDENTIFIED ->
                head.header().isRecord()
                        ? byPolicy(found, head, head.header().regionsCovered(), opening, reader.path())
                        : dirty(Found.FRESH, head);
        };
    }

    /** The kernel takes an unknown version for a failed device and writes it back, bits and all; here it stays as it is. */
    private static void requireKnownVersion(RecordHeader header, String path) throws DirtyLogException.Corrupt {
        if (header.isRecord() && !header.isReadable()) {
            throw new DirtyLogException.Corrupt(
                    "log " + path + ": version " + Integer.toUnsignedString(header.version())
                            + " at byte 4, this version of dirtylog reads 1 and 2; the log was not changed. To use the file as a"
                            + " new log, with every region dirty, overwrite its first 4 bytes with zeroes");
        }
    }

    private static void requireAdoption(IdentitySlot slot, UUID mirrorId, Opening opening, String path)
            throws DirtyLogException.Rejected {
        if (!opening.adoptForeign()) {
            throw new DirtyLogException.Rejected("log " + path + " belongs to mirror " + slot.mirrorId() + " (opening "
                    + slot.pair() + "), and not to "
                    + (mirrorId.equals(NEW_MIRROR) ? "a new mirror" : "mirror " + mirrorId)
                    + "; the log was not changed. Name another log, or, if that mirror is gone, take the log over with"
                    + " every region dirty: mirror:create --adopt-log");
        }
    }

    private static Verdict dirty(Found found, RecordHead head) {
        return new Verdict(found, Optional.empty(), head, Bits.ALL_DIRTY, 0);
    }

    /** The first activation of a mirror (P33): what the kernel would do, except that a record outweighs {@code nosync}. */
    private static Verdict fresh(RecordHead head, Opening opening) {
        if (!head.header().isRecord()) {
            boolean vouched = opening.initialSync() == InitialSync.ASSUME_IN_SYNC;
            return new Verdict(Found.FRESH, Optional.empty(), head, vouched ? Bits.ALL_CLEAN : Bits.ALL_DIRTY, 0);
        }
        return believed(
                Found.UNIDENTIFIED, Optional.empty(), head, head.header().regionsCovered(), opening);
    }

    private static Verdict recorded(
            RecordHead head, IdentitySlot slot, RecordReader reader, RegionGeometry geometry, Opening opening)
            throws DirtyLogException.Rejected, IOException {
        if (slot.state() == IdentitySlot.State.CONVERTING
                || slot.geometry().regionSectors() != geometry.regionSectors()) {
            return dirty(Found.STALE, head);
        }
        RecordHeader header = head.header();
        boolean unchanged = slot.isClosed() && opening.compareDigest();
        if (unchanged
                && !Arrays.equals(
                        slot.digest(), reader.digest(header, slot.geometry().regionCount()))) {
            long covered = Math.min(header.regionsCovered(), slot.regionsCovered(geometry));
            return byPolicy(Found.REWRITTEN, head, covered, opening, reader.path());
        }
        if (!header.isRecord()) {
            // A crash in the first opening tore header and slot apart. Nothing was written to a leg since.
            return opening.initialSync() == InitialSync.ASSUME_IN_SYNC
                    ? new Verdict(Found.FRESH, Optional.of(slot.pair()), head, Bits.ALL_CLEAN, 0)
                    : dirty(Found.STALE, head);
        }
        long covered = Math.min(header.regionsCovered(), slot.regionsCovered(geometry));
        Verdict verdict = believed(Found.RECORDED, Optional.of(slot.pair()), head, covered, opening);
        if (unchanged && verdict.bits == Bits.RECORDED && covered >= geometry.regionCount()) {
            opening.closedCleanly(slot.legsAgree());
        }
        return verdict;
    }

    /** A part of a region that the target has gained was never compared, whoever vouches for the rest: it is not covered. */
    private static Verdict byPolicy(Found found, RecordHead head, long covered, Opening opening, String path)
            throws DirtyLogException.Rejected {
        return switch (opening.otherWriter()) {
            case DIRTY -> dirty(found, head);
            case ADOPT ->
                head.header().isRecord()
                        ? believed(found, Optional.empty(), head, covered, opening)
                        : dirty(found, head);
            case REFUSE ->
                throw new DirtyLogException.Rejected("log " + path
                        + (found == Found.REWRITTEN
                                ? " was written by somebody else since this mirror closed it"
                                : " carries a record that no mirror has signed, as the kernel writes it")
                        + ", and otherWriter=refuse; the log was not changed. Set otherWriter=dirty to copy everything, or"
                        + " otherWriter=adopt if whoever wrote it kept it as a log of these legs");
        };
    }

    private static Verdict believed(
            Found found, Optional<LogPair> accepted, RecordHead head, long covered, Opening opening) {
        boolean forced = opening.initialSync() == InitialSync.FORCE_RESYNC;
        return new Verdict(found, accepted, head, forced ? Bits.ALL_DIRTY : Bits.RECORDED, forced ? 0 : covered);
    }

    /** Reads the bits decided on. */
    RegionBits load(RecordReader reader, long regions) throws IOException {
        return switch (bits) {
            case ALL_DIRTY -> RegionBits.zeros(regions);
            case ALL_CLEAN -> RegionBits.ones(regions);
            case RECORDED -> {
                RegionBits clean = reader.bits(regions);
                clean.clear(Math.min(covered, regions), regions);
                yield clean;
            }
        };
    }
}
