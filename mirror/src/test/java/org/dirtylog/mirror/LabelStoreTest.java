// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels of legs: {@code docs/leg-label.md}, P21. */
class LabelStoreTest {
    private static final int TARGET_SECTORS = 100;
    private static final int OFFSET_SECTORS = 3;
    private static final int END = (OFFSET_SECTORS + TARGET_SECTORS) * 512;
    private static final int ROOM_AT = (END + 4095) / 4096 * 4096;
    private static final LegLabel SAMPLE = new LegLabel(
            UUID.fromString("0f6d3c3e-6f0e-4b8e-9a54-0b2f3f1f7a10"),
            UUID.fromString("12345678-9abc-4def-8123-456789abcdef"),
            7,
            524288);

    private final ThreadTasks tasks = new ThreadTasks();

    @AfterEach
    void endTasks() {
        tasks.close();
    }

    private Leg leg(MemoryDevice device) {
        return new Leg(1, device, OFFSET_SECTORS * 512L, TARGET_SECTORS * 512L, tasks);
    }

    private static MemoryDevice device(long bytes, boolean attributes) {
        return new MemoryDevice("/leg1", bytes, attributes);
    }

    private static LegLabel label(long epoch) {
        return new LegLabel(SAMPLE.mirrorId(), SAMPLE.legId(), epoch, TARGET_SECTORS);
    }

    private static byte[] sample() throws IOException {
        try (InputStream in = LabelStoreTest.class.getResourceAsStream("/labels/version-1.label")) {
            return in.readAllBytes();
        }
    }

    @Test
    void version_1_is_written_byte_for_byte_as_the_sample_file() throws IOException {
        assertArrayEquals(sample(), SAMPLE.encode());
        assertEquals(Optional.of(SAMPLE), LegLabel.decode(sample()));
    }

    @Test
    void each_damaged_byte_makes_it_none() throws IOException {
        for (int i = 0; i < LegLabel.BYTES; i++) {
            byte[] bad = sample();
            bad[i] ^= 1;
            assertEquals(Optional.empty(), LegLabel.decode(bad), "byte " + i);
        }
        assertEquals(Optional.empty(), LegLabel.decode(Arrays.copyOf(sample(), LegLabel.BYTES - 1)));
    }

    private static byte[] signed(int at, int value) throws IOException {
        byte[] other = sample();
        other[at] = (byte) value;
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(other, 0, LegLabel.BYTES - 4);
        ByteBuffer.wrap(other).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(LegLabel.BYTES - 4, (int) crc.getValue());
        return other;
    }

    @ParameterizedTest
    @CsvSource({
        "13, 1", // another length
        "48, 0", // epoch 0
        "55, 128", // a negative epoch
        "63, 128", // a negative length of the mirror
        "64, 1", // what this version does not have
        "123, 255"
    })
    void a_label_that_makes_no_sense_though_its_checksum_matches_is_refused(int at, int value) throws IOException {
        byte[] other = signed(at, value);
        IOException e = assertThrows(IOException.class, () -> LegLabel.decode(other));
        assertTrue(e.getMessage().contains("makes no sense"), e.getMessage());
    }

    @Test
    void a_label_of_another_version_is_refused_and_not_taken_for_none() throws IOException {
        byte[] other = signed(8, 2);
        IOException e = assertThrows(IOException.class, () -> LegLabel.decode(other));
        assertTrue(e.getMessage().contains("version 2"), e.getMessage());
    }

    @Test
    void p21_behind_the_mirrored_range_where_there_is_room() throws IOException {
        MemoryDevice device = device(ROOM_AT + 8192, true);
        LabelStore store = new LabelStore(leg(device));
        assertEquals(LabelPlace.BEHIND, store.choose());
        store.write(LabelPlace.BEHIND, label(1));
        assertEquals(Optional.of(new LabelStore.Found(label(1), LabelPlace.BEHIND)), store.find());
        ByteBuffer before = ByteBuffer.allocate(ROOM_AT);
        device.read(0, before);
        assertArrayEquals(new byte[ROOM_AT], before.array());
        assertEquals(LabelPlace.BEHIND, store.choose(), "where a label is there is room for another one");
    }

