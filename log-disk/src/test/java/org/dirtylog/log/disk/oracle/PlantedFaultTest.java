// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** An oracle that agrees with everything proves nothing: bugs put into our logs are found, and each quirk makes a difference. */
class PlantedFaultTest {
    private static final long SEQUENCES = 10_000;

    @TempDir
    Path folder;

    static List<PlantedFault> faults() {
        return List.of(
                fault("marks are not forced", "disk/DiskLog.java", "if (marks) {", "if (false) {"),
                fault("a cleaning is forced", "disk/DiskLog.java", "if (marks) {", "if (true) {"),
                fault(
                        "legs are not flushed",
                        "disk/DiskLog.java",
                        "host.flushLegs();",
                        "if (host == null) host.flushLegs();"),
                fault(
                        "failed legs are ignored",
                        "disk/DiskLog.java",
                        "markDirty(cleanings);\n            return cleanings;",
                        "return RegionSet.none();"),
                fault(
                        "marks are not written",
                        "disk/DiskLog.java",
                        "pending.flip(facts.markDirty(regions))",
                        "facts.markDirty(regions)"),
                fault(
                        "what falls out of sync is not written",
                        "disk/DiskLog.java",
                        "pending.flip(facts.setOutOfSync(regions))",
                        "facts.setOutOfSync(regions)"),
                fault("all is written again", "disk/DiskLog.java", "pending.clear(0, pending.size());", ""),
                fault(
                        "a failure is forgotten",
                        "disk/DiskLog.java",
                        "if (failure != null) {",
                        "if (failure != null && pending.countOnes() == 0) {"),
                fault(
                        "head before bits",
                        "disk/DiskLog.java",
                        "force();\n        RecordHead head = nextHead(State.OPEN",
                        "RecordHead head = nextHead(State.OPEN"),
                fault("a stop leaves cleanings", "disk/DiskLog.java", "if (unforced) {", "if (false) {"),
                fault(
                        "a resume takes nothing back",
                        "disk/DiskLog.java",
                        "facts = RegionFacts.of(clean);",
                        "if (facts.clean().countOnes() == 0) facts = RegionFacts.of(clean);"),
                fault("D outranks F", "disk/DiskLog.java", "reached == Health.FLUSH_FAILED", "reached == Health.DEAD"),
                fault(
                        "padding becomes zero",
                        "disk/RecordImage.java",
                        "padding.put(0, slice, layout.blockBytes() - paddingBytes, paddingBytes);",
                        ""),
                fault(
                        "the last block is missed",
                        "disk/RecordImage.java",
                        "layout.blockEnd(RecordLayout.byteOf(runEnd - 1) + 1)",
                        "layout.blockEnd(RecordLayout.byteOf(at) + 1)"),
                fault(
                        "what else changed in the block is skipped",
                        "disk/RecordImage.java",
                        "Math.max(runEnd, next)",
                        "Math.max(runEnd, next) + 4096"),
                fault(
                        "only the first block of bits",
                        "disk/RecordImage.java",
                        "layout.areaBytes());\n    }\n\n    /** Writes the blocks that hold",
                        "layout.blockEnd(RecordLayout.HEAD_BYTES + 1));\n    }\n\n    /** Writes the blocks that hold"),
                fault("version 1 is not known", "disk/RecordHeader.java", "version == 1 || ", ""),
                fault(
                        "version 0 is known",
                        "disk/RecordHeader.java",
                        "version == 1 || ",
                        "version == 0 || version == 1 || "),
                fault(
                        "the count has 64 bits",
                        "disk/RecordHeader.java",
                        "regions & 0xFFFF_FFFFL",
                        "regions < 0 ? 0xFFFF_FFFFL : regions"),
                fault(
                        "a word too few",
                        "disk/RecordLayout.java",
                        "(regions + Long.SIZE - 1) / Long.SIZE",
                        "Math.max(1, regions / Long.SIZE)"),
                fault(
                        "new regions are believed",
                        "disk/Verdict.java",
                        "clean.clear(Math.min(covered, regions), regions);",
                        ""),
                fault(
                        "one region too many",
                        "disk/Verdict.java",
                        "Math.min(covered, regions), regions",
                        "Math.min(covered + 1, regions), regions"),
                fault(
                        "nosync outweighs",
                        "disk/Verdict.java",
                        "boolean vouched = opening",
                        "boolean vouched = opening.initialSync() == InitialSync.FORCE_RESYNC || opening"),
                fault(
                        "sync is ignored",
                        "disk/Verdict.java",
                        "boolean forced = opening.initialSync() == InitialSync.FORCE_RESYNC;",
                        "boolean forced = false;"),
                fault(
                        "region sizes are not compared",
                        "disk/Verdict.java",
                        "slot.geometry().regionSectors() != geometry.regionSectors()",
                        "false"),
                fault(
                        "a short region is believed",
                        "disk/IdentitySlot.java",
                        ": geometry.targetSectors() / geometry.regionSectors()",
                        ": geometry.regionCount()"),
                fault("the older slot counts", "disk/RecordHead.java", "> a.get().sequence()", "< a.get().sequence()"),
                fault(
                        "what is out of sync is cleaned",
                        "bits/RegionFacts.java",
                        "inSync.onesAmong(regions)",
                        "regions"),
                fault(
                        "out of sync stays clean",
                        "bits/RegionFacts.java",
                        "return markDirty(regions);",
                        "return RegionSet.none();"),
                fault(
                        "a report ends no claim",
                        "bits/RegionFacts.java",
                        "inSync.clear(regions);\n        recovery.release(regions);",
                        "inSync.clear(regions);"),
                fault("offered once", "bits/RecoveryCursor.java", "search(0, start, max", "search(start, start, max"),
                fault("offered twice", "bits/RecoveryCursor.java", "claimed.set(at, stop);", ""),
                fault(
                        "the count drifts",
                        "bits/BitChunk.java",
                        "ones += Long.bitCount(bits) - Long.bitCount(words.getPlain(index))",
                        "ones += Long.bitCount(bits)"),
                fault(
                        "a chunk's last word",
                        "bits/BitNode.java",
                        "stop - at == capacity(i) ||",
                        "stop - at >= capacity(i) - 1 ||"),
                fault(
                        "a core log forgets its marks",
                        "core/CoreLog.java",
                        "facts = RegionFacts.of(facts.clean());",
                        "facts = RegionFacts.of(facts.inSync());"));
    }

