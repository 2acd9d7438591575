// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongSupplier;

/** Writes stamped blocks, now and then with a flush or FUA, until the server goes. */
final class StampingClient extends Thread {
    private final Path socket;
    private final String export;
    private final StampedBlocks blocks;
    private final int share;
    private final int shares;
    private final int first;
    private final int span;
    private final Random random;
    private final Map<Integer, Long> answered = new HashMap<>();
    private volatile long flushes;
    private volatile Throwable trouble;

    /**
     * Writes every so-manieth block of a window.
     *
     * @param share  which of the shares is ours: clients do not write each other's blocks
     * @param first  block of the window
     * @param span   blocks of the window
     */
    StampingClient(
            Path socket, String export, StampedBlocks blocks, int share, int shares, int first, int span, long seed) {
        super("client/" + share);
        this.socket = socket;
        this.export = export;
        this.blocks = blocks;
        this.share = share;
        this.shares = shares;
        this.first = first;
        this.span = span;
        this.random = new Random(seed);
    }

    /** Starts so many, which share a window; the seeds say what each does. */
    static List<StampingClient> start(
            Path socket, String export, StampedBlocks blocks, int count, int first, int span, LongSupplier seeds) {
        List<StampingClient> clients = new ArrayList<>();
        for (int share = 0; share < count; share++) {
            clients.add(new StampingClient(socket, export, blocks, share, count, first, span, seeds.getAsLong()));
        }
        clients.forEach(Thread::start);
        return clients;
    }

    @Override
    public void run() {
        try (NbdClient client = new NbdClient(socket, export)) {
            while (true) {
                step(client);
            }
        } catch (NbdClient.RefusedException e) {
            // R9: a current leg was in order all the time.
            trouble = e;
        } catch (IOException e) {
            // The server was killed; what it has not answered is open.
            return;
        } catch (RuntimeException | Error e) {
            trouble = e;
        }
    }

    private void step(NbdClient client) throws IOException {
        int choice = random.nextInt(10);
        if (choice == 0) {
            client.flush();
            answered.forEach(blocks::confirm);
            answered.clear();
            flushes++;
            return;
        }
        int block = first + random.nextInt(span / shares) * shares + share;
        long version = blocks.next(block);
        boolean durable = choice == 1;
        client.write((long) block * StampedBlocks.BLOCK_BYTES, StampedBlocks.stamp(block, version), durable);
        if (durable) {
            answered.remove(block);
            blocks.confirm(block, version);
        } else {
            answered.put(block, version);
        }
    }

    long flushes() {
        return flushes;
    }

    /** Waits for its end and fails if it was not the server's. */
    void finish() throws InterruptedException {
        join();
        if (trouble != null) {
            throw new AssertionError(getName(), trouble);
        }
    }
}
