// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.Found;
import org.dirtylog.log.Opening;
import org.dirtylog.log.RegionGeometry;
import org.dirtylog.log.RegionSet;
import org.dirtylog.log.Snapshot;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.mirror.LegSet.State;
import org.dirtylog.mirror.MirrorRecord.LegRecord;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.Surroundings;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an opening makes of legs and words, for volumes of which the dirt does not fit into one set. */
class LogOpeningTest {
    private static final long REGIONS = 1L << 24;
    private static final long BYTES = 2 * REGIONS * RegionGeometry.SECTOR_BYTES;
    private static final UUID MIRROR = new UUID(1, 2);
    private static final UUID[] IDS = {new UUID(3, 0), new UUID(3, 1)};

    private final ThreadTasks tasks = new ThreadTasks();
    private final Map<String, MemoryDevice> legs = new HashMap<>();
    private boolean keepAttributes;
    private final TableLine table =
            TableLine.parse("0 " + 2 * REGIONS + " mirror core 1 2 2 /leg0 0 /leg1 0", name -> Optional.of(List.of()));
    private final MirrorConfig config = MirrorConfig.of("m", table);
    private static final LegPolicy PATIENT = LegPolicy.DEFAULT.withTimeouts(Duration.ZERO, Duration.ZERO);

    private final MirrorState mirror = new MirrorState("m", table.geometry(), world());
    /** Whether the log was closed cleanly, with the legs equal. */
    private boolean agreeing;

    private long toldInSync;
    private long calls;
    private int mostRuns;

    LogOpeningTest() throws Exception {}

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private Surroundings world() {
        return new Surroundings(tasks, new SystemClock(), () -> 7, devices());
    }

    /** Legs without room for a label, that keep attributes or do not. */
    private Devices devices() {
        return (Devices) Proxy.newProxyInstance(
                Devices.class.getClassLoader(), new Class<?>[] {Devices.class}, (proxy, method, given) -> {
                    if (method.getName().equals("openLeg")) {
                        return legs.computeIfAbsent(
                                (String) given[0], name -> new MemoryDevice(name, BYTES, keepAttributes));
                    }
                    throw new AssertionError(method + " is not called in an opening");
                });
    }

    /** Records in memory. */
    private static final class MemoryRecords implements MirrorRecords {
        @Override
        public Optional<MirrorRecord> load() {
            return Optional.empty();
        }

        @Override
        public MirrorRecord compareAndSet(long expectedCounter, MirrorRecord next) {
            return next.withCounter(expectedCounter + 1);
        }

        @Override
        public void remove() {}
    }

    private RecordKeeper keeper(boolean completed, State second) {
        return keeper(completed, second, LabelPlace.NONE, List.of());
    }

    private RecordKeeper keeper(boolean completed, State second, LabelPlace place, List<Long> epochs) {
        LegRecord leg0 = new LegRecord("/leg0", 0, IDS[0], State.CURRENT, LabelPlace.NONE, List.of(), false);
        MirrorRecord record = new MirrorRecord(
                0,
                MIRROR,
                completed,
                1,
                1,
                2 * REGIONS,
                new LogKey("core", List.of()),
                Optional.empty(),
                Optional.empty(),
                0,
                List.of(leg0, new LegRecord("/leg1", 0, IDS[1], second, place, epochs, false)));
        return new RecordKeeper(new MemoryRecords(), record, tasks, "m");
    }

    /** A log that can be resumed and described, in which every other region of the upper half is dirty, or none is. */
    private DirtyLog log(boolean scattered) {
        return (DirtyLog) Proxy.newProxyInstance(
                DirtyLog.class.getClassLoader(),
                new Class<?>[] {DirtyLog.class},
                (proxy, method, given) -> switch (method.getName()) {
                    case "resume" -> resume((Opening) given[0]);
                    case "snapshot" -> part((Long) given[0], (Long) given[1], scattered);
                    case "setOutOfSync", "flush" -> null;
                    case "setInSync" -> {
                        toldInSync += ((RegionSet) given[0]).count();
                        yield null;
                    }
                    default -> throw new AssertionError(method + " is not called in an opening");
                });
    }

    private Found resume(Opening opening) {
        if (agreeing) {
            opening.closedCleanly(true);
        }
        return Found.FRESH;
    }

    private Snapshot part(long first, long end, boolean scattered) {
        RegionSet.Builder dirty = new RegionSet.Builder();
        for (long region = Math.max(first, REGIONS / 2); scattered && region < end; region++) {
            if (region % 2 == 1) {
                dirty.add(region);
            }
        }
        RegionSet built = dirty.build();
        calls++;
        mostRuns = Math.max(mostRuns, built.runCount());
        return new Snapshot(first, end, built, built);
    }

    private List<State> open(RecordKeeper keeper, boolean scattered) throws Exception {
        OpenLegs open = OpenLegs.open("m", keeper.record(), PATIENT, mirror.world);
        new LogOpening(mirror, config, keeper, new Labels(mirror, keeper), RegionSet.none()).open(log(scattered), open);
        assertEquals(keeper.record().legs().stream().map(LegRecord::state).toList(), states());
        return states();
    }

    private List<State> states() {
        return List.of(mirror.legs().state(0), mirror.legs().state(1));
    }

