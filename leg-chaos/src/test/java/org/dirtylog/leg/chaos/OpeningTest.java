// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.leg.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.InUseException;
import org.dirtylog.seams.real.FileDevices;
import org.dirtylog.seams.real.FileRecordFolder;
import org.dirtylog.seams.real.SecureRandomness;
import org.dirtylog.seams.real.SystemClock;
import org.dirtylog.seams.real.ThreadTasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names on their way through the real devices, over real files. */
class OpeningTest {
    @TempDir
    Path folder;

    private final ThreadTasks tasks = new ThreadTasks(4);
    private final ChaosLegType type = new ChaosLegType(new SystemClock(), new SecureRandomness());
    private FileDevices devices;
    private Path file;

    @BeforeEach
    void make() throws IOException {
        devices = new FileDevices(new FileRecordFolder(folder.resolve("data")), tasks);
        devices.addLegType(type, 0, 1);
        file = Files.write(folder.resolve("leg"), new byte[4096]);
    }

    @AfterEach
    void stop() {
        tasks.close();
    }

    private BlockDevice open(String rules) throws IOException {
        return devices.openLeg("chaos:" + file + rules);
    }

    @Test
    void what_lies_below_has_one_owner_under_whatever_name() throws Exception {
        BlockDevice device = open("?error@write");
        assertEquals("chaos:" + file, device.name());
        assertThrows(InUseException.class, () -> open("?error@read"));
        assertThrows(InUseException.class, () -> devices.openLeg(file.toString()));
        assertThrows(InUseException.class, () -> devices.openLeg("chaos:" + folder + "/./leg"));
        Bench.read(device, 0, 1);
        assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1)));
        device.close();
        BlockDevice plain = devices.openLeg(file.toString());
        assertThrows(InUseException.class, () -> open(""));
        plain.close();
        open("").close();
    }

    @Test
    void rules_that_were_commanded_stay_until_the_name_has_others() throws Exception {
        open("?error@write").close();
        type.legs().find(file.toString()).set(Rules.parse("error@read"));
        try (BlockDevice device = open("?error@write")) {
            assertThrows(IOException.class, () -> Bench.read(device, 0, 1));
            device.write(0, Bench.filled(1, 1));
        }
        try (BlockDevice device = open("")) {
            Bench.read(device, 0, 1);
        }
    }

    @Test
    void legs_stand_on_each_other() throws Exception {
        try (BlockDevice device = devices.openLeg("chaos:chaos:" + file + "?error@read?error@write")) {
            assertEquals("chaos:chaos:" + file, device.name());
            assertThrows(IOException.class, () -> Bench.read(device, 0, 1));
            assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1)));
            type.legs().find(file.toString()).set(Rules.NONE);
            Bench.read(device, 0, 1);
            assertThrows(IOException.class, () -> device.write(0, Bench.filled(1, 1)));
        }
    }

    @Test
    void a_name_that_makes_no_sense_is_refused_and_the_file_is_free() throws Exception {
        String told = assertThrows(IOException.class, () -> open("?hagn")).getMessage();
        assertTrue(told.contains("rule 'hagn': there is no fault 'hagn'"), told);
        assertTrue(told.contains("chaos:" + file + "?hagn"), told);
        assertThrows(IOException.class, () -> devices.openLeg("chaos:?error"));
        assertThrows(NoSuchFileException.class, () -> devices.openLeg("chaos:" + file + "-none"));
        devices.openLeg(file.toString()).close();
    }

    @Test
    void attributes_reach_the_file() throws Exception {
        try (BlockDevice device = open("")) {
            org.junit.jupiter.api.Assumptions.assumeTrue(
                    device.keepsAttributes(), "the temporary folder is on a file system without attributes");
            device.setAttribute("label", new byte[] {1, 2});
        }
        try (BlockDevice plain = devices.openLeg(file.toString())) {
            assertEquals(2, plain.attribute("label").orElseThrow().length);
        }
    }
}
