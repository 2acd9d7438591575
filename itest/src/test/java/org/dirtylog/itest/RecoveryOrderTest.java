// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.dirtylog.mirror.RecoveryPolicy;
import org.dirtylog.mirror.RegionCondition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Recovery begins with what clients read, and goes on in order. */
@Timeout(60)
class RecoveryOrderTest {
    private static final int SECTORS = 32;
    private static final int REGION = 512 * SECTORS;
    private static final int LAST = MirrorOnFiles.BYTES / REGION - 1;

    @Test
    void a_region_that_a_client_reads_is_copied_before_those_that_nobody_wants(@TempDir Path folder) throws Exception {
        try (MirrorOnFiles on = new MirrorOnFiles(folder, 2)) {
            on.open("core 2 " + SECTORS + " nosync");
            on.mirror().device().write((long) LAST * REGION, MirrorOnFiles.bytes(70));
            on.stop();
            // A log in memory knows nothing any more: all is in doubt. At this rate it takes four seconds, and at most
            // 32
            // of the 256 regions are on their way at a time.
            on.open("core 1 " + SECTORS, config -> config.withRecovery(new RecoveryPolicy(1, 1)));
            assertReads(on, 70);
            assertTrue(isInDoubt(on, LAST), "it was read before it was copied");
            on.await(status -> !isInDoubt(on, LAST));
            assertTrue(isInDoubt(on, LAST - 1), "the one before it was copied first");
            assertTrue(isInDoubt(on, LAST - 2));
            on.awaitSync();
            assertReads(on, 70);
            assertEquals(MirrorOnFiles.BYTES, on.status().recovery().bytesDone());
        }
    }

    private static void assertReads(MirrorOnFiles on, int value) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(4096);
        on.mirror().device().read((long) LAST * REGION, read);
        assertEquals(MirrorOnFiles.bytes(value), read.flip());
    }

    private static boolean isInDoubt(MirrorOnFiles on, int region) {
        RegionCondition[] found = new RegionCondition[1];
        on.mirror().conditions((long) region * REGION, 1, (bytes, condition) -> {
            found[0] = condition;
            return true;
        });
        return found[0] == RegionCondition.OUT_OF_SYNC || found[0] == RegionCondition.RECOVERING;
    }
}
