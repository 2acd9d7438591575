// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.mirror.MirrorStatus.Word;
import org.dirtylog.seams.Signal;
import org.dirtylog.seams.Tasks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mirror over real files of which single calls throw: whatever they throw, nothing hangs and nothing is taken back. */
@Timeout(60)
class MirrorFaultsTest {
    @TempDir
    Path folder;

    private MirrorOnFiles on;

    @BeforeEach
    void makeLegs() throws IOException {
        on = new MirrorOnFiles(folder, 2);
    }

    @AfterEach
    void stop() {
        on.close();
    }

    @Test
    void lg4_a_leg_that_throws_something_odd_from_a_force_is_excluded_and_the_flush_succeeds() throws Exception {
        on.open("LOG 1024 nosync");
        on.write(1, 7);
        on.faults.set("leg1.force", () -> new IllegalStateException("thrown on purpose by a test"));
        on.mirror().device().force();
        assertEquals("excluded", on.mirror().status().legs().get(1).state());
        on.assertReads(1, 7);
        on.write(2, 8);
        on.mirror().device().force();
    }

    @Test
    void no_memory_in_a_read_is_a_failure_of_that_leg_and_the_other_is_read() throws Exception {
        on.open("LOG 1024 nosync");
        on.write(1, 7);
        on.faults.set("leg0.read", () -> new OutOfMemoryError("thrown on purpose by a test"));
        on.assertReads(1, 7);
    }

    @Test
    void a_flush_needs_no_thread_but_its_own() throws Exception {
        Tasks withoutForces = new Tasks() {
            @Override
            public void start(String name, Runnable task) {
                if (!name.endsWith("/force")) {
                    on.threads.start(name, task);
                }
            }

            @Override
            public void startAfter(long delayNanos, String name, Runnable task) {
                on.threads.startAfter(delayNanos, name, task);
            }

            @Override
            public Signal signal(String name) {
                return on.threads.signal(name);
            }
        };
        on.make("LOG 1024 nosync", withoutForces, config -> config);
        on.mirror().open();
        on.write(1, 7);
        on.mirror().device().force();
        on.await(status -> status.dirty() == 0);
    }

    @Test
    void writers_are_sent_away_from_a_region_whose_cleaning_the_log_did_not_survive() throws Exception {
        on.open("LOG 1024 nosync", config -> config.withFailOnLogLoss(true));
        on.write(1, 7);
        on.faults.set("log.write", () -> new IOException("thrown on purpose by a test"));
        on.await(status -> status.word() == Word.LOG_FAILED);
        assertThrows(IOException.class, () -> on.write(1, 8));
        assertThrows(IOException.class, () -> on.write(2, 8));
        on.faults.heal();
        on.mirror().suspend();
        on.mirror().resume();
        on.write(1, 9);
        on.assertReads(1, 9);
    }

    @Test
    void a_log_that_does_not_answer_is_told_of_and_holds_up_no_suspension() throws Exception {
        on.open("LOG 1024 nosync");
        on.faults.set("dirtyLog.flush", () -> new DirtyLogException.Unavailable("thrown on purpose by a test"));
        on.threads.start("a write that waits", () -> {
            try {
                on.write(1, 7);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        on.await(status -> status.word() == Word.LOG_FAILED);
        assertTrue(
                on.mirror().status().message().contains("does not answer"),
                on.mirror().status().message());
        on.mirror().suspend();
        on.faults.heal();
        on.mirror().resume();
        on.await(status -> status.word() == Word.RUNNING);
        on.write(1, 8);
    }

    @Test
    void a_leg_becomes_current_once_the_record_can_be_written_again() throws Exception {
        on.open("LOG 1024 sync");
        on.faults.set("record.write", () -> new IOException("thrown on purpose by a test"));
        on.await(status -> status.inSync() == status.regions());
        TimeUnit.MILLISECONDS.sleep(300);
        assertEquals("stale", on.mirror().status().legs().get(1).state());
        assertEquals(Word.RECOVERING, on.mirror().status().word());
        on.faults.heal();
        on.await(status -> status.word() == Word.RUNNING);
        assertEquals("current", on.mirror().status().legs().get(1).state());
    }

    @Test
    void lg11_a_leg_that_was_truncated_is_excluded_when_its_end_is_written() throws Exception {
        on.open("LOG 1024 nosync");
        on.write(1, 7);
        on.mirror().device().force();
        try (RandomAccessFile leg = new RandomAccessFile(folder.resolve("leg0").toFile(), "rw")) {
            leg.setLength(0);
        }
        on.mirror().device().write(MirrorOnFiles.BYTES - 4096, MirrorOnFiles.bytes(8));
        assertEquals("excluded", on.mirror().status().legs().get(0).state());
        on.assertReads(1, 7);
    }
}
