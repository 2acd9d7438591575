// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.dirtylog.fuzz.Planted;
import org.dirtylog.fuzz.Targets;
import org.dirtylog.log.Found;
import org.dirtylog.log.LogPair;
import org.dirtylog.log.LogSpec.InitialSync;
import org.dirtylog.log.Opening;
import org.junit.jupiter.api.Test;

/** Faults in reading a log, each of which its target finds. */
class DiskFaultsTest {
    /** An opening like another one. */
    private static class Like implements Opening {
        private final Opening other;

        Like(Opening other) {
            this.other = other;
        }

        @Override
        public InitialSync initialSync() {
            return other.initialSync();
        }

        @Override
        public OtherWriter otherWriter() {
            return other.otherWriter();
        }

        @Override
        public Found judge(Optional<LogPair> found) {
            return other.judge(found);
        }

        @Override
        public boolean adoptForeign() {
            return other.adoptForeign();
        }

        @Override
        public void closedCleanly(boolean legsAgree) {
            other.closedCleanly(legsAgree);
        }

        @Override
        public boolean compareDigest() {
            return other.compareDigest();
        }

        @Override
        public LogPair announce(Optional<LogPair> accepted) {
            throw new AssertionError("only looked at");
        }
    }

    @Test
    void aSlotWithAnotherChecksumIsRead() throws IOException {
        IdentitySlotFuzz faulty = new IdentitySlotFuzz((head, at, path) -> {
            byte[] copy = head.array().clone();
            RawSlot.repair(copy, at);
            return IdentitySlot.read(ByteBuffer.wrap(copy).order(head.order()), at, path);
        });
        Planted.isFound(Targets.IdentitySlot, faulty, "letters and checksum make a slot");
    }

    @Test
    void whatTheSlotFormatDoesNotHaveIsPassedOver() throws IOException {
        IdentitySlotFuzz faulty = new IdentitySlotFuzz((head, at, path) -> {
            byte[] copy = head.array().clone();
            if (RawSlot.at(copy, at).isSlot()) {
                Arrays.fill(copy, at + 104, at + 124, (byte) 0);
                RawSlot.repair(copy, at);
            }
            return IdentitySlot.read(ByteBuffer.wrap(copy).order(head.order()), at, path);
        });
        Planted.isFound(Targets.IdentitySlot, faulty, "makes no sense");
    }

    @Test
    void aDigestIsNotCompared() throws IOException {
        LogHeaderFuzz faulty = new LogHeaderFuzz(
                (reader, mirror, geometry, opening) -> Verdict.of(reader, mirror, geometry, new Like(opening) {
                    @Override
                    public boolean compareDigest() {
                        return false;
                    }
                }));
        Planted.isFound(Targets.LogHeader, faulty, "expected");
    }

    @Test
    void anyPairIsBelieved() throws IOException {
        LogHeaderFuzz faulty = new LogHeaderFuzz((reader, mirror, geometry, opening) ->
                Verdict.of(reader, mirror, geometry, new Like(opening) {
                    @Override
                    public Found judge(Optional<LogPair> found) {
                        return found.isPresent() ? Found.RECORDED : super.judge(found);
                    }
                }));
        Planted.isFound(Targets.LogHeader, faulty, "what is found: expected STALE, found RECORDED");
    }

    @Test
    void bitsBeyondTheCountAreBelieved() throws IOException {
        LogHeaderFuzz faulty = new LogHeaderFuzz((reader, mirror, geometry, opening) -> {
            Verdict right = Verdict.of(reader, mirror, geometry, opening);
            return new Verdict(right.found(), right.accepted(), right.head(), right.bits(), Long.MAX_VALUE);
        });
        Planted.isFound(Targets.LogHeader, faulty, "is clean: expected false");
    }
}
