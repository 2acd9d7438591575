// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk.oracle;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Optional;
import org.dirtylog.log.core.CoreLogType;
import org.dirtylog.log.disk.DiskLogType;
import org.junit.jupiter.api.Test;

/**
 * Our logs against a literal model of the kernel's, call by call and byte by byte. {@code -Ddirtylog.oracle.sequences=N}
 * and {@code -Ddirtylog.oracle.seed=N} say how many and from where on; {@code -Ddirtylog.oracle.replay="..."} takes one through
 * that was printed.
 */
class OracleTest {
    private static final long SEQUENCES = Long.getLong("dirtylog.oracle.sequences", 100_000);
    private static final long FIRST = Long.getLong("dirtylog.oracle.seed", 1);
    private static final String REPLAY = System.getProperty("dirtylog.oracle.replay", "");

    @Test
    void our_logs_do_what_the_kernels_do_but_for_what_is_listed() {
        Oracle oracle = new Oracle(new DiskLogType(), new CoreLogType(), Quirk.ours());
        if (!REPLAY.isEmpty()) {
            oracle.compare(Step.read(REPLAY)).ifPresent(difference -> fail(difference));
            return;
        }
        long begun = System.nanoTime();
        Optional<Oracle.Found> found = oracle.search(FIRST, SEQUENCES);
        found.ifPresent(f -> fail(f.toString()));
        System.out.printf("oracle: %d sequences alike in %d ms%n", SEQUENCES, (System.nanoTime() - begun) / 1_000_000);
    }
}
