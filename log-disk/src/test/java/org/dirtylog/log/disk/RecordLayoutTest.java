// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordLayoutTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1536, 4096",
        "64, 1536, 4096",
        "65, 1536, 4096",
        "4096, 1536, 4096",
        "4097, 2048, 4096",
        "24576, 4096, 4096",
        "24577, 4608, 8192",
        "1048576, 132096, 135168",
        "4294967295, 536871936, 536875008"
    })
    void a_record_takes_the_whole_blocks_that_the_kernel_reads(long regions, long of512, long of4096) {
        assertEquals(of512, new RecordLayout(regions, 512).areaBytes());
        assertEquals(of4096, new RecordLayout(regions, 4096).areaBytes());
    }

    @Test
    void more_regions_than_32_bits_count_have_no_layout() {
        assertThrows(IllegalArgumentException.class, () -> new RecordLayout(1L << 32, 512));
        assertThrows(IllegalArgumentException.class, () -> new RecordLayout(0, 512));
        assertThrows(IllegalArgumentException.class, () -> new RecordLayout(1, 1000));
    }
}
