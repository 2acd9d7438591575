// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGKILL at random instants, under load and during recovery. {@code -Ddirtylog.kills=300} for the full count; a failure
 * prints the command that chooses the same instants again.
 */
class KillIT {
    private static final String NAME = "k";
    private static final int CLIENTS = 4;
    private static final long VOLUME_BYTES = 64L << 20;
    private static final long REGION_SECTORS = 128;
    private static final long REGION_BYTES = REGION_SECTORS * 512;
    private static final int REGIONS = (int) (VOLUME_BYTES / REGION_BYTES);
    private static final int BLOCKS_IN_REGION = (int) (REGION_BYTES / StampedBlocks.BLOCK_BYTES);
    private static final int READ_BYTES = 1 << 20;
    private static final long MOST_LOAD_NANOS = 600_000_000;
    private static final long MOST_RESYNC_NANOS = 60_000_000;

    @TempDir
    Path folder;

    private final long seed = Long.getLong("dirtylog.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final StampedBlocks blocks = new StampedBlocks(VOLUME_BYTES);
    private int interrupted;
    private long copied;
    private long flushes;

    private Path leg(int index) {
        return folder.resolve(NAME + "-" + index + ".img");
    }

    @Test
    void lg18_what_was_flushed_is_there_and_only_what_was_dirty_is_copied() throws Exception {
        int kills = Integer.getInteger("dirtylog.kills", 10);
        Path home = folder.resolve("home");
        Daemon daemon = Daemon.run(home).awaitStarted();
        try {
            daemon.command(Scratch.createCommand(folder, NAME, VOLUME_BYTES, REGION_SECTORS, ""))
                    .good();
            for (int done = 0; done < kills; ) {
                daemon.awaitReady(NAME);
                load(daemon);
                BitSet dirty = judgeTheDead();
                done++;
                daemon = Daemon.run(home);
                if (done % 2 == 0 && done < kills) {
                    dirty = killDuringResync(daemon, dirty);
                    done++;
                    daemon = Daemon.run(home);
                }
                judgeTheLiving(daemon, dirty);
            }
        } catch (Throwable e) {
            throw new AssertionError(again(kills) + "\nthe process said:\n" + String.join("\n", daemon.err()), e);
        } finally {
            daemon.close();
        }
        System.out.printf(
                "%d kills, %d of them in a resync that was not done; %d flushes answered, %d bytes copied%n",
                kills, interrupted, flushes, copied);
        assertTrue(flushes > 0, "no flush was answered before a kill: nothing was tried");
        assertTrue(copied > 0, "nothing was ever dirty: nothing was tried");
        assertTrue(interrupted > 0, () -> "no kill met a resync that was not done: nothing was tried; " + again(kills));
    }

    /** The command that chooses the same instants. */
    private String again(int kills) {
        return "the same instants again: mvn verify -pl itest -am -Dtest=none -Dit.test=KillIT"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Ddirtylog.kills="
                + kills + " -Ddirtylog.seed=" + seed;
    }

    /** Four clients write in a window of random size until the process is killed at a random instant. */
    private void load(Daemon daemon) throws Exception {
        int window = 8 << random.nextInt(8);
        int first = random.nextInt(REGIONS - window + 1) * BLOCKS_IN_REGION;
        List<StampingClient> clients = StampingClient.start(
                daemon.nbdSocket(), NAME, blocks, CLIENTS, first, window * BLOCKS_IN_REGION, random::nextLong);
        LockSupport.parkNanos((long) (random.nextDouble() * MOST_LOAD_NANOS));
        daemon.kill();
        for (StampingClient client : clients) {
            client.finish();
            flushes += client.flushes();
        }
    }

    /** Before anything is repaired: the legs are equal wherever the log says so. */
    private BitSet judgeTheDead() throws IOException {
        BitSet dirty = DiskLogFile.dirtyRegions(folder.resolve(NAME + ".log"), REGIONS);
        BitSet wrong = Legs.differing(leg(0), leg(1), REGION_BYTES, REGIONS);
        wrong.andNot(dirty);
        assertEquals(new BitSet(), wrong, "regions that the log calls clean and that differ");
        return dirty;
    }

    private BitSet killDuringResync(Daemon daemon, BitSet before) throws Exception {
        daemon.awaitReady(NAME);
        LockSupport.parkNanos((long) (random.nextDouble() * MOST_RESYNC_NANOS));
        daemon.kill();
        BitSet dirty = judgeTheDead();
        BitSet more = (BitSet) dirty.clone();
        more.andNot(before);
        assertEquals(new BitSet(), more, "regions that became dirty though nobody wrote");
        if (!dirty.isEmpty()) {
            interrupted++;
        }
        return dirty;
    }

    private void judgeTheLiving(Daemon daemon, BitSet dirty) throws Exception {
        daemon.awaitReady(NAME);
        JsonNode status = daemon.awaitInSync(NAME);
        long bytes = dirty.cardinality() * REGION_BYTES;
        assertEquals(bytes, status.at("/recovery/bytesTotal").asLong(), "what was to be copied is what was dirty");
        assertEquals(bytes, status.at("/recovery/bytesDone").asLong(), "what was copied is what was dirty");
        copied += bytes;
        try (NbdClient client = new NbdClient(daemon.nbdSocket(), NAME)) {
            int block = 0;
            for (long position = 0; position < VOLUME_BYTES; position += READ_BYTES) {
                ByteBuffer part = client.read(position, READ_BYTES);
                for (int at = 0; at < READ_BYTES; at += StampedBlocks.BLOCK_BYTES) {
                    blocks.check(block++, part.slice(at, StampedBlocks.BLOCK_BYTES));
                }
            }
        }
        assertEquals(new BitSet(), Legs.differing(leg(0), leg(1), REGION_BYTES, REGIONS), "regions that differ");
    }
}