    /** Seed 736640: killed after a label was written and before it was forced, the next process overwrote the only one that lasts. */
    @Test
    void p21_a_label_that_may_be_only_a_page_is_made_to_last_before_the_other_goes() throws IOException {
        MemoryDevice device = device(ROOM_AT + 8192, false);
        new LabelStore(leg(device)).write(LabelPlace.BEHIND, label(1));
        device.write(ROOM_AT + 4096, ByteBuffer.wrap(label(2).encode()));
        LabelStore next = new LabelStore(leg(device));
        assertEquals(Optional.of(label(2)), next.find().map(LabelStore.Found::label));
        device.failForces = true;
        assertThrows(IOException.class, () -> next.write(LabelPlace.BEHIND, label(3)));
        device.crash(64);
        assertEquals(Optional.of(label(1)), new LabelStore(leg(device)).find().map(LabelStore.Found::label));
    }

    /** Seed 4247340: a write of a label failed after its first sector, and the next one went over the only label that lasts. */
    @Test
    void p21_a_label_of_which_the_write_failed_is_made_to_last_before_the_other_goes() throws IOException {
        MemoryDevice device = device(ROOM_AT + 8192, false);
        LabelStore store = new LabelStore(leg(device));
        store.write(LabelPlace.BEHIND, label(1));
        device.failWrites = true;
        assertThrows(IOException.class, () -> store.write(LabelPlace.BEHIND, label(2)));
        assertEquals(Optional.of(label(2)), store.find().map(LabelStore.Found::label), "it is seen, and not forced");
        device.failWrites = false;
        device.failForces = true;
        assertThrows(IOException.class, () -> store.write(LabelPlace.BEHIND, label(3)));
        device.crash(64);
        assertEquals(Optional.of(label(1)), new LabelStore(leg(device)).find().map(LabelStore.Found::label));
    }

    @Test
    void p21_an_attribute_where_the_room_is_too_small_or_taken() throws IOException {
        assertEquals(LabelPlace.ATTRIBUTE, new LabelStore(leg(device(ROOM_AT + 8191, true))).choose());
        MemoryDevice taken = device(ROOM_AT + 8192, true);
        taken.write(ROOM_AT + 8191, ByteBuffer.wrap(new byte[] {1}));
        LabelStore store = new LabelStore(leg(taken));
        assertEquals(LabelPlace.ATTRIBUTE, store.choose());
        store.write(LabelPlace.ATTRIBUTE, label(3));
        assertEquals(Optional.of(new LabelStore.Found(label(3), LabelPlace.ATTRIBUTE)), store.find());
        ByteBuffer last = ByteBuffer.allocate(1);
        taken.read(ROOM_AT + 8191, last);
        assertEquals(1, last.get(0));
    }

    @Test
    void p21_nowhere_where_nothing_keeps_it() throws IOException {
        LabelStore store = new LabelStore(leg(device(END, false)));
        assertEquals(LabelPlace.NONE, store.choose());
        store.write(LabelPlace.NONE, label(1));
        assertEquals(Optional.empty(), store.find());
    }

    @Test
    void p22_a_crash_in_the_middle_of_a_write_leaves_the_label_before() throws IOException {
        for (int torn = 0; torn <= 512; torn += 8) {
            MemoryDevice device = device(ROOM_AT + 8192, false);
            LabelStore store = new LabelStore(leg(device));
            store.write(LabelPlace.BEHIND, label(1));
            store.write(LabelPlace.BEHIND, label(2));
            device.failForces = true;
            assertThrows(IOException.class, () -> store.write(LabelPlace.BEHIND, label(3)));
            device.crash(torn);
            long found =
                    new LabelStore(leg(device)).find().orElseThrow().label().epoch();
            assertEquals(torn < LegLabel.BYTES ? 2 : 3, found, torn + " bytes landed");
        }
    }

    @Test
    void p13_a_label_that_cannot_be_forced_is_a_force_that_failed() {
        MemoryDevice device = device(END, true);
        device.failForces = true;
        Leg leg = leg(device);
        assertThrows(IOException.class, () -> new LabelStore(leg).write(LabelPlace.ATTRIBUTE, label(1)));
        assertTrue(leg.isFailing());
        device.failForces = false;
        assertThrows(IOException.class, leg::force);
    }

    @Test
    void labels_are_taken_away_from_all_places() throws IOException {
        MemoryDevice device = device(ROOM_AT + 8192, true);
        LabelStore store = new LabelStore(leg(device));
        store.write(LabelPlace.BEHIND, label(1));
        store.write(LabelPlace.BEHIND, label(2));
        store.write(LabelPlace.ATTRIBUTE, label(9));
        assertEquals(9, store.find().orElseThrow().label().epoch());
        store.erase();
        assertEquals(Optional.empty(), store.find());
        int writes = device.writes;
        store.erase();
        assertEquals(writes, device.writes, "where there is none, nothing is written");
    }
}
