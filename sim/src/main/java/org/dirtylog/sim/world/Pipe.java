// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.nio.ByteBuffer;

/** Bytes on their way from one task to another, as many as there are. They arrive in pieces of any size. */
public final class Pipe {
    private final Scheduler scheduler;
    private final SimSignal arrived;
    private byte[] bytes = new byte[1024];
    private int first;
    private int end;
    private boolean closed;

    /**
     * Starts empty.
     *
     * @param scheduler runs both
     * @param name      for messages
     */
    public Pipe(Scheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.arrived = new SimSignal(scheduler, name);
    }

    /**
     * Sends. The task goes on: it may hold a monitor.
     *
     * @param from all of it is taken
     */
    public void put(ByteBuffer from) {
        int count = from.remaining();
        if (end + count > bytes.length) {
            int there = end - first;
            byte[] larger = there + count > bytes.length / 2 ? new byte[2 * (there + count)] : bytes;
            System.arraycopy(bytes, first, larger, 0, there);
            bytes = larger;
            first = 0;
            end = there;
        }
        from.get(bytes, end, count);
        end += count;
        scheduler.wakeAll(arrived);
    }

    /**
     * Waits for bytes and takes some.
     *
     * @param into receives 1 byte or more
     * @return how many; -1 if no more will come
     */
    public int take(ByteBuffer into) {
        arrived.await(() -> end > first || closed, Long.MAX_VALUE);
        int most = Math.min(end - first, into.remaining());
        if (most == 0) {
            return -1;
        }
        int count = scheduler.dice().oneIn(6) ? scheduler.dice().from(1, most) : most;
        into.put(bytes, first, count);
        first += count;
        return count;
    }

    /** Nothing more is sent. */
    public void close() {
        closed = true;
        scheduler.wakeAll(arrived);
    }
}