    private void assertScattered(long word) {
        long[] count = new long[1];
        mirror.table.forEach((first, end, found) -> {
            assertTrue(first % 2 == 1 && end == first + 1 && found == word, first + " " + RegionWord.text(found));
            count[0]++;
            return true;
        });
        assertEquals(REGIONS / 4, count[0]);
    }

    @Test
    void p33_atAFirstOpeningScatteredDirtMakesTheSecondLegStaleInEachRegionThatIsDirty() throws Exception {
        assertEquals(List.of(State.CURRENT, State.STALE), open(keeper(false, State.CURRENT), true));
        assertScattered(RegionWord.OUT_OF_SYNC | RegionWord.lacking(2));
    }

    @Test
    void p33_atAFirstOpeningWithoutDirtBothLegsAreCurrent() throws Exception {
        assertEquals(List.of(State.CURRENT, State.CURRENT), open(keeper(false, State.CURRENT), false));
        mirror.table.forEach((first, end, word) -> {
            throw new AssertionError(first + " to before " + end + ": " + RegionWord.text(word));
        });
    }

    /** Else the log, which takes what is dirty for out of sync, would never clean it: nobody has it to copy. */
    @Test
    void p32_whatIsDirtyAfterACleanStopAndEqualAllTheSameIsToldInSync() throws Exception {
        agreeing = true;
        assertEquals(List.of(State.CURRENT, State.CURRENT), open(keeper(true, State.CURRENT), true));
        assertScattered(RegionWord.DIRTY);
        assertEquals(REGIONS / 4, toldInSync);
    }

    @Test
    void afterACrashScatteredDirtIsInDoubt() throws Exception {
        assertEquals(List.of(State.CURRENT, State.CURRENT), open(keeper(true, State.CURRENT), true));
        assertScattered(RegionWord.OUT_OF_SYNC | RegionWord.IN_DOUBT);
    }

    private static byte[] label(long epoch) {
        return new LegLabel(MIRROR, IDS[1], epoch, 2 * REGIONS).encode();
    }

    @Test
    void p45_aLegThatComesBackUnchangedLacksWhatIsDirty() throws Exception {
        keepAttributes = true;
        mirror.world.devices().openLeg("/leg1").setAttribute("label", label(1));
        RecordKeeper keeper = keeper(true, State.EXCLUDED, LabelPlace.ATTRIBUTE, List.of(1L));
        assertEquals(List.of(State.CURRENT, State.STALE), open(keeper, true));
        assertScattered(RegionWord.OUT_OF_SYNC | RegionWord.lacking(2) | RegionWord.IN_DOUBT);
    }

    @Test
    void p23_aLegThatIsOlderStaysAwayAndIsNeitherReadNorWritten() throws Exception {
        keepAttributes = true;
        mirror.world.devices().openLeg("/leg1").setAttribute("label", label(0));
        RecordKeeper keeper = keeper(true, State.CURRENT, LabelPlace.ATTRIBUTE, List.of(1L));
        assertEquals(List.of(State.CURRENT, State.MISSING), open(keeper, true));
        assertTrue(legs.get("/leg1").closed);
        assertArrayEquals(label(0), legs.get("/leg1").attribute("label").orElseThrow());
    }

    @Test
    void p24_aLegThatCannotHaveALabelStaysAwayOnceItWasAbsent() throws Exception {
        assertEquals(List.of(State.CURRENT, State.EXCLUDED), open(keeper(true, State.EXCLUDED), true));
    }

    @Test
    void p22_anOpeningPutsANewEpochOnTheLegsAndInTheRecord() throws Exception {
        keepAttributes = true;
        mirror.world.devices().openLeg("/leg1").setAttribute("label", label(1));
        RecordKeeper keeper = keeper(true, State.CURRENT, LabelPlace.ATTRIBUTE, List.of(1L));
        open(keeper, false);
        assertEquals(2, keeper.record().epoch());
        for (int i = 0; i < 2; i++) {
            assertEquals(LabelPlace.ATTRIBUTE, keeper.record().legs().get(i).label());
            assertEquals(List.of(2L), keeper.record().legs().get(i).epochs());
            byte[] label = legs.get("/leg" + i).attribute("label").orElseThrow();
            assertEquals(
                    new LegLabel(MIRROR, IDS[i], 2, 2 * REGIONS),
                    LegLabel.decode(label).orElseThrow());
        }
    }

    @Test
    void p22_aLegThatCannotTakeItsLabelIsFailingAndTheRecordKeepsItsEpochs() throws Exception {
        keepAttributes = true;
        mirror.world.devices().openLeg("/leg1").setAttribute("label", label(1));
        legs.get("/leg1").failForces = true;
        RecordKeeper keeper = keeper(true, State.CURRENT, LabelPlace.ATTRIBUTE, List.of(1L));
        open(keeper, false);
        assertEquals(2, mirror.legs().failingMask());
        assertEquals(List.of(1L, 2L), keeper.record().legs().get(1).epochs());
    }

    @Test
    void scatteredDirtIsReadInSmallPartsAndAUniformVolumeInFew() throws Exception {
        open(keeper(true, State.CURRENT), false);
        assertTrue(calls < 12, calls + " calls for a volume without dirt");
        open(keeper(true, State.CURRENT), true);
        // One large part may begin where the dirt does; the others are small.
        assertTrue(calls > REGIONS / 2 / (1 << 17) - 32, calls + " calls");
        assertTrue(mostRuns <= 1 << 21, mostRuns + " runs in one part");
    }
}