    private static PlantedFault fault(String name, String file, String right, String wrong) {
        return new PlantedFault(name, file, right, wrong);
    }

    private static Oracle oracle(ClassLoader loader) throws Exception {
        return new Oracle(
                PlantedFault.type(loader, "org.dirtylog.log.disk.DiskLogType"),
                PlantedFault.type(loader, "org.dirtylog.log.core.CoreLogType"),
                Quirk.ours());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void it_is_found(PlantedFault fault) throws Exception {
        OptionalLong found = oracle(fault.load(folder)).first(1, SEQUENCES);
        assertTrue(found.isPresent(), () -> fault.name() + " was not found within " + SEQUENCES + " sequences");
        System.out.printf("fault %-45s found by sequence %d%n", fault.name(), found.getAsLong());
    }

    @Test
    void logs_without_one_that_were_loaded_in_the_same_way_are_not_found() throws Exception {
        assertEquals(
                OptionalLong.empty(), oracle(PlantedFault.unchanged(folder)).first(1, 300));
    }

    @ParameterizedTest
    @EnumSource(Quirk.class)
    void each_quirk_makes_a_difference(Quirk quirk) {
        Oracle oracle = new Oracle(new DiskLogType(), new CoreLogType(), Quirk.oursBut(quirk));
        OptionalLong found = oracle.first(1, SEQUENCES);
        assertTrue(found.isPresent(), () -> quirk + " makes no difference within " + SEQUENCES + " sequences");
        System.out.printf("quirk %-45s found by sequence %d%n", quirk, found.getAsLong());
    }

    /** What was printed can be taken through again, and shows the same. */
    @Test
    void a_difference_is_made_short_and_can_be_repeated() {
        Oracle oracle =
                new Oracle(new DiskLogType(), new CoreLogType(), Quirk.oursBut(Quirk.CLAIMS_OUTLIVE_SUSPENSION));
        Oracle.Found found = oracle.search(1, SEQUENCES).orElseThrow();
        assertEquals("OPEN 1 2 0; WORK 1; PRESUSPEND; POSTSUSPEND; RESUME; WORK 1", Step.write(found.least()));
        assertEquals(Optional.of(found.difference()), oracle.compare(Step.read(Step.write(found.least()))));
    }
}
