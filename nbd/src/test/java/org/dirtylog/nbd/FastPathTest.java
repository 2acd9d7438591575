// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A small read or write takes no memory from the heap, however messages begin. */
class FastPathTest extends ServerFixture {
    private static final int BLOCK = 4096;
    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 50_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Sends reads and writes in turn, notes when the last ones begin, and takes replies without looking at them. */
    private static final class Load implements NbdStream {
        private final ByteBuffer pair;
        private int left = WARM_UP + MEASURED;
        long begun;

        Load(Headers headers) {
            boolean extended = headers == Headers.EXTENDED;
            pair = ByteBuffer.allocate(2 * headers.requestBytes + BLOCK);
            pair.put(MalformedInput.head(headers, 0, Wire.CMD_READ, 1, 0, BLOCK));
            int flags = extended ? Wire.PAYLOAD_LEN : 0;
            pair.put(MalformedInput.head(headers, flags, Wire.CMD_WRITE, 2, 8192, BLOCK));
        }

        @Override
        public int read(ByteBuffer into) {
            if (left == 0) {
                return -1;
            }
            if (left-- == MEASURED) {
                begun = THREADS.getCurrentThreadAllocatedBytes();
            }
            into.put(pair.clear());
            return pair.capacity();
        }

        @Override
        public void write(ByteBuffer[] from, int count) {
            for (int i = 0; i < count; i++) {
                from[i].position(from[i].limit());
            }
        }

        @Override
        public void endInput() {}

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @EnumSource
    void nothing_is_allocated(Headers headers) throws IOException {
        Load load = new Load(headers);
        Handshake.Agreed agreed = new Handshake.Agreed(NbdExport.of("disk", device), headers, Map.of());
        Shared shared = Shared.of(tasks, NbdLimits.STANDARD);
        Transmission transmission =
                new Transmission(load, agreed, shared, new Ending(), new Patience(), new Patience(), heir -> {});
        transmission.run();
        long taken = THREADS.getCurrentThreadAllocatedBytes() - load.begun;
        assertEquals(0, load.left);
        // What is allocated once, at the end, does not count.
        assertTrue(taken < MEASURED / 2, taken + " bytes for " + 2 * MEASURED + " requests");
    }
}
