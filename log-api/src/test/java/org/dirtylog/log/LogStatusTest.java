// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.dirtylog.log.LogStatus.Health;
import org.junit.jupiter.api.Test;

class LogStatusTest {
    @Test
    void lines_are_those_of_dmsetup() {
        LogStatus core = new LogStatus("core", Health.ALIVE, List.of(), List.of("1024", "nosync"));
        assertEquals("1 core", core.infoLine());
        assertEquals("core 2 1024 nosync", core.tableLine());
        LogStatus disk = new LogStatus("disk", Health.FLUSH_FAILED, List.of("253:3", "F"), List.of("253:3", "1024"));
        assertEquals("3 disk 253:3 F", disk.infoLine());
        assertEquals("disk 2 253:3 1024", disk.tableLine());
    }

    @Test
    void a_word_with_a_blank_stays_one_word_in_a_line() {
        LogStatus disk = new LogStatus(
                "disk", Health.ALIVE, List.of("/a b/100%\n\u00fc", "A"), List.of("/a b/100%\n\u00fc", "1024"));
        assertEquals("3 disk /a%20b/100%25%0A%C3%BC A", disk.infoLine());
        assertEquals("disk 2 /a%20b/100%25%0A%C3%BC 1024", disk.tableLine());
        assertEquals("/a b/100%\n\u00fc", disk.details().get(0));
    }

    @Test
    void geometry_knows_the_short_last_region_and_refuses_what_is_none() {
        RegionGeometry geometry = new RegionGeometry(10_000, 1024);
        assertEquals(10, geometry.regionCount());
        assertEquals(784, geometry.sectorsIn(9));
        assertEquals(9, geometry.regionOf(9999));
        assertEquals(1, geometry.regionOfByte(1024 * 512));
        for (long size : new long[] {0, 1, 3, 1L << 32}) {
            assertThrows(IllegalArgumentException.class, () -> new RegionGeometry(10_000, size), "" + size);
        }
        assertThrows(IllegalArgumentException.class, () -> new RegionGeometry(0, 2));
    }
}
