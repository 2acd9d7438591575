// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.FlushResult;
import org.dirtylog.log.LogMedium;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Who has a medium, and until when (P41, P42). */
@Timeout(20)
class FencedMediumTest {
    private final Raw raw = new Raw();
    private Rig rig;
    private LogMedium given;

    /** What the host hands out. */
    private static final class Raw implements LogMedium {
        final List<String> seen = new CopyOnWriteArrayList<>();
        volatile Runnable onWrite = () -> {};

        @Override
        public long sizeBytes() {
            return 4096;
        }

        @Override
        public int blockBytes() {
            return 512;
        }

        @Override
        public void read(long positionBytes, ByteBuffer into) {
            seen.add("read");
        }

        @Override
        public void write(long positionBytes, ByteBuffer from) {
            onWrite.run();
            seen.add("write");
        }

        @Override
        public void force() {
            seen.add("force");
        }

        @Override
        public void close() {
            seen.add("close");
        }
    }

    @BeforeEach
    void aLogHasAMedium() throws DirtyLogException {
        rig = new Rig().running();
        rig.host.medium = raw;
        given = rig.seenHost.openMedium("x", 1);
    }

    private void assertTakenAway() {
        ByteBuffer block = ByteBuffer.allocate(512);
        for (Executable access :
                List.<Executable>of(() -> given.read(0, block), () -> given.write(0, block), given::force)) {
            String message = assertThrows(IOException.class, access).getMessage();
            assertTrue(message.contains("medium x was "), message);
        }
        assertFalse(
                raw.seen.contains("read") || raw.seen.contains("write") || raw.seen.contains("force"), "" + raw.seen);
    }

    @Test
    void whileTheLogIsWellItIsAsTheHostGaveIt() throws IOException {
        given.write(0, ByteBuffer.allocate(512));
        given.force();
        given.read(0, ByteBuffer.allocate(512));
        assertEquals(4096, given.sizeBytes());
        assertEquals(512, given.blockBytes());
        given.close();
        given.close();
        rig.guard.close();
        assertEquals(List.of("write", "force", "read", "close"), raw.seen);
    }

    @Test
    void theLateWriteOfALogThatHungDoesNotReachIt() throws Exception {
        Latch release = new Latch();
        rig.log.at("flush", () -> {
            release.await();
            assertTakenAway();
            return FlushResult.COMPLETE;
        });
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        release.open();
        rig.awaitNoTask();
        assertTakenAway();
        assertEquals(List.of(), raw.seen);
        rig.guard.close();
        assertEquals(List.of("close"), raw.seen);
    }

    @Test
    void aLogThatIsAbandonedOrClosedHasItNoMore() throws Exception {
        rig.guard.abandon();
        assertTakenAway();
        rig.awaitNoTask();
        assertEquals(List.of("close"), raw.seen);
        raw.seen.clear();
        rig = new Rig().running();
        rig.host.medium = raw;
        given = rig.seenHost.openMedium("x", 1);
        rig.guard.close();
        assertTakenAway();
        assertEquals(List.of("close"), raw.seen);
    }

    @Test
    void aLogThatForgetsItGivesItBackAllTheSame() throws DirtyLogException {
        rig.seenHost.openMedium("y", 1);
        rig.guard.close();
        assertEquals(List.of("close", "close"), raw.seen);
    }

    @Test
    void aLogThatHangsInItsCloseGivesItBackWithinItsPatience() throws Exception {
        Latch release = new Latch();
        rig.log.at("close", () -> {
            release.await();
            return null;
        });
        rig.guard.close();
        assertEquals(List.of("close"), raw.seen);
        release.open();
        rig.awaitNoTask();
        assertEquals(List.of("close"), raw.seen);
    }

    @Test
    void aWriteThatIsStuckHoldsItUntilItEnds() throws Exception {
        Latch release = new Latch();
        raw.onWrite = release::await;
        rig.log.at("flush", () -> {
            write();
            return FlushResult.COMPLETE;
        });
        assertThrows(DirtyLogException.Failed.class, rig.guard::flush);
        rig.guard.close();
        assertEquals(List.of(), raw.seen);
        release.open();
        rig.awaitNoTask();
        assertEquals(List.of("write", "close"), raw.seen);
    }

    private void write() {
        try {
            given.write(0, ByteBuffer.allocate(512));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aTypeThatDoesNotMakeALogGivesItBackToo() {
        Rig maker = Rig.withoutLog();
        maker.host.medium = raw;
        assertThrows(
                DirtyLogException.Rejected.class,
                () -> maker.create((spec, host) -> {
                    try {
                        host.openMedium("x", 1);
                    } catch (DirtyLogException e) {
                        throw new AssertionError(e);
                    }
                    return LogCall.raise(new DirtyLogException.Rejected("planted"));
                }));
        assertEquals(List.of("close"), raw.seen);
    }

    @Test
    void oneThatComesWhenTheLogHasBeenGivenUpGoesBackAtOnce() throws Exception {
        rig.host.onOpenMedium = rig.guard::abandon;
        assertThrows(DirtyLogException.Unavailable.class, () -> rig.seenHost.openMedium("y", 1));
        rig.awaitNoTask();
        assertEquals(List.of("close", "close"), raw.seen);
        assertThrows(DirtyLogException.Unavailable.class, () -> rig.seenHost.openMedium("z", 1));
    }
}
